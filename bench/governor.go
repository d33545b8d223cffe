package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

const (
	// governedLimit is a workspace's: 10,000 a minute in windows of 10 s.
	governedLimit = 1667
	// governedFor is how long each case sends: more than two windows.
	governedFor = 26 * time.Second
)

// A governedCase is an API with a limit, and who else uses it.
type governedCase struct {
	style   sandbox.Style
	latency time.Duration
	others  foreign
}

// A foreign client uses half of the limit, evenly or all at once in each window.
type foreign string

const (
	nobody foreign = "nobody"
	evenly foreign = "evenly"
	atOnce foreign = "at once"

	half = governedLimit / 2
)

var styleNames = map[sandbox.Style]string{sandbox.Aligned: "fixed", sandbox.Anchored: "anchored", sandbox.Sliding: "sliding"}

// governedCases are the kinds of windows with each latency, then with others.
func governedCases() (cases []governedCase) {
	for _, style := range []sandbox.Style{sandbox.Aligned, sandbox.Sliding} {
		for _, latency := range []time.Duration{5, 50, 100, 300} {
			cases = append(cases, governedCase{style, latency * time.Millisecond, nobody})
		}
	}
	for _, style := range []sandbox.Style{sandbox.Aligned, sandbox.Sliding} {
		for _, others := range []foreign{evenly, atOnce} {
			cases = append(cases, governedCase{style, 50 * time.Millisecond, others})
		}
	}
	return cases
}

// measureGovernor sends in real time to APIs with a limit, all of it ours to
// use, and prints how much of it was used, and what the sandbox saw.
func measureGovernor(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cases := governedCases()
	table := make([][]string, len(cases))
	r, err := newRig(dir, o, 2*governedLimit*int(governedFor/governor.Window+1), "")
	if err != nil {
		return err
	}
	for i, c := range cases {
		fmt.Fprintf(talk, "case %d of %d: sending for %s\n", i+1, len(cases), report.Duration(governedFor))
		if table[i], err = c.measure(ctx, *r, o); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "The governor in real time: limit %s in 10 s, share 100 %%, %d workers, %s each, durable ledger.\n",
		report.Number(governedLimit), o.workers, report.Duration(governedFor))
	fmt.Fprintln(out, "Latencies vary by a tenth to both sides. Others use half of the limit, where they do.")
	fmt.Fprintln(out)
	return writeTable(out, []string{"windows", "latency", "others", "requests", "429", "429 of ours", "sent of the limit", "most in 10 s", "others' 429"}, table)
}

// measure runs one case and returns its line.
func (c governedCase) measure(ctx context.Context, r rig, o options) ([]string, error) {
	box := sandbox.New(sandbox.Options{
		Limit: governedLimit, Style: c.style, Latency: c.latency * 9 / 10, Jitter: c.latency / 5, Seed: o.seed, KeepMessages: -1,
	})
	server, err := sandbox.Listen(ctx, "", box)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	r.url, r.governor = server.URL(), governor.New(governor.Options{Share: 1})
	ctx, cancel := context.WithTimeout(ctx, governedFor)
	defer cancel()
	other := make(chan tally, 1)
	go func() { other <- c.others.use(ctx, server.URL()) }()
	ride, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	cancel()
	they, we, w := <-other, r.governor.Status(), box.Witness()
	if int64(ride.progress.SentNow) != w.Messages {
		return nil, errors.New("more or fewer messages arrived than were sent: " + ride.progress.String())
	}
	ours := float64(w.Requests) - float64(they.answers)
	window := w.Last.Sub(w.First).Seconds() / governor.Window.Seconds()
	theirs := "-"
	if they.answers > 0 {
		theirs = fmt.Sprintf("%d of %s", they.throttled, report.Number(they.answers))
	}
	return []string{
		styleNames[c.style], report.Duration(c.latency), string(c.others), report.Number(int(ours)), fmt.Sprint(we.Throttled),
		fmt.Sprintf("%.2f %%", 100*float64(we.Throttled)/ours),
		fmt.Sprintf("%.1f %%", 100*float64(w.Messages)/window/governedLimit), report.Number(w.MostInWindow), theirs,
	}, nil
}

// A tally is what became of a foreign client's requests.
type tally struct{ answers, throttled int }

// use makes requests until ctx ends, and takes no notice of what they are told.
func (f foreign) use(ctx context.Context, url string) (t tally) {
	if f == nobody {
		return t
	}
	pause, each := governor.Window/half, 1
	if f == atOnce {
		pause, each = governor.Window, half
	}
	answers := make(chan int, half)
	var group errgroup.Group
	group.SetLimit(64)
	next := time.NewTicker(pause)
	defer next.Stop()
	go func() {
		defer close(answers)
		for ctx.Err() == nil {
			for range each {
				group.Go(func() error {
					answers <- ask(ctx, url)
					return nil
				})
			}
			select {
			case <-next.C:
			case <-ctx.Done():
			}
		}
		_ = group.Wait()
	}()
	for status := range answers {
		if status != 0 {
			t.answers++
		}
		if status == http.StatusTooManyRequests {
			t.throttled++
		}
	}
	return t
}

// ask makes one request and returns the answer's status, 0 if there was none.
func ask(ctx context.Context, url string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/me", http.NoBody)
	if err != nil {
		return 0
	}
	request.Header.Set("Authorization", "Bearer sandbox")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}
