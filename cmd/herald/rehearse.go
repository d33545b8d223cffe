package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

func rehearseCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var faults []string
	var crash, inbox bool
	var join joined
	o := sandbox.Options{}
	c := &cobra.Command{
		Use:   "rehearse CAMPAIGN",
		Short: "Send the campaign to a sandbox on this machine, as fast as it goes",
		Long: `Rehearse does everything that send does, but to a sandbox inside the program:
nothing leaves this machine and no token is needed. It ends with a forecast of
how long the real run takes. Its ledger is thrown away; its results are kept in
NAME.rehearsal.results.csv for you to look at. --inbox keeps the sandbox's inbox
open to look at the messages. --crash kills the rehearsal half-way, as a power
cut would, and goes on: the sandbox counts who was written to twice.`,
		Example: `  herald rehearse spring.yaml --inbox
  herald rehearse spring.yaml --crash
  herald rehearse spring.yaml --unknown 2% --fault 503=1%`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := readSandboxFlags(&o, "aligned", faults); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			r := &rehearsal{session: s, path: args[0], sandbox: o, crash: crash, inbox: inbox}
			if join.url != "" {
				return r.untilKilled(c.Context(), join)
			}
			return r.perform(c.Context())
		},
	}
	f := c.Flags()
	s.files.addSource(f)
	f.BoolVar(&s.run.skipBadRows, "skip-bad-rows", false, "skip rows that the check refuses, and send the others")
	f.Var(shareFlag{&o.Contacts.Unknown}, "unknown", "this `share` of contacts does not exist")
	f.Var(shareFlag{&o.Contacts.Unsubscribed}, "unsubscribed", "this `share` of contacts refuses emails")
	f.StringArrayVar(&faults, "fault", nil, "misbehave: `KIND=WHEN`, several times; see herald sandbox -h")
	f.BoolVar(&crash, "crash", false, "be killed half-way, and go on")
	f.BoolVar(&inbox, "inbox", false, "keep the sandbox's inbox open afterwards, until Ctrl-C")
	f.StringVar(&join.url, "join", "", "")
	f.StringVar(&join.ledger, "join-ledger", "", "")
	_ = f.MarkHidden("join") // of the process that is to be killed
	_ = f.MarkHidden("join-ledger")
	s.run.selectFlags.add(f)
	s.run.addLine(f, lineUsage)
	s.run.addHeldWith(f)
	s.run.addOutput(f)
	return c
}

// rehearsalToken is what the sandbox is given; it takes any.
const rehearsalToken = "rehearsal"

// A rehearsal is one herald rehearse.
type rehearsal struct {
	*session
	path         string
	sandbox      sandbox.Options
	crash, inbox bool
	killedAt     int // messages, of a crash; 0: none was wanted, or all were sent before
}

func (r *rehearsal) perform(ctx context.Context) error {
	r.sandbox.AnySender = true
	if r.crash {
		r.sandbox.Latency = crashLatency
	}
	box := sandbox.New(r.sandbox)
	server, err := sandbox.Listen(ctx, "", box)
	if err != nil {
		return err
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "herald-rehearsal-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := r.set(server.URL(), filepath.Join(dir, "rehearsal.ledger")); err != nil {
		return err
	}
	if err := os.Remove(r.files.results); err != nil && !os.IsNotExist(err) {
		return err
	}
	if r.crash {
		if err := r.killHalfWay(ctx, box); err != nil {
			return err
		}
	}
	real := *r.campaign
	err = r.send(ctx, r.path, mode{command: "rehearse", picks: pending})
	if r.ledger != nil {
		r.forecast(governor.New(governor.Options{
			Rate: real.Rate.PerSecond() * governor.Window.Seconds(), Share: real.Share,
		}).Status().Effective)
	}
	if r.killedAt > 0 {
		err = r.tellCrash(box, err)
	}
	if r.inbox {
		r.keepInbox(ctx, server.URL())
	}
	if err == nil {
		r.next("herald send " + shellQuote(r.path))
	}
	return err
}

// set makes the session one that sends to a sandbox, with a ledger of its own.
func (r *rehearsal) set(url, ledger string) error {
	r.anySender = true
	central := r.env(suppressVariable)
	r.env = func(name string) string {
		return map[string]string{tokenVariable: rehearsalToken, suppressVariable: central}[name]
	}
	r.api = apiFlags{baseURL: url}
	r.files.ledger = ledger
	r.run.yes, r.run.latePasses = true, 0
	if err := r.load(r.path); err != nil {
		return err
	}
	r.files.results = r.base() + ".rehearsal.results.csv"
	r.run.rate = "1000000/s"
	return nil
}

// forecast says how long the real run takes at a rate, in requests a window.
func (s *session) forecast(effective float64) {
	rows := 0
	for _, n := range s.ledger.Counts() {
		rows += n
	}
	if s.timed() {
		s.say("forecast: %s at %s per 10 s: %s", count(rows, "message"), report.Number(int(effective)), s.foretell(rows, effective))
		return
	}
	takes := time.Duration(float64(rows) / effective * float64(governor.Window))
	s.say("forecast: %s at %s per 10 s take about %s", count(rows, "message"), report.Number(int(effective)),
		report.Duration(max(takes, time.Second).Round(time.Second)))
}
