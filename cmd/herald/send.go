package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

func sendCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var test testSend
	c := &cobra.Command{
		Use:   "send CAMPAIGN",
		Short: "Check, confirm, send; or go on where the last run stopped",
		Long: `Send reads and renders every row, asks for confirmation, and sends one message
to each recipient that was not written to before. The ledger remembers every
message; after an interruption the same command goes on with what is pending.

Where the campaign says when it may send, send waits until it may, or ends with
--no-wait.

The first Ctrl-C lets the messages in flight finish, the second cuts them off.

With --test-to the messages of one row, or of a few, go to contacts of your own
instead, their subjects marked "[test]". Nobody in the source is written to, and
the ledger does not know of it.`,
		Example: `  herald send spring.yaml
  herald send spring.yaml --yes --rate 500/10s        # from a script
  herald send spring.yaml --limit 100                 # the first 100 only
  herald send spring.yaml --test-to me@example.com --line 3
  gunzip -c contacts.csv.gz | herald send spring.yaml --source - --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			if err := test.check(&s.run.selectFlags); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			if len(test.to) > 0 {
				return s.sendTest(c.Context(), args[0], test)
			}
			m := mode{command: "send", picks: pending}
			if s.run.heldWith != "" {
				m.flags = []string{"--" + heldWith, s.run.heldWith}
			}
			return s.send(c.Context(), args[0], m)
		},
	}
	s.files.add(c.Flags())
	s.api.add(c.Flags())
	s.run.add(c.Flags())
	s.run.addHeldWith(c.Flags())
	c.Flags().StringVar(&s.run.plan, "plan", "", "send what this `file` of herald check --write-plan says, and to nobody else")
	c.Flags().StringSliceVar(&test.to, "test-to", nil, "send as a test to this `contact` of yours: its id or email address; several with commas")
	s.run.addLine(c.Flags(), lineUsage+"; with --test-to the one row that is sent, without --line the first")
	c.Flags().StringVar(&test.variant, "variant", "", "with --test-to: this `variant` of the message, whichever the row gets")
	c.Flags().IntVar(&test.sample, "sample", 0, "with --test-to: `N` rows from all over the source")
	return c
}

// pending picks the rows that are neither settled nor in flight.
func pending(st ledger.State) bool { return st.Status == ledger.Pending }

// A mode is what tells send, retry and rehearse apart.
type mode struct {
	command string
	picks   func(ledger.State) bool
	flags   []string   // as the run's record shows them
	only    *selection // of retry
}

// send takes a campaign from its file to its results.
func (s *session) send(ctx context.Context, path string, m mode) error {
	ctx, cut, release := interruptible(ctx)
	defer release()
	s.pick = m.picks
	if err := s.prepare(ctx, path); err != nil {
		return err
	}
	if m.only != nil {
		s.warnAbsent(m.only)
		if err := s.findOriginals(ctx); err != nil {
			return err
		}
	}
	if err := s.lookUp(ctx); err != nil {
		return err
	}
	v, err := s.surveyed(ctx)
	if err != nil {
		return err
	}
	if v, err = s.leaveUnchanged(ctx, v); err != nil {
		return err
	}
	if err := s.guard(v); err != nil {
		return err
	}
	if v != nil && v.Ready == 0 && !s.resultsStale() {
		return s.nothingToDo(v)
	}
	if err := s.inTime(); err != nil {
		return err
	}
	if err := s.confirm(ctx, m, v); err != nil {
		return err
	}
	if err := s.createLedger(); err != nil {
		return err
	}
	if err := s.checkSpace(v); err != nil {
		return err
	}
	return s.execute(ctx, cut, m, v)
}

// introduce reads the campaign and the columns of its source, and asks the
// workspace who is there: what comes before any ledger.
func (s *session) introduce(ctx context.Context, path string) error {
	if err := s.load(path); err != nil {
		return err
	}
	if err := s.readAudience(ctx); err != nil {
		return err
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.resolveSender(ctx)
}

// prepare does everything that can fail before the first row is read.
func (s *session) prepare(ctx context.Context, path string) error {
	if err := s.introduce(ctx, path); err != nil {
		return err
	}
	if err := s.checkResultsPath(); err != nil {
		return err
	}
	if err := s.openLedger(); err != nil {
		return err
	}
	if err := s.openGate(); err != nil {
		return err
	}
	return s.loadSkips()
}

// surveyed checks every row, unless that was waived; it refuses bad rows,
// unless they are to be skipped.
func (s *session) surveyed(ctx context.Context) (*survey, error) {
	if s.run.skipCheck {
		return nil, nil
	}
	v, err := s.check(ctx)
	if err != nil {
		return nil, err
	}
	if v.refuses(s.run.skipBadRows) {
		if err := s.showSurvey(ctx, v, showing{}); err != nil {
			return nil, err
		}
		return nil, s.refuseRows(v)
	}
	return v, nil
}

// guard refuses a run that is not what was planned or expected.
func (s *session) guard(v *survey) error {
	switch {
	case v == nil && s.campaign.ExpectRows != campaign.Range{}:
		return &refusal{code: exitUsage, what: "the campaign expects a number of rows, and --skip-check does not count them",
			hint: "leave one of them out"}
	case v == nil:
		return nil
	}
	if err := s.meetExpectations(v); err != nil || s.run.plan == "" {
		return err
	}
	p, err := readPlan(s.run.plan)
	if err != nil {
		return err
	}
	return s.obey(p, v)
}

// nothingToDo ends a run that has nothing to send.
func (s *session) nothingToDo(v *survey) error {
	if s.former != nil {
		s.say("no row to send again: %s", v.Rows)
	} else {
		s.say("nothing to send: %s", v.Rows)
	}
	if s.run.json {
		s.printSummary(&observer{}, sender.Progress{Equation: v.Rows}, 0, nil)
	}
	switch {
	case s.ledger != nil && s.ledger.Recovered() > 0:
		s.say("%s in flight when the last run died and now unknown", count(s.ledger.Recovered(), "message"))
		s.next("herald settle " + shellQuote(s.campaign.File) + " --interactive")
		return errLeft
	case v.Rows.Pending > 0 && v.Rows.Pending == v.Held:
		s.nextForHeld(v.Held)
	case v.Rows.Pending > 0:
		s.next("herald send " + shellQuote(s.campaign.File))
	case v.Rows.Failed > 0:
		s.next("herald retry " + shellQuote(s.campaign.File) + " --only failed")
	default:
		s.next("herald status " + shellQuote(s.campaign.File))
	}
	return nil
}

// execute sends until ctx ends, and tells what became of it; what is in flight
// then finishes, unless cut ends too.
func (s *session) execute(ctx, cut context.Context, m mode, v *survey) error {
	if err := s.renewResults(); err != nil {
		s.warnResults(err)
	}
	if err := s.ledger.StartRun(s.runRecord(m, v)); err != nil {
		return err
	}
	o := observe(s.resultsPath())
	first := &canary{session: s, observer: o}
	config := s.addSkim(s.addWhen(s.engineConfig(o)), s.readingRule(m))
	config.Canary, config.GoOn = s.engineCanary(v), first.goOn
	o.canary = config.Canary
	engine := sender.New(config)
	cut, release := finishing(ctx, cut, s.campaign.Timeout, func() {
		s.say("stopping: messages in flight are finished first; interrupt again to cut them off")
	})
	defer release()
	defer pausable(s.pause)()
	now := time.Now()
	pulse := &pulse{session: s, engine: engine, governor: s.governor, started: now, speed: startSpeedometer(now)}
	if v != nil {
		pulse.total = v.Ready
		first.others = v.Ready - config.Canary
	}
	s.when.left = pulse.left
	d := s.display(s.run.progress, pulse.total, pulse.done, pulse.line)
	first.display = d
	err := engine.Run(ctx, cut)
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	if errors.As(err, new(*source.Error)) {
		err = &stoppedError{err}
	}
	took := time.Since(pulse.started)
	resultsErr := s.closeResults(o)
	err = s.endRun(engine.Progress(), err)
	d.close() // not before the run is on record: a terminal may be stopped for hours
	return s.finish(m, o, engine.Progress(), took, err, resultsErr)
}

// pause lets nothing new leave, until it is called again with false.
func (s *session) pause(on bool) {
	if on {
		s.governor.Pause()
		s.say("paused: nothing new leaves until: herald stop %s --resume", shellQuote(s.campaign.File))
		return
	}
	s.governor.Resume()
	s.say("resumed")
}

// endRun completes the run's record, and returns why the run ended.
func (s *session) endRun(p sender.Progress, cause error) error {
	if errors.As(cause, new(*ledger.WriteError)) {
		return cause
	}
	if err := s.ledger.EndRun(ledger.End{Finished: time.Now().UTC(), Reason: endReason(cause), Counts: countsOf(p)}); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// finish tells what became of a run that ended because of cause.
func (s *session) finish(m mode, o *observer, p sender.Progress, took time.Duration, cause, resultsErr error) error {
	s.printSummary(o, p, took, cause)
	if resultsErr != nil {
		s.warnResults(resultsErr)
	}
	if !p.Partial && !p.Balanced() && cause == nil {
		cause = errUnbalanced
	}
	if cause == nil && (p.FailedNow > 0 || p.UnknownNow > 0 || s.ledger.Recovered() > 0 || p.Bad > 0 && !s.run.skipBadRows) {
		cause = errLeft
	}
	return s.nextAfter(m, p, cause)
}

func (s *session) engineConfig(o *observer) sender.Config {
	return sender.Config{
		Open: s.open, Key: s.renderer.Key, RenderVariant: s.rendering(), Keys: s.book,
		ByContact: s.campaign.To.By() != "" && !s.anySender,
		Pace:      s.governor.Pace, Send: s.client.CreateMessage, Ledger: s.ledger,
		Probe: s.probe, Disconnect: s.client.CloseIdleConnections,
		Pick: s.pick, Former: s.former, Hold: s.leaves, HoldBack: s.heldBack, Skip: s.skip, Observe: o.saw,
		Workers: s.campaign.Workers, Limit: s.run.limit,
		LatePasses: s.run.latePasses, LateWait: s.run.lateWait,
		Breaker: sender.Thresholds{
			Failures: sender.Threshold(s.campaign.Stop.Failures),
			Unknown:  sender.Threshold(s.campaign.Stop.Unknown),
			Alike:    alike,
		},
		MaxOutage: cmp.Or(s.run.maxOutage, maxOutage),
	}
}

// rendering is what makes the messages of a run: it refuses what the check refused.
func (s *session) rendering() variantRenderer {
	if s.examiner == nil {
		return s.variantRenderer()
	}
	return s.examiner.renderSound
}

// probe asks the API something that writes to nobody.
func (s *session) probe(ctx context.Context) error {
	_, err := s.client.Me(ctx)
	return err
}

// maxOutage is how long the network may be gone, if no flag says otherwise.
const maxOutage = 10 * time.Minute

// alike is how many first answers may fail in the same way before a run stops.
const alike = 20

func (s *session) runRecord(m mode, v *survey) ledger.Run {
	r := ledger.Run{
		Command: m.command, Started: time.Now().UTC(), PID: os.Getpid(), Version: version(),
		Flags: slices.Concat(m.flags, s.run.selection()), Source: s.sourceName, Rule: s.readingRule(m), Fingerprint: s.fingerprint(), Content: s.newContent(s.ledger.Runs()),
	}
	r.Host, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		r.Who = u.Username
	}
	if v != nil {
		r.Rows, r.Digest = v.Rows.Rows, v.digest
	}
	return r
}

func countsOf(p sender.Progress) map[string]int {
	return map[string]int{
		"rows": p.Rows, "sent": p.Sent, "failed": p.Failed, "skipped": p.Skipped,
		"unknown": p.Unknown, "pending": p.Pending, "sent_now": p.SentNow,
	}
}

func endReason(cause error) string {
	var h *sender.Halt
	switch {
	case cause == nil:
		return "finished"
	case errors.As(cause, &h):
		return string(h.Cause)
	case errors.Is(cause, errInterrupted):
		return "interrupted"
	}
	return fmt.Sprint(cause)
}
