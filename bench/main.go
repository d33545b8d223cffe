// Bench measures herald and prints Markdown tables: messages a second, CPU and
// memory of a whole campaign against the sandbox; then what the packages do by
// themselves (rows of each format, renders, claims), from their own benchmarks.
//
//	go run ./bench                              everything
//	go run ./bench -rows 1000000 -rounds 5      a longer campaign, more rounds
//	go run ./bench -only send -workers 256      campaigns only
//	go run ./bench -generate contacts.csv -rows 50000
//
// The sandbox runs in this process and herald in a child, so CPU and memory are
// herald's alone; both share the machine, though, so messages a second are a
// lower bound. Rounds of the cases alternate and medians are shown: a machine's
// speed drifts, and only numbers of one table can be compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/herald-campaigns/herald/bench/gen"
)

type options struct {
	rows, rounds, workers int
	only, generate        string
	seed                  uint64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// run prints tables to out and what it is doing to talk.
func run(ctx context.Context, args []string, out, talk io.Writer) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	flags.IntVar(&o.rows, "rows", 100_000, "contacts of a campaign")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of each measurement, of which the median is shown")
	flags.IntVar(&o.workers, "workers", 64, "messages in flight")
	flags.StringVar(&o.only, "only", "", "measure only this `part`: send or packages")
	flags.StringVar(&o.generate, "generate", "", "write contacts to this .csv or .jsonl `file` and measure nothing")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the contacts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.rows < 1 || o.rounds < 1 || o.workers < 1 || flags.NArg() > 0 {
		return errors.New("rows, rounds and workers are at least 1, and there are no arguments")
	}
	if o.generate != "" {
		return generate(o.generate, o.rows, o.seed)
	}
	fmt.Fprintf(out, "%s\n\n", machine(ctx))
	return measure(ctx, o, out, talk)
}

func measure(ctx context.Context, o options, out, talk io.Writer) error {
	if o.only != "" && o.only != "send" && o.only != "packages" {
		return fmt.Errorf("-only %s: must be send or packages", o.only)
	}
	if o.only != "packages" {
		if err := measureSend(ctx, o, out, talk); err != nil {
			return err
		}
	}
	if o.only != "send" {
		return measurePackages(ctx, o, out, talk)
	}
	return nil
}

// machine says where and on what the numbers were measured.
func machine(ctx context.Context) string {
	commit := "no commit"
	if hash, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude", "*").Output(); err == nil {
		commit = "commit " + strings.TrimSpace(string(hash))
	}
	return fmt.Sprintf("%s/%s, %d CPUs, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), commit)
}

// generate writes contacts in the format of the file's name.
func generate(path string, rows int, seed uint64) error {
	write := gen.CSV
	if filepath.Ext(path) == ".jsonl" {
		write = gen.JSONL
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file, rows, seed), file.Close())
}
