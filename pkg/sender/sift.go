package sender

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Codes of skipped rows: herald's own decisions.
const (
	BadRow    = "bad_row"   // can't be read, or not be rendered
	Duplicate = "duplicate" // an earlier row of the source has the same key

	// SameContact: another row's key leads to the same contact.
	SameContact = "same_contact"
)

// A job is a row on its way through a worker.
type job struct {
	row   *source.Recipient
	key   string
	state ledger.State   // when the sift saw it
	again bool           // counted already, by the first pass
	zone  *time.Location // whose clocks its window goes by; nil: the campaign's

	replaces string // the former key whose place this one takes; empty for none
	variant  string // on record, then that of the message; empty for none

	settled bool // by its worker: it was POSTed, and has an outcome

	next *job // handed over with this one; nil if none is
}

// A sift decides for each row of a pass whether it goes to the workers. It
// belongs to one goroutine.
type sift struct {
	engine *Engine
	pick   func(ledger.State) bool
	limit  int  // rows that the run may take; 0: any number
	canary int  // rows after which somebody is asked; 0: never
	first  bool // the pass that counts rows
	made   int

	together    bool // the jobs of a batch of rows are handed over at once, to one worker
	chain, last *job // that wait for that
}

// run takes rows to the end and sends those that are picked to jobs. When the
// run stops it goes on, only to count what is left.
func (s *sift) run(batches <-chan []reading, spare chan<- []reading, jobs chan<- *job) error {
	for batch := range batches {
		over, err := s.takeAll(batch, jobs)
		s.handOver(jobs)
		if over || err != nil {
			return err
		}
		spare <- batch
	}
	return nil
}

// takeAll deals with a batch, and reports whether it was the last that counts.
func (s *sift) takeAll(batch []reading, jobs chan<- *job) (over bool, err error) {
	for _, r := range batch {
		if over, err = s.take(r, jobs); over || err != nil {
			break
		}
	}
	return over, err
}

// add gives the workers a job, or keeps it for those that follow.
func (s *sift) add(j *job, jobs chan<- *job) {
	s.engine.inHand.Add(1)
	switch {
	case !s.together:
		jobs <- j
		return
	case s.chain == nil:
		s.chain = j
	default:
		s.last.next = j
	}
	s.last = j
}

// handOver gives a worker what was kept.
func (s *sift) handOver(jobs chan<- *job) {
	if s.chain != nil {
		jobs <- s.chain
		s.chain, s.last = nil, nil
	}
}

// take deals with one reading, and reports whether it was the last that counts.
func (s *sift) take(r reading, jobs chan<- *job) (over bool, err error) {
	s.passed(r.passed)
	if r.differs {
		s.engine.cfg.Keys.PassOver(false)
		s.engine.differs = true
	}
	if errors.Is(r.err, io.EOF) {
		return true, nil
	}
	if r.again && !s.abandoned() {
		s.seeAgain(r.row)
		return false, nil
	}
	if bad, ok := badRow(r.err); ok {
		s.bad(bad.Line, r.err, bad.Reason)
		return false, nil
	}
	if r.err != nil {
		s.engine.tally.partial.Store(s.first)
		return true, fmt.Errorf("read source: %w", r.err)
	}
	if s.abandoned() {
		s.engine.tally.partial.Store(s.first)
		return true, nil
	}
	if j := s.row(r.row); j != nil {
		s.add(j, jobs)
		if err := s.afterCanary(); err != nil {
			s.engine.halt(err) // and go on, to count what is left
		}
	}
	return false, nil
}

// abandoned reports whether nobody wants to know any more what is left.
func (s *sift) abandoned() bool {
	return s.engine.cut.Err() != nil || !s.first && s.engine.stop.Err() != nil
}

// passed counts rows that were passed over.
func (s *sift) passed(n int) {
	if n > 0 && s.first {
		s.engine.tally.rows.Add(int64(n))
		s.engine.tally.add(ledger.Sent, int64(n))
	}
}

// seeAgain marks the key of a row as seen that may have been passed over.
func (s *sift) seeAgain(row *source.Recipient) {
	if row == nil {
		return
	}
	if key, err := s.engine.cfg.Key(row); err == nil {
		s.engine.cfg.Keys.Visit(key)
	}
}

// afterCanary asks whether the run goes on, once the canary's last row is made:
// when all of them have what came of them.
func (s *sift) afterCanary() error {
	if s.canary == 0 || s.made != s.canary {
		return nil
	}
	s.engine.inHand.Wait()
	if s.engine.stop.Err() != nil {
		return nil
	}
	return s.engine.cfg.GoOn(s.engine.stop)
}

// row counts a row and returns its job, nil if it is not to be sent.
func (s *sift) row(row *source.Recipient) *job {
	key, err := s.engine.cfg.Key(row)
	if err != nil {
		s.bad(row.Line, err, err.Error())
		return nil
	}
	state := s.engine.cfg.Keys.Visit(key)
	if state.Seen {
		s.skip(report.Row{Key: key, Line: row.Line, Code: Duplicate,
			ErrorMessage: "an earlier row has the same key"})
		return nil
	}
	picked := s.pick(state)
	if picked || state.Status == ledger.Pending {
		if code, reason := s.engine.cfg.Skip(row, key, state); code != "" {
			s.skip(report.Row{Key: key, Line: row.Line, Code: code, ErrorMessage: reason})
			return nil
		}
	}
	if s.first {
		s.engine.tally.rows.Add(1)
	}
	replaces, had := s.replaces(row, key, state)
	picked = replaces != "" || picked && !s.holds(row, state)
	if s.takes(picked, state) {
		j := &job{row: row, key: key, state: state, again: !s.first, replaces: replaces, variant: had}
		if s.first || s.engine.later(j) {
			return j
		}
	}
	if s.first {
		s.engine.tally.add(state.Status, 1)
	}
	return nil
}

// takes reports whether a row that was picked is to be sent in this pass. What
// this run has taken before counts, so that the limit ends every pass at the
// same row.
func (s *sift) takes(picked bool, state ledger.State) bool {
	if picked || !s.first && state.ThisRun {
		s.made++
	}
	return picked && (s.limit == 0 || s.made <= s.limit) && s.engine.stop.Err() == nil
}

// holds reports whether a row that was picked is left as it is after all.
func (s *sift) holds(row *source.Recipient, picked ledger.State) bool {
	if s.engine.cfg.Hold(row, picked) {
		return true
	}
	held := s.engine.cfg.HoldBack(row, picked)
	if held && s.first {
		s.engine.tally.held.Add(1)
	}
	return held
}

// replaces returns the former key of a row that was corrected and would not be
// picked for its new one alone, if the former one would; and the variant that is
// on record of the key that counts.
func (s *sift) replaces(row *source.Recipient, key string, state ledger.State) (former, variant string) {
	former = s.engine.cfg.Former(row)
	if former == "" || former == key || state.Status != ledger.Pending {
		return "", state.Variant
	}
	// Seen: another row of this source is or replaces the former key already.
	was := s.engine.cfg.Keys.Visit(former)
	if was.Seen || was.Status != ledger.Failed || !s.pick(was) {
		return "", state.Variant
	}
	return former, was.Variant
}

// bad skips a row that can't be read or has no key.
func (s *sift) bad(line int, err error, reason string) {
	if s.first {
		s.engine.tally.bad.Add(1)
		s.engine.cfg.Bad(line, err)
	}
	s.skip(report.Row{Line: line, Code: BadRow, ErrorMessage: reason})
}

// skip counts and reports a row that herald itself decides not to send.
func (s *sift) skip(r report.Row) {
	if !s.first {
		return
	}
	s.engine.tally.rows.Add(1)
	s.engine.tally.add(ledger.Skipped, 1)
	r.Status, r.FinishedAt = report.Skipped, time.Now()
	s.engine.cfg.Observe(r, ledger.State{})
}
