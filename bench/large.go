package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/herald-campaigns/herald/bench/target"
	"github.com/herald-campaigns/herald/pkg/report"
)

const (
	// smallRows is the campaign that the large one is compared with.
	smallRows = 10_000
	// largeRest are the rows that are left for the resumed runs.
	largeRest = 10_000
	// largeRefuse has one message of so many fail, for export and retry.
	largeRefuse = 1000
)

// A large is a campaign of very many rows.
type large struct {
	job
	api    *canned
	source string
	file   string // the campaign's
}

// measureLarge runs each command on a campaign of very many rows, from CSV and
// from JSONL, and prints times and memory, with those of a small one beside it.
func measureLarge(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.keys < 2*largeRest*o.rounds {
		return fmt.Errorf("-keys: must be at least %d", 2*largeRest*o.rounds)
	}
	o.rows = smallRows
	if _, err := prepare(ctx, dir, o, talk); err != nil {
		return err
	}
	api, err := startCanned(ctx, target.Options{Refuse: largeRefuse})
	if err != nil {
		return err
	}
	defer api.stop()
	var table [][]string
	for _, format := range []string{"csv", "jsonl"} {
		l := large{job: job{dir: dir, url: api.url, workers: o.workers, rows: o.keys}, api: api, source: "large." + format, file: "large.yaml"}
		lines, err := l.measure(ctx, o, talk)
		if err != nil {
			return err
		}
		table = append(table, lines...)
	}
	fmt.Fprintf(out, "Campaigns of %s rows, %d workers, everything on, one message of %s refused; starts are medians of %d:\n\n",
		report.Number(o.keys), o.workers, report.Number(largeRefuse), o.rounds)
	if err := writeTable(out, []string{"", "rows", "seconds", "CPU µs/row", "peak memory"}, table); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s and 32 bytes a row are %s.\n\n", report.Bytes(64<<20), report.Bytes(64<<20+32*int64(o.keys)))
	return nil
}

// measure runs all commands on one source.
func (l large) measure(ctx context.Context, o options, talk io.Writer) (table [][]string, err error) {
	say := func(what string) { fmt.Fprintf(talk, "%s: %s\n", l.source, what) }
	line := func(what string, rows int, c cost) {
		say(what)
		cpu, peak := "-", "-"
		if c.peak > 0 {
			cpu, peak = fmt.Sprintf("%.2f", c.cpu.Seconds()*1e6/float64(rows)), report.Bytes(c.peak)
		}
		table = append(table, []string{l.source + ": " + what, report.Number(rows), fmt.Sprintf("%.2f", c.wall.Seconds()), cpu, peak})
	}
	say("making up contacts")
	path := filepath.Join(l.dir, l.source)
	defer os.Remove(path)
	small := l
	small.file, small.source, small.rows = "small.yaml", "contacts"+filepath.Ext(l.source), smallRows
	for _, c := range []large{l, small} {
		if err := l.write(c.file, sendCase{source: c.source, body: "body.txt"}.campaign(l.workers)); err != nil {
			return nil, err
		}
	}
	if err := generate(path, l.rows, o.seed); err != nil {
		return nil, err
	}
	if err := l.fresh(); err != nil {
		return nil, err
	}
	if c, err := small.herald(ctx, "send", "--yes", "--skip-check"); err != nil {
		return nil, err
	} else {
		line("send a small one", smallRows, c)
	}
	if c, err := l.firsts(ctx, o.rounds, l.fresh, "--yes", "--skip-check"); err != nil {
		return nil, err
	} else {
		line("send, until the first message", l.rows, c)
	}
	if err := l.fresh(); err != nil {
		return nil, err
	}
	most := l.rows - largeRest*o.rounds
	if c, err := l.herald(ctx, "send", "--yes", "--skip-check", "--limit", strconv.Itoa(most)); err != nil {
		return nil, err
	} else {
		line("send", most, c)
	}
	keep := func() error { return nil }
	if c, err := l.firsts(ctx, o.rounds, keep, "--yes", "--skip-check", "--limit", strconv.Itoa(largeRest)); err != nil {
		return nil, err
	} else {
		line("send again, until the first message", l.rows, c)
	}
	for _, args := range [][]string{{"check"}, {"status"}, {"export", "--status", "failed", "--out", "failed.out"}, {"retry", "--only", "failed", "--yes", "--skip-check"}} {
		c, err := l.herald(ctx, args[0], args[1:]...)
		if err != nil {
			return nil, err
		}
		line(args[0], l.rows, c)
	}
	return table, errors.Join(l.fresh(), os.RemoveAll(filepath.Join(l.dir, "failed.out")))
}

func (l large) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "./herald", append([]string{name, l.file}, args...)...)
	command.Dir, command.Env = l.dir, environment(l.url)
	return command
}

// herald runs a command; that messages failed is expected.
func (l large) herald(ctx context.Context, name string, args ...string) (cost, error) {
	c, err := spend(l.command(ctx, name, args...))
	return c, finished(err)
}

// finished is err unless it says that herald finished with failed rows.
func finished(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 3 {
		return nil
	}
	return err
}

// firsts starts sending and waits for the first message; then it lets the run
// go on for a limited one, and kills others. The wall time is the median until
// the first message, all else is of the last run.
func (l large) firsts(ctx context.Context, rounds int, before func() error, args ...string) (c cost, err error) {
	var waits []float64
	limited := slices.Contains(args, "--limit")
	for range rounds {
		if err := before(); err != nil {
			return c, err
		}
		ctx, cancel := context.WithCancel(ctx)
		first := make(chan time.Duration, 1)
		go func() {
			defer cancel()
			took, err := l.first(ctx)
			if err == nil {
				first <- took
			}
			if limited {
				<-ctx.Done()
			}
		}()
		c, err = spend(l.command(ctx, "send", args...))
		cancel()
		select {
		case took := <-first:
			waits = append(waits, took.Seconds())
		default:
			return c, errors.Join(errors.New("no message came"), err)
		}
		if err := finished(err); limited && err != nil {
			return c, err
		}
	}
	c.wall = time.Duration(median(waits) * float64(time.Second))
	if !limited { // it was killed: what it took until then is nothing
		c.cpu, c.peak = 0, 0
	}
	return c, nil
}

// first waits until one more message has come.
func (l large) first(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	before, err := l.api.tab()
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		now, err := l.api.tab()
		if err != nil || now.messages > before.messages {
			return time.Since(start), err
		}
	}
}
