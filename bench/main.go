// Bench measures herald and prints Markdown tables. Its parts are
//
//	send      a whole campaign against the sandbox: messages a second, CPU, memory
//	packages  what the packages do by themselves (rows of each format, renders,
//	          claims), from their own benchmarks
//	check     rows a second of the check, on one core and on two
//	peers     herald beside other tools: what one writes in an hour, vegeta, hey,
//	          and, where they are installed, wrk and xargs with curl
//	scaling   messages a second with 1 to 1,024 workers at three latencies
//	fsync     what the durable ledger costs: the same run with fsync left out
//	claims    durable claims a second, and how many share an fsync
//	open      time and memory to open a ledger of ten million settled rows
//	large     campaigns of ten million rows, CSV and JSONL: start, send, resume,
//	          check, status, export, retry; takes an hour and 10 GB of disk
//	governor  use of the rate limit in real time, for five minutes: both kinds of
//	          windows, four latencies, alone and beside another client
//	rates     how exactly a rate is kept, and what keeping it costs; three minutes
//	syscalls  system calls to a message, counted with strace
//
// Without -only send, check and packages are measured.
//
//	go run ./bench -rows 1000000 -rounds 5      a longer campaign, more rounds
//	go run ./bench -only send -workers 256      campaigns only
//	go run ./bench -only send -canned           to a server that costs next to nothing
//	go run ./bench -only open,large -keys 1000000
//	go run ./bench -only check -rows 500000     the check before it
//	go run ./bench -only peers,scaling -into bench     what make bench-peers does
//	go run ./bench -generate contacts.csv -rows 50000
//
// With -into the tables also take their places in RESULTS.md in that folder, and
// what is drawn is beside it.
//
// In the part send the sandbox runs in this process and herald in a child, so
// CPU and memory are herald's alone; both share the machine, though, so messages
// a second are a lower bound. With -canned that bound is closer, and nothing
// judges the messages but their number; the parts peers, scaling, large and
// syscalls always send there. Rounds of the cases alternate and medians
// are shown: a machine's speed drifts, and only numbers of one table can be
// compared. Ledgers are made in the folder for temporary files (TMPDIR): it must
// be on the disk that is meant.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/bench/gen"
	"github.com/herald-campaigns/herald/bench/target"
)

type options struct {
	rows, rounds, workers, keys int
	only, generate, open, serve string
	into                        string // folder for the tables
	seed                        uint64
	canned                      bool
	serveCanned                 string // its latency
	refuse                      int64
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
	flags := o.flags(talk)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if min(o.rows, o.rounds, o.workers, o.keys) < 1 || flags.NArg() > 0 {
		return errors.New("rows, rounds, workers and keys are at least 1, and there are no arguments")
	}
	if o.serveCanned != "" {
		return serveCanned(o, out)
	}
	if o.generate != "" {
		return generate(o.generate, o.rows, o.seed)
	}
	if o.open != "" {
		return openHere(o.open, out)
	}
	if o.serve != "" {
		return serveHere(ctx, o.serve, os.Stdin, out)
	}
	return publish(ctx, o, out, talk)
}

// flags returns the flags, which set o, first to what it is by itself.
func (o *options) flags(talk io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	flags.IntVar(&o.rows, "rows", 100_000, "contacts of a campaign")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of each measurement, of which the median is shown")
	flags.IntVar(&o.workers, "workers", 64, "messages in flight")
	flags.IntVar(&o.keys, "keys", 10_000_000, "settled rows of the ledger that is opened, rows of the large campaign")
	flags.StringVar(&o.only, "only", "", "measure only these `parts`, with commas between: "+strings.Join(partNames(), ", "))
	flags.StringVar(&o.into, "into", "", "also write what is measured to RESULTS.md and pictures in this `folder`")
	flags.StringVar(&o.open, "open", "", "open this ledger, a `file`, print what that took as JSON, and measure nothing else")
	flags.StringVar(&o.generate, "generate", "", "write contacts to this .csv or .jsonl `file` and measure nothing")
	flags.StringVar(&o.serve, "serve", "", "be a sandbox of this `latency` until the input ends, and measure nothing")
	flags.BoolVar(&o.canned, "canned", false, "send to canned answers, from a process of their own, and not to the sandbox")
	flags.StringVar(&o.serveCanned, "serve-canned", "", "be that process, of this `latency`, until the input ends, and measure nothing")
	flags.Int64Var(&o.refuse, "refuse", 0, "with -serve-canned, refuse one message of so many")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the contacts")
	return flags
}

// serveCanned is the process of a target.
func serveCanned(o options, out io.Writer) error {
	latency, err := time.ParseDuration(o.serveCanned)
	if err != nil {
		return err
	}
	return target.Serve(os.Stdin, out, target.Options{Latency: latency, Refuse: o.refuse})
}

// A part is what can be measured by itself.
type part struct {
	name    string
	measure func(ctx context.Context, o options, out, talk io.Writer) error
	always  bool // also without -only
}

func parts() []part {
	return []part{
		{"send", measureSend, true},
		{"check", measureCheck, true},
		{"packages", measurePackages, true},
		{"peers", measurePeers, false},
		{"scaling", measureScaling, false},
		{"fsync", measureFsync, false},
		{"claims", measureClaims, false},
		{"open", measureOpen, false},
		{"large", measureLarge, false},
		{"governor", measureGovernor, false},
		{"rates", measureRates, false},
		{"syscalls", measureSyscalls, false},
	}
}

func partNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
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
