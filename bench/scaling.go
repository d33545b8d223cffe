package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/herald-campaigns/herald/bench/target"
	"github.com/herald-campaigns/herald/pkg/report"
)

var (
	scalingWorkers   = []int{1, 4, 16, 64, 256, 1024}
	scalingLatencies = []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond}
)

// scalingPicture is the plot's file, beside the results.
const scalingPicture = "scaling.svg"

// A curve is herald's speed with each number of workers at one latency.
type curve struct {
	latency time.Duration
	speeds  []float64 // messages a second
	used    []float64 // the part of the workers' time that the API took, as it measured itself
}

// measureScaling sends with more and more workers to APIs of different latency,
// and prints and draws the speeds.
func measureScaling(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := prepare(ctx, dir, o, talk); err != nil {
		return err
	}
	var curves []curve
	for _, latency := range scalingLatencies {
		c, err := scale(ctx, dir, o, latency, talk)
		if err != nil {
			return err
		}
		curves = append(curves, c)
	}
	fmt.Fprintf(out, "`herald send`, text body, everything on, with more and more workers; median of %d. A percentage is the part of\n"+
		"workers / latency that is reached, the latency as the target measured it: its timers are up to a millisecond late.\n\n", o.rounds)
	if err := writeTable(out, scalingHeader(curves), scalingTable(curves)); err != nil {
		return err
	}
	if o.into == "" {
		return nil
	}
	fmt.Fprintf(out, "![messages a second against workers](%s)\n\n", scalingPicture)
	return os.WriteFile(filepath.Join(o.into, scalingPicture), []byte(plot(curves)), 0o644)
}

// scale measures a curve, its points in turns.
func scale(ctx context.Context, dir string, o options, latency time.Duration, talk io.Writer) (c curve, err error) {
	api, err := startCanned(ctx, target.Options{Latency: latency})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, api.stop()) }()
	trips := make([][]trip, len(scalingWorkers))
	for round := range o.rounds {
		for i, workers := range scalingWorkers {
			fmt.Fprintf(talk, "round %d of %d: %s\n", round+1, o.rounds, setting{latency, workers})
			j := job{dir: dir, url: api.url, workers: workers, rows: scalingRows(o.rows, workers, latency)}
			if err := j.prepare(); err != nil {
				return c, err
			}
			took, err := j.run(ctx, tools()[0], api)
			if err != nil {
				return c, err
			}
			trips[i] = append(trips[i], took)
		}
	}
	c.latency = latency
	for i, runs := range trips {
		c.speeds = append(c.speeds, middle(runs, trip.speed))
		c.used = append(c.used, middle(runs, func(t trip) float64 { return t.speed() * t.latency() / float64(scalingWorkers[i]) }))
	}
	return c, nil
}

// scalingRows is how many messages take some eight seconds: so many that the
// tenth of a second in which herald starts hardly counts.
func scalingRows(most, workers int, latency time.Duration) int {
	perSecond := min(2000*workers, 20_000)
	if latency > 0 {
		perSecond = min(perSecond, int(float64(workers)/latency.Seconds()))
	}
	return max(min(most, 8*perSecond), workers)
}

func scalingHeader(curves []curve) []string {
	header := []string{"workers"}
	for _, c := range curves {
		if c.latency == 0 {
			header = append(header, "messages/s at once")
		} else {
			header = append(header, "at "+report.Duration(c.latency), "%")
		}
	}
	return header
}

func scalingTable(curves []curve) (table [][]string) {
	for i, workers := range scalingWorkers {
		line := []string{report.Number(workers)}
		for _, c := range curves {
			line = append(line, speedText(c.speeds[i]))
			if c.latency > 0 {
				line = append(line, fmt.Sprintf("%.1f", 100*c.used[i]))
			}
		}
		table = append(table, line)
	}
	return table
}

// speedText keeps a decimal where there are few.
func speedText(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return report.Number(int(perSecond))
}
