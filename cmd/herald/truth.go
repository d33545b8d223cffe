package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// base is how the names of the files of this run begin.
func (s *session) base() string {
	if s.inSandbox() {
		return s.home() + ".sandbox"
	}
	return s.home()
}

func (s *session) ledgerPath() string  { return cmp.Or(s.files.ledger, s.base()+".ledger") }
func (s *session) resultsPath() string { return cmp.Or(s.files.results, s.base()+".results.csv") }

// openLedger opens the ledger if there is one. A new one is only made when the
// first message is about to be sent.
func (s *session) openLedger() error {
	if info, err := os.Stat(s.ledgerPath()); err == nil {
		s.ledgerWritten = info.ModTime()
	}
	l, err := ledger.Open(s.ledgerPath(), ledger.Options{AllowNetwork: s.run.networkLedger})
	if errors.Is(err, ledger.ErrMissing) || errors.Is(err, fs.ErrNotExist) {
		s.book = ledger.NewBook()
		if s.run.mustResume {
			return &refusal{code: exitCant, what: "there is no ledger " + s.ledgerPath() + " to resume",
				hint: "check the campaign's name and folder, or run without --must-resume to begin"}
		}
		if err := s.rightEdition(); err != nil {
			return err
		}
		if err := probeFolder(filepath.Dir(s.ledgerPath())); err != nil {
			return err
		}
		return s.orphanedResults()
	}
	if err != nil {
		return s.ledgerError(err)
	}
	s.ledger, s.book = l, l
	if !s.seeded {
		s.seed()
	}
	return s.isOurs()
}

// lastSeconds is when, at the latest, the requests of the last seconds arrived,
// by what a ledger tells of them: they still count, since a restart is no fresh
// window. A request may arrive a good while after its claim.
func lastSeconds(claims, runs []time.Time) []time.Time {
	now := time.Now()
	var times []time.Time
	for _, t := range claims {
		if t = t.Add(governor.Window); t.After(now) {
			t = now
		}
		times = append(times, t)
	}
	for range runs {
		times = append(times, now, now) // what it looked up before it began
	}
	return times
}

// remembered is how long ago what left still counts, or may.
func remembered() time.Time { return time.Now().Add(-2 * governor.Window) }

// seed tells the governor of what left in the last seconds, by the ledger.
func (s *session) seed() {
	var runs []time.Time
	for _, r := range s.ledger.Runs() {
		if r.Started.After(remembered()) {
			runs = append(runs, r.Started)
		}
	}
	s.governor.Seed(lastSeconds(s.ledger.RecentClaims(remembered()), runs))
}

// seedEarly tells the governor of what left in the last seconds before anything
// is looked up. Which of the two ledgers is the one is not known yet, and both
// count: they have the same limit if they have the same API.
func (s *session) seedEarly() {
	paths := []string{s.files.ledger}
	if s.files.ledger == "" {
		paths = []string{s.home() + ".ledger", s.home() + ".sandbox.ledger"}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) > 2*governor.Window {
			continue // nothing left from there lately
		}
		if claims, runs, err := ledger.Lately(path, nil, remembered()); err == nil { // what is wrong with it is told when it is opened
			s.governor.Seed(lastSeconds(claims, runs))
			s.seeded = true
		}
	}
}

// isOurs refuses the ledger of another campaign, or of another content.
func (s *session) isOurs() error {
	if name := s.ledger.Header().Campaign; name != s.title() {
		return &refusal{code: exitUsage,
			what: fmt.Sprintf("%s belongs to the campaign %q, this one is %q", s.ledgerPath(), name, s.title()),
			hint: "choose the right file with --ledger, or give this campaign a name of its own"}
	}
	return s.compareFingerprint(s.ledger.Runs())
}

// orphanedResults refuses to begin where a results file says that somebody was
// written to, and there is no ledger to know whom. It is adopted on request. A
// ledger that was named is meant to be a new one.
func (s *session) orphanedResults() error {
	if s.files.ledger != "" && !s.run.adoptResults {
		return nil
	}
	n, err := s.adoptable()
	switch {
	case s.run.adoptResults && err != nil:
		return &refusal{code: exitCant, what: fmt.Sprintf("the results can't be adopted: %v", err), hint: "correct that first: who is in there may have been written to"}
	case s.run.adoptResults && n == 0:
		return &refusal{code: exitUsage, what: "there is nothing to adopt in " + s.resultsPath(), hint: "name the results file with --results; nothing was sent"}
	case errors.As(err, new(*report.FileError)):
		return &refusal{code: exitUsage, what: fmt.Sprintf("there is no ledger %s, and what is in %s can't be read: %v", s.ledgerPath(), s.resultsPath(), err),
			hint: "if these are results, somebody was written to: restore the ledger. If not, move the file away, or name another with --results"}
	case n == 0:
		return nil
	case !s.run.adoptResults:
		return &refusal{code: exitUsage,
			what: fmt.Sprintf("%s says that %s had an outcome, and there is no ledger %s", s.resultsPath(), count(n, "row"), s.ledgerPath()),
			hint: "restore the ledger. Or build a new one from the results with --adopt-results: whoever is missing there, because rows were deleted or never written, will be written to again. Or move the results file away, to begin anew"}
	}
	return s.adopt()
}

// adoptable counts the outcomes in the results file.
func (s *session) adoptable() (n int, first error) {
	if info, err := os.Stat(s.resultsPath()); err != nil || info.Size() == 0 {
		return 0, nil
	}
	for row, err := range report.ReadResults(s.resultsPath()) {
		if err != nil && first == nil {
			first = err
		}
		if _, settled := outcomeOf(row); err == nil && settled {
			n++
		}
	}
	return n, first
}

// adopt builds a ledger from the results file, and opens it.
func (s *session) adopt() error {
	entries := func(yield func(ledger.Entry, error) bool) {
		for row, err := range report.ReadResults(s.resultsPath()) {
			e, settled := outcomeOf(row)
			if (settled || err != nil) && !yield(e, err) {
				return
			}
		}
	}
	n, err := ledger.Adopt(s.ledgerPath(), ledger.Header{Campaign: s.title()}, entries, ledger.Options{AllowNetwork: s.run.networkLedger})
	if err != nil {
		return err
	}
	s.say("adopted %s from %s; whoever is missing there counts as not yet written to", count(n, "recipient"), s.resultsPath())
	return s.openLedger()
}

// outcomeOf is the outcome that a row of a results file tells of; skips of
// herald's own are none.
func outcomeOf(row report.Row) (ledger.Entry, bool) {
	status, ok := map[string]ledger.Status{
		report.Sent: ledger.Sent, report.Failed: ledger.Failed, report.Unknown: ledger.Unknown, report.Skipped: ledger.Skipped,
	}[row.Status]
	own := row.Status == report.Skipped && row.Code != sender.Unsubscribed || row.Status == report.Failed && row.Code == sender.Panic
	return ledger.Entry{
		Claim: ledger.Claim{Key: row.Key, Line: row.Line, Time: row.FinishedAt},
		Outcome: ledger.Outcome{Status: status, Code: row.Code, MessageID: row.MessageID, MessageType: row.MessageType,
			Variant: row.Variant, ConversationID: row.ConversationID, CreatedAt: row.CreatedAt, HTTPStatus: row.HTTPStatus,
			ErrorField: row.ErrorField, ErrorMessage: row.ErrorMessage, RequestID: row.RequestID, Attempts: row.Attempts,
			Duration: time.Duration(row.DurationMS) * time.Millisecond, FinishedAt: row.FinishedAt},
	}, ok && !own && row.Key != ""
}

// probeFolder finds out whether a ledger can be made, before every row is
// checked and somebody is asked.
func probeFolder(dir string) error {
	f, err := os.CreateTemp(dir, ".herald-probe-*")
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return &fs.PathError{Op: "write to the folder", Path: dir, Err: err}
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// createLedger makes the ledger if there is none.
func (s *session) createLedger() (err error) {
	if s.ledger != nil {
		return nil
	}
	s.ledger, err = ledger.Open(s.ledgerPath(), ledger.Options{
		Create: &ledger.Header{Campaign: s.title()}, AllowNetwork: s.run.networkLedger})
	if err != nil {
		return err
	}
	s.book = s.ledger
	if !s.ledger.Created() { // somebody else has begun meanwhile
		s.seed()
		if err := s.isOurs(); err != nil {
			return err
		}
		return s.openGate()
	}
	return nil
}
