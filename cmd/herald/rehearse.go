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
	o := sandbox.Options{}
	c := &cobra.Command{
		Use:   "rehearse CAMPAIGN",
		Short: "Send the campaign to a sandbox on this machine, as fast as it goes",
		Long: `Rehearse does everything that send does, but to a sandbox inside the program:
nothing leaves this machine and no token is needed. It ends with a forecast of
how long the real run takes. Its ledger is thrown away; its results are kept in
NAME.rehearsal.results.csv for you to look at.`,
		Example: "  herald rehearse spring.yaml\n  herald rehearse spring.yaml --unknown 2% --fault 503=1%",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := readSandboxFlags(&o, "aligned", faults); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			return s.rehearse(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	s.files.addSource(f)
	f.BoolVar(&s.run.skipBadRows, "skip-bad-rows", false, "skip rows that can't be read or rendered, and send the others")
	f.Var(shareFlag{&o.Contacts.Unknown}, "unknown", "this `share` of contacts does not exist")
	f.Var(shareFlag{&o.Contacts.Unsubscribed}, "unsubscribed", "this `share` of contacts refuses emails")
	f.StringArrayVar(&faults, "fault", nil, "misbehave: `KIND=WHEN`, several times; see herald sandbox -h")
	s.run.addHeldWith(f)
	s.run.addOutput(f)
	return c
}

// rehearsalToken is what the sandbox is given; it takes any.
const rehearsalToken = "rehearsal"

func (s *session) rehearse(ctx context.Context, path string, o sandbox.Options) error {
	o.AnySender, s.anySender = true, true
	server, err := sandbox.Listen(ctx, "", sandbox.New(o))
	if err != nil {
		return err
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "herald-rehearsal-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	s.env = func(name string) string {
		if name == tokenVariable {
			return rehearsalToken
		}
		return ""
	}
	s.api = apiFlags{baseURL: server.URL()}
	s.files.ledger = filepath.Join(dir, "rehearsal.ledger")
	s.run.yes, s.run.latePasses = true, 0
	if err := s.load(path); err != nil {
		return err
	}
	s.files.results = s.base() + ".rehearsal.results.csv"
	if err := os.Remove(s.files.results); err != nil && !os.IsNotExist(err) {
		return err
	}
	real := *s.campaign
	s.run.rate = "1000000/s"
	err = s.send(ctx, path, mode{command: "rehearse", picks: pending})
	if s.ledger != nil {
		s.forecast(governor.New(governor.Options{
			Rate: real.Rate.PerSecond() * governor.Window.Seconds(), Share: real.Share,
		}).Status().Effective)
	}
	if err == nil {
		s.next("herald send " + shellQuote(path))
	}
	return err
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
