package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/report"
)

// sendCase is one kind of campaign.
type sendCase struct {
	name, source, body string // body is the name of one of the bodies
}

var sendCases = []sendCase{
	{"CSV, text body", "contacts.csv", "body.txt"},
	{"CSV, HTML body", "contacts.csv", "body.html"},
	{"JSONL, text body", "contacts.jsonl", "body.txt"},
}

// The bodies are about 600 bytes with five variables.
var bodies = map[string]string{
	"body.txt": "Hi {{.first_name}},\n\n" + filler +
		"\nYour plan at {{.company}} is {{.plan}}, with {{.seats}} seats in {{.city}}.\n\nThe team\n",
	"body.html": "<p>Hi <b>{{.first_name}}</b>,</p>\n<p>" + filler +
		"</p>\n<p>Your plan at {{.company}} is <i>{{.plan}}</i>, with {{.seats}} seats in {{.city}}.</p>\n<p>The team</p>\n",
	"executed.html": "<p>Hi <b>{{upper .first_name}}</b>,</p>\n<p>" + filler +
		"</p>\n<p><a href=\"https://example.com/?c={{.company}}\">Your plan</a> is <i>{{.plan}}</i>, with {{.seats}} seats in {{.city}}.</p>\n<p>The team</p>\n",
}

var filler = strings.Repeat("Spring is here, and so is what you asked for all winter long. ", 7)

// campaign is a campaign file. The rate is out of reach: the engine is measured,
// not the limit.
func (c sendCase) campaign(workers int) string {
	return fmt.Sprintf(`name: bench
source: %s
to: {type: "{{.role}}", id: "{{.contact_id}}"}
message:
  type: email
  subject: "Hi {{.first_name}}, it's here"
  body: %s
  template: personal
  from: 394051
rate: 1000000/s
workers: %d
`, c.source, c.body, workers)
}

// cost is what one run of herald took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident at most; 0 if the system doesn't tell
}

// measureSend builds herald, sends each case's campaign once a round, and prints
// medians.
func measureSend(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	herald, err := prepare(ctx, dir, o, talk)
	if err != nil {
		return err
	}
	api, err := startAPI(ctx, o)
	if err != nil {
		return err
	}
	defer api.stop()

	costs := make([][]cost, len(sendCases))
	for round := range o.rounds {
		for i, c := range sendCases {
			fmt.Fprintf(talk, "round %d of %d: %s\n", round+1, o.rounds, c.name)
			took, err := send(ctx, herald, dir, api.url, c, o.workers)
			if err == nil {
				err = api.check(o.rows)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			costs[i] = append(costs[i], took)
		}
	}
	if err := api.stop(); err != nil {
		return err
	}
	return writeSendTable(out, o, costs)
}

// prepare builds the binary and writes what the campaigns need.
func prepare(ctx context.Context, dir string, o options, talk io.Writer) (herald string, err error) {
	herald = filepath.Join(dir, "herald"+executableSuffix)
	fmt.Fprintln(talk, "building herald, making up contacts")
	build := exec.CommandContext(ctx, "go", "build", "-o", herald, "./cmd/herald")
	build.Stderr = talk
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build herald (run this in the repository's root): %w", err)
	}
	for _, name := range []string{"contacts.csv", "contacts.jsonl"} {
		if err := generate(filepath.Join(dir, name), o.rows, o.seed); err != nil {
			return "", err
		}
	}
	for name, text := range bodies {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return herald, nil
}

// send runs one campaign from the start: ledger and results of the round before
// are removed.
func send(ctx context.Context, herald, dir, url string, c sendCase, workers int) (cost, error) {
	old, err := filepath.Glob(filepath.Join(dir, "bench.*"))
	if err != nil {
		return cost{}, err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return cost{}, err
		}
	}
	file := filepath.Join(dir, "bench.yaml")
	if err := os.WriteFile(file, []byte(c.campaign(workers)), 0o600); err != nil {
		return cost{}, err
	}
	command := exec.CommandContext(ctx, herald, "send", file, "--yes", "--skip-check", "--progress", "none")
	command.Env = environment(url)
	return spend(command)
}

// spend runs a command and measures it.
func spend(command *exec.Cmd) (cost, error) {
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	start := time.Now()
	if err := command.Start(); err != nil {
		return cost{}, err
	}
	peak := watchPeak(command.Process.Pid)
	err := command.Wait()
	wall := time.Since(start)
	state := command.ProcessState
	c := cost{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: peak()}
	if c.peak == 0 {
		c.peak = peakMemory(state)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, said.String())
	}
	return c, err
}

// watchPeak looks at the peak memory of a process until what it returns is
// called. What wait tells of a child is too much on Linux: until it executes the
// program, a child has the memory of its parent. The last 20 ms are not seen.
func watchPeak(pid int) (stop func() int64) {
	done, seen := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, residentBytes(strconv.Itoa(pid), "VmHWM:"))
			select {
			case <-tick.C:
			case <-done:
				seen <- peak
				return
			}
		}
	}()
	return func() int64 { close(done); return <-seen }
}

// environment is this process's, without what would change how herald runs.
func environment(url string) []string {
	env := []string{"HERALD_BASE_URL=" + url, "INTERCOM_ACCESS_TOKEN=sandbox"}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "HERALD_") && !strings.HasPrefix(v, "INTERCOM_") {
			env = append(env, v)
		}
	}
	return env
}

// middle is the median of a figure of some runs.
func middle[R any](runs []R, value func(R) float64) float64 {
	var values []float64
	for _, run := range runs {
		values = append(values, value(run))
	}
	return median(values)
}

func writeSendTable(out io.Writer, o options, costs [][]cost) error {
	to := "the sandbox"
	if o.canned {
		to = "canned answers"
	}
	fmt.Fprintf(out, "`herald send` of %s rows to %s, %d workers, no limit, ledger and results on, median of %d:\n\n",
		report.Number(o.rows), to, o.workers, o.rounds)
	var table [][]string
	for i, runs := range costs {
		rows := float64(o.rows)
		table = append(table, []string{
			sendCases[i].name,
			report.Number(int(middle(runs, func(c cost) float64 { return rows / c.wall.Seconds() }))),
			fmt.Sprintf("%.1f", middle(runs, func(c cost) float64 { return c.cpu.Seconds() * 1e6 / rows })),
			report.Bytes(int64(middle(runs, func(c cost) float64 { return float64(c.peak) }))),
		})
	}
	return writeTable(out, []string{"campaign", "messages/s", "CPU µs/message", "peak memory"}, table)
}
