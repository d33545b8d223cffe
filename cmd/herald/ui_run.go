package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// warnResults says that the results file is not what it should be. The ledger
// is, so it is only a warning.
func (s *session) warnResults(err error) {
	s.say("warning: %s could not be written: %v", s.resultsPath(), err)
	s.say("  the ledger has every outcome; the next run writes the file anew")
}

// printSummary tells what a run did.
func (s *session) printSummary(o *observer, p sender.Progress, took time.Duration, cause error) {
	if s.run.json {
		s.printJSON(struct {
			Campaign string          `json:"campaign"`
			End      string          `json:"end"`
			Equation report.Equation `json:"source"`
			Balanced bool            `json:"balanced"`
			Partial  bool            `json:"partial"`       // the run was cut short before the source was read to its end
			Held     int             `json:"held,omitzero"` // of the pending rows
			Run      *report.Summary `json:"run"`
			Pace     figures         `json:"pace"`
			Seconds  float64         `json:"seconds"`
			Results  string          `json:"results"`
			Ledger   string          `json:"ledger"`
		}{s.title(), endReason(cause), p.Equation, p.Balanced(), p.Partial, p.Held, &o.summary, s.figuresOf(p, took), took.Seconds(), s.resultsPath(), s.ledgerPath()})
		return
	}
	if o.summary.Rows() > 0 {
		fmt.Fprintf(s.out, "\nthis run, %s:\n", report.Duration(took))
		_ = o.summary.WriteText(s.out)
		if answered(p) > 0 {
			fmt.Fprint(s.out, s.figuresOf(p, took))
		}
	}
	fmt.Fprintf(s.out, "\n%s\n", p.Equation)
	if p.Held > 0 {
		fmt.Fprintf(s.out, "%s\n", heldPending(p.Held))
	}
	if p.Partial {
		fmt.Fprintln(s.out, "the rest of the source was not counted: the run was cut short")
	} else if !p.Balanced() {
		fmt.Fprintln(s.out, "THE EQUATION DOES NOT BALANCE: rows are missing from one side. Please report this as a bug.")
	}
	fmt.Fprintf(s.out, "results  %s\n", s.resultsPath())
	if !s.anySender { // a rehearsal throws its ledger away
		fmt.Fprintf(s.out, "ledger   %s\n", s.ledgerPath())
	}
}

// nextAfter says why a run ended, unless it simply finished, and what to do. It
// returns the error with a mark that it was told.
func (s *session) nextAfter(m mode, p sender.Progress, cause error) error {
	again := "herald " + m.command + " " + shellQuote(s.campaign.File)
	if len(m.flags) > 0 {
		again += " " + shellQuote(m.flags...)
	}
	if s.run.noWait {
		again += " --no-wait"
	}
	if errors.Is(cause, errLeft) && p.Failed > 0 && p.Unknown > 0 && m.command != "rehearse" {
		s.say("%s unknown: herald settle %s --interactive", report.Number(p.Unknown), shellQuote(s.campaign.File)+s.files.told("herald settle"))
	}
	var h *sender.Halt
	left := errors.Is(cause, errLeft) || errors.Is(cause, errInterrupted)
	switch {
	case errors.As(cause, new(*ledger.WriteError)):
		s.sayError(cause)
		s.say("  the outcomes of up to %s may not be on record: the next run shows them as unknown", count(s.campaign.Workers, "message"))
		s.next(again)
		return &toldError{cause}
	case errors.As(cause, &h):
		why, hint := s.haltWords(h)
		s.say("herald: %s", why)
		s.say("  %s", hint)
		if p.Failed > 0 && m.command == "send" {
			s.say("  failed rows are sent again with: herald retry %s --only failed", shellQuote(s.campaign.File))
		}
		if h.Cause == sender.TooLate {
			again = "herald status " + shellQuote(s.campaign.File)
		}
		s.next(again)
	case errors.Is(cause, errInterrupted) && (p.Pending > 0 || p.Partial):
		s.say("interrupted: %s still to be sent", count(p.Pending, "row"))
		s.next(again)
	case m.command == "rehearse": // left no ledger to go on with
	case left && p.Failed > 0 && m.command == "retry":
		s.next("herald export " + shellQuote(s.campaign.File) + " --status failed --out failed" + s.sourceEnding())
	case left && p.Failed > 0:
		s.next("herald retry " + shellQuote(s.campaign.File) + " --only failed")
	case left && p.UnknownNow == 0 && p.Bad > 0:
		s.next("herald check " + shellQuote(s.campaign.File))
	case left && p.Unknown > 0:
		s.next("herald settle " + shellQuote(s.campaign.File) + " --interactive")
	case cause == nil && p.Pending > 0 && p.Pending == p.Held:
		s.nextForHeld(p.Held)
	case cause == nil && p.Pending > 0:
		s.next(again)
	case cause == nil || left:
		s.next("herald status " + shellQuote(s.campaign.File))
	default:
		s.sayError(cause)
		s.next(again)
		return &toldError{cause}
	}
	return cause
}

// sourceEnding is the ending of an export's name.
func (s *session) sourceEnding() string {
	if s.layout.json {
		return ".jsonl"
	}
	return ".csv"
}

// haltSentence says why herald stopped a run.
func haltSentence(h *sender.Halt) string {
	switch h.Cause {
	case sender.Hopeless:
		return fmt.Sprintf("stopped: every message would be refused like this one: %s", errorWords(h.Err))
	case sender.AllAlike:
		return fmt.Sprintf("stopped: the first %d answers all failed alike (%s)", h.Count, h.Code)
	case sender.TooManyFail:
		return fmt.Sprintf("stopped: %s, the last one with %s; the campaign's stop.failures allows no more", count(h.Count, "message")+" failed", h.Code)
	case sender.TooManyLost:
		return fmt.Sprintf("stopped: the outcome of %s is unknown (%s); the campaign's stop.unknown allows no more", count(h.Count, "message"), h.Code)
	case sender.WaitedTooLong:
		return "stopped: the API lets nothing through: " + waitWords(h.Err)
	case sender.NetworkGone:
		return fmt.Sprintf("stopped: nothing could be sent for %s: %v", report.Duration(h.After), errorWords(h.Err))
	case sender.AfterCanary:
		return fmt.Sprintf("stopped after the canary of %s", count(h.Count, "message"))
	}
	return h.Error()
}

func haltHint(h *sender.Halt) string {
	switch h.Cause {
	case sender.Hopeless:
		return hopelessAdvice(h.Err) + ". Nothing was lost: this row and all that follow are still to be sent"
	case sender.AfterCanary:
		return "look at them in Intercom, then go on with the others. Off a terminal nobody can be asked: add --go-on to go on if all of the canary is sent"
	case sender.NetworkGone, sender.WaitedTooLong:
		return "rows that were not reached are still to be sent; --max-outage and --max-wait say how long herald is patient"
	case sender.TooManyLost:
		return "unknown rows are not sent again by themselves. Find out what is wrong with the network or the API first"
	}
	return "find out why first (the results file has each answer); rows that were not reached are still to be sent"
}

// waitWords says how long the API would have to be waited for.
func waitWords(err error) string {
	var w *governor.WaitError
	if !errors.As(err, &w) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("it takes another %s until it does, and %s in all is the longest wait", report.Duration(w.Wait), report.Duration(w.Max))
}

// hopelessAdvice says what to mend before anything can be sent.
func hopelessAdvice(err error) string {
	var answer *intercom.Error
	switch {
	case !errors.As(err, &answer):
	case answer.Code == intercom.CodeAdminNotFound:
		return "set message.from to an admin of the workspace"
	case answer.Status == 401:
		return "use a valid access token"
	case answer.Status == 402 || answer.Status == 403:
		return "ask an admin of the workspace about its plan and about what the token may do"
	case answer.Status >= 300 && answer.Status < 400:
		return "check --region and --base-url"
	}
	return "mend the cause first"
}

// endWords says how and when a run ended, from what its record says.
func endWords(reason, at string) string {
	stopped := map[string]string{
		string(sender.Hopeless):      "every message would have been refused",
		string(sender.AllAlike):      "the first answers all failed alike",
		string(sender.TooManyFail):   "too many messages failed",
		string(sender.TooManyLost):   "too many outcomes were unknown",
		string(sender.NetworkGone):   "nothing could be sent any more",
		string(sender.WaitedTooLong): "the API let nothing through",
		string(sender.AfterCanary):   "only the canary was to be sent",

		string(sender.TooLate):      "it was too late for what was left",
		string(sender.TooEarly):     "the campaign had not started, and waiting was not wanted",
		string(sender.WindowClosed): "the send window was closed, and waiting was not wanted",
		string(sender.DayFull):      "the day's messages were sent, and waiting was not wanted",
	}
	if why, ok := stopped[reason]; ok {
		return "stopped at " + at + ": " + why
	}
	return reason + " at " + at
}
