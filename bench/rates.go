package main

import (
	"context"
	"fmt"
	"io"
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
	fmt.Fprintf(out, "`herald send` held to a rate, %d workers, an API that takes %s, everything on. A request counts from when it leaves\n"+
		"until a window after its answer, since nobody knows when it arrives: that alone makes a rate %.2f %% lower.\n\n",
		o.workers, report.Duration(ratesLatency), 100*ratesLatency.Seconds()/(governor.Window+ratesLatency).Seconds())
	return writeTable(out, []string{"rate", "messages", "messages/s", "lower by", "most in 10 s", "allowed", "CPU s per 100,000", "of a core"}, table)
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
	speed := make(chan float64, 1)
	go func() { speed <- steady(ctx, api, 5*time.Second, c.lasts-5*time.Second) }()
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
	got := <-speed
	return []string{
		c.rate, report.Number(j.rows), fmt.Sprintf("%.2f", got), fmt.Sprintf("%.2f %%", 100*(1-got/asked)),
		report.Number(w.MostInWindow), report.Number(c.window),
		fmt.Sprintf("%.2f", took.cpu.Seconds()*1e5/float64(j.rows)),
		fmt.Sprintf("%.2f %%", 100*took.cpu.Seconds()/took.wall.Seconds()),
	}, nil
}

// steady returns how many messages a second arrive between two moments from now,
// 0 if that can't be told.
func steady(ctx context.Context, api *elsewhere, from, to time.Duration) float64 {
	var (
		begin = time.Now()
		at    [2]time.Time
		got   [2]int64
	)
	for i, moment := range []time.Duration{from, to} {
		select {
		case <-time.After(moment - time.Since(begin)):
		case <-ctx.Done():
			return 0
		}
		w, err := api.witness(ctx)
		if err != nil {
			return 0
		}
		at[i], got[i] = time.Now(), w.Messages
	}
	return float64(got[1]-got[0]) / at[1].Sub(at[0]).Seconds()
}
