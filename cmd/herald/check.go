package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/lint"
)

func checkCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var o checkOptions
	c := &cobra.Command{
		Use:   "check CAMPAIGN",
		Short: "Read, render and check every row; send nothing",
		Long: `Check reads the campaign and the whole source, renders the message of every row
that is still to be sent, and says what is wrong, where, and what to do. It sends
nothing. With a token it also checks the token, the sender and the workspace;
--online insists on that.

Errors are rows that can't be sent, or that nobody could mean to send: with one,
check ends with exit code 2, and send refuses. Warnings may be what you want:
send shows how many there are, and asks. With --strict they count as errors.

Values are contact data: where the output is no terminal they are masked, unless
--show-values is given.`,
		Example: `  herald check spring.yaml
  herald check spring.yaml --all | less
  herald check spring.yaml --bad bad.csv            # correct it, then:
  herald check spring.yaml --source bad.csv
  herald check spring.yaml --write-plan spring.plan # then: herald send spring.yaml --plan spring.plan`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			defer s.close()
			return checkOnly(c.Context(), s, args[0], o)
		},
	}
	s.files.addReading(c.Flags())
	s.api.add(c.Flags())
	s.run.addOutput(c.Flags())
	f := c.Flags()
	s.run.addExpectations(f)
	s.run.addHeldWith(f)
	s.run.selectFlags.add(f)
	s.run.addLine(f, lineUsage)
	f.StringVar(&o.plan, "write-plan", "", "freeze what would be sent, to whom and from whom, in this new `file`, for send --plan")
	f.BoolVar(&o.online, "online", false, "insist on checking token, sender and workspace too")
	f.BoolVar(&o.all, "all", false, "list every finding, in the order of the source, not the first of each kind")
	f.StringVar(&o.bad, "bad", "", "copy the bad rows to this new `file`, readable by you alone, with why in a last column")
	f.BoolVar(&o.strict, "strict", false, "let warnings count as errors")
	f.BoolVar(&s.showValues, "show-values", false, "show contact data where the output is no terminal, too")
	return c
}

// checkOptions say what a check looks at, and what it shows.
type checkOptions struct {
	showing
	online bool
	plan   string // the file that it is written to; empty: none
}

// checkOnly is the check as a command of its own.
func checkOnly(ctx context.Context, s *session, path string, o checkOptions) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := s.prepareCheck(ctx, path, o.online || o.plan != ""); err != nil {
		return err
	}
	s.pick = pending
	if err := s.loadSkips(); err != nil {
		return err
	}
	if err := s.lookUp(ctx); err != nil {
		return err
	}
	v, err := s.check(ctx)
	if err != nil {
		return err
	}
	if s.timed() && v.Ready > 0 && v.Bad == 0 {
		v.Forecast = s.foretell(v.Ready, s.effective())
	}
	if err := s.showSurvey(ctx, v, o.showing); err != nil {
		return err
	}
	if s.client != nil {
		s.say("workspace %s (%s, %s), from %s", s.me.App.Name, s.me.App.Region, s.me.App.ID, s.senderName())
	} else {
		s.say("not checked, for want of a token: the token itself, the sender, the workspace%s", s.offlineContacts())
	}
	if v.refuses(false) {
		return s.refuseRows(v)
	}
	if n := v.number(lint.Warning); o.strict && n > 0 {
		return &refusal{code: exitUsage, what: count(n, "warning") + ", and with --strict they count",
			hint: "correct what is named above; or go without --strict"}
	}
	if err := s.meetExpectations(v); err != nil {
		return err
	}
	if o.plan != "" {
		return s.writePlan(v, path, o.plan)
	}
	s.next("herald send " + shellQuote(path))
	return nil
}

// prepareCheck does what comes before the first row: as much of it as can be done
// without a token, unless that is insisted on.
func (s *session) prepareCheck(ctx context.Context, path string, online bool) error {
	if err := s.load(path); err != nil {
		return err
	}
	_, tokenErr := s.token(ctx)
	switch {
	case tokenErr == nil:
		if err := s.connect(ctx); err != nil {
			return err
		}
		if err := s.readAudience(ctx); err != nil {
			return err
		}
	case online:
		return tokenErr
	}
	s.offline = s.client == nil
	if err := s.bind(ctx); err != nil {
		return err
	}
	if s.client != nil {
		if err := s.resolveSender(ctx); err != nil {
			return err
		}
	}
	return s.loadBook()
}

// loadBook reads the ledger, if there is one, without taking it.
func (s *session) loadBook() error {
	b, err := ledger.Load(s.ledgerPath(), nil)
	if errors.Is(err, ledger.ErrMissing) {
		s.book = ledger.NewBook()
		return s.gateWith(nil)
	}
	if err != nil {
		return s.ledgerError(err)
	}
	s.book = b
	return s.gateWith(b)
}

// refuseRows is the refusal to send what has errors.
func (s *session) refuseRows(v *survey) error {
	if v.campaignErrors() > 0 {
		return &refusal{code: exitUsage,
			what: fmt.Sprintf("the campaign has %s that everybody would get; nothing was sent", count(v.campaignErrors(), "error")),
			hint: "correct what is named above"}
	}
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s of %s can't be sent; nothing was sent", count(v.Bad, "row"), s.sourceName),
		hint: "correct the rows named above, or copy them with herald check --bad; or send the others with --skip-bad-rows"}
}
