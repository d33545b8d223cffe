package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A ratesCase is a campaign that is held to a rate.
type ratesCase struct {
	rate   string // as the campaign says it
	window int    // messages that it allows in governor.Window
	lasts  time.Duration
}

// The first is far beyond what the API allows, and near what the workers can do:
// there a late timer is seen. The second is slower than a small workspace's.
var ratesCases = []ratesCase{
	{"1000/s", 10_000, time.Minute},
	{"166/10s", 166, 2 * time.Minute},
}

// ratesLatency is the API's.
const ratesLatency = 50 * time.Millisecond

// measureRates has herald send at given rates in real time, and prints how
// exactly it kept them and what its waiting cost.
func measureRates(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o.rows = ratesCases[0].rows()
	if _, err := prepare(ctx, dir, o, talk); err != nil {
		return err
	}
	api, err := startElsewhere(ctx, ratesLatency)
	if err != nil {
		return err
	}
	defer api.stop()
	var table [][]string
	for _, c := range ratesCases {
		fmt.Fprintf(talk, "sending at %s for %s\n", c.rate, report.Duration(c.lasts))
		line, err := c.measure(ctx, dir, o, api)
		if err != nil {
			return err
		}
		table = append(table, line)
	}
	fmt.Fprintf(out, "`herald send` held to a rate, %d workers, an API that takes %s, everything on:\n\n", o.workers, report.Duration(ratesLatency))
	return writeTable(out, []string{"rate", "messages", "messages/s", "off by", "most in 10 s", "allowed", "CPU s per 100,000", "of a core"}, table)
}

// rows is how many messages the rate allows while the case lasts.
func (c ratesCase) rows() int {
	return int(float64(c.window) * c.lasts.Seconds() / governor.Window.Seconds())
}

func (c ratesCase) measure(ctx context.Context, dir string, o options, api *elsewhere) ([]string, error) {
	if err := api.reset(ctx); err != nil {
		return nil, err
	}
	j := job{dir: dir, url: api.url, workers: o.workers, rows: c.rows()}
	if err := j.prepare(); err != nil {
		return nil, err
	}
	herald := tools()[0]
	command := j.command(ctx, herald)
	command.Args = append(command.Args, "--rate", c.rate)
	took, err := spendFresh(j, command)
	if err != nil {
		return nil, err
	}
	w, err := api.witness(ctx)
	if err != nil {
		return nil, err
	}
	if w.Recipients != int64(j.rows) || w.Duplicates != 0 {
		return nil, fmt.Errorf("%d recipients and %d duplicates arrived of %d rows", w.Recipients, w.Duplicates, j.rows)
	}
	asked := float64(c.window) / governor.Window.Seconds()
	got := float64(w.Messages-1) / w.Last.Sub(w.First).Seconds()
	return []string{
		c.rate, report.Number(j.rows), fmt.Sprintf("%.2f", got), fmt.Sprintf("%.2f %%", 100*math.Abs(got/asked-1)),
		report.Number(w.MostInWindow), report.Number(c.window),
		fmt.Sprintf("%.2f", took.cpu.Seconds()*1e5/float64(j.rows)),
		fmt.Sprintf("%.2f %%", 100*took.cpu.Seconds()/took.wall.Seconds()),
	}, nil
}
