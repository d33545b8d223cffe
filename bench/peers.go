package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/bench/target"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A setting is what an API is like, and how many messages are in flight.
type setting struct {
	latency time.Duration
	workers int
}

func (s setting) String() string {
	latency := "an API that answers at once"
	if s.latency > 0 {
		latency = fmt.Sprintf("an API that takes %s", report.Duration(s.latency))
	}
	return fmt.Sprintf("%s, %d in flight", latency, s.workers)
}

// rows is how many messages take about eight seconds, but at most most; a
// multiple of the workers, since some tools send no other number.
func (s setting) rows(most int) int {
	if s.latency > 0 {
		most = min(most, int(8*time.Second/s.latency)*s.workers)
	}
	return max(most-most%s.workers, s.workers)
}

var peerSettings = []setting{{0, 64}, {50 * time.Millisecond, 64}, {50 * time.Millisecond, 1024}}

// A trip is one run of a tool: its cost, how many messages arrived, and how long
// the API took for all of them.
type trip struct {
	cost
	messages int
	taken    time.Duration
}

func (t trip) speed() float64   { return float64(t.messages) / t.wall.Seconds() }
func (t trip) latency() float64 { return t.taken.Seconds() / float64(t.messages) }
func (t trip) seconds() float64 { return t.cpu.Seconds() * 1e5 / float64(t.messages) }

// measurePeers has herald and other tools send the same messages to the same
// target, in turns, and prints a table for each setting.
func measurePeers(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := prepare(ctx, dir, o, talk); err != nil {
		return err
	}
	have, err := prepareTools(ctx, dir, talk)
	if err != nil {
		return err
	}
	for _, s := range peerSettings {
		if err := comparePeers(ctx, dir, o, s, have, out, talk); err != nil {
			return err
		}
	}
	return nil
}

// comparePeers prints the table of one setting.
func comparePeers(ctx context.Context, dir string, o options, s setting, tools []tool, out, talk io.Writer) error {
	api, err := startCanned(ctx, target.Options{Latency: s.latency})
	if err != nil {
		return err
	}
	defer api.stop()
	j := job{dir: dir, url: api.url, workers: s.workers, rows: s.rows(o.rows)}
	if err := j.prepare(); err != nil {
		return err
	}
	tools = allOf(tools, s)
	trips := make([][]trip, len(tools))
	for round := range o.rounds {
		for i, t := range tools {
			fmt.Fprintf(talk, "round %d of %d: %s: %s\n", round+1, o.rounds, s, t.name)
			took, err := j.run(ctx, t, api)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			trips[i] = append(trips[i], took)
		}
	}
	fmt.Fprintf(out, "%s messages to %s, median of %d:\n\n", report.Number(j.rows), s, o.rounds)
	if err := writeTable(out, peerHeader, peerTable(tools, trips)); err != nil {
		return err
	}
	fmt.Fprint(out, "```sh\n")
	for _, t := range tools {
		fmt.Fprintln(out, strings.ReplaceAll(strings.Join(quoted(t.line(j)), " "), j.url, "$URL"))
	}
	fmt.Fprint(out, "```\n\n")
	return nil
}

// quoted is a command line as one types it.
func quoted(line []string) []string {
	var typed []string
	for _, word := range line {
		if strings.ContainsAny(word, " {}") {
			word = "'" + word + "'"
		}
		typed = append(typed, word)
	}
	return typed
}

var peerHeader = []string{"tool", "messages/s", "of vegeta", "CPU s per 100,000", "of one-hour", "peak memory"}

// peerTable shows medians, and how they compare with those two tools.
func peerTable(tools []tool, trips [][]trip) (table [][]string) {
	speed, seconds := make(map[string]float64), make(map[string]float64)
	for i, t := range tools {
		speed[t.name] = middle(trips[i], trip.speed)
		seconds[t.name] = middle(trips[i], trip.seconds)
	}
	ratio := func(of map[string]float64, name, to string) string {
		if of[to] == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f", of[name]/of[to])
	}
	for i, t := range tools {
		peak := "-"
		if !t.swarm {
			peak = report.Bytes(int64(middle(trips[i], func(t trip) float64 { return float64(t.peak) })))
		}
		table = append(table, []string{
			t.name, report.Number(int(speed[t.name])), ratio(speed, t.name, "vegeta"),
			fmt.Sprintf("%.2f", seconds[t.name]), ratio(seconds, t.name, "one-hour program"), peak,
		})
	}
	return table
}

// run has a tool send, with nothing left of its run before.
func (j job) run(ctx context.Context, t tool, api *canned) (trip, error) {
	before, err := api.finalTab(ctx)
	if err != nil {
		return trip{}, err
	}
	took, err := spendFresh(j, j.command(ctx, t))
	if err != nil {
		return trip{}, err
	}
	after, err := api.finalTab(ctx)
	done := trip{took, after.messages - before.messages, after.taken - before.taken}
	if err == nil && !t.timed && done.messages != t.messages(j) {
		err = fmt.Errorf("%d messages arrived, want %d", done.messages, t.messages(j))
	}
	return done, err
}

// spendFresh is spend without ledger and results of a run before.
func spendFresh(j job, command *exec.Cmd) (cost, error) {
	if err := j.fresh(); err != nil {
		return cost{}, err
	}
	return spend(command)
}

// fresh removes ledger and results of the run before.
func (j job) fresh() (err error) {
	for _, pattern := range []string{"*.ledger", "*.results.csv"} {
		old, bad := filepath.Glob(filepath.Join(j.dir, pattern))
		err = errors.Join(err, bad)
		for _, file := range old {
			err = errors.Join(err, os.Remove(file))
		}
	}
	return err
}
