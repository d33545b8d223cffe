package sender

import (
	"errors"
	"fmt"
	"io"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A Skimmer is a Source that passes over rows that need not be looked at: rows
// whose keys are Sent, as Keys knows without being asked. Where millions of rows
// were sent before, looking at each of them is most of what a run has to do until
// its first message. *source.Reader is one.
type Skimmer interface {
	Source
	// Skims reports whether it may pass over any row at all.
	Skims() bool
	// Passed returns how many rows Next has passed over so far. Those that it passed
	// over before a row stand before that row in the source.
	Passed() int
	// Differs reports whether the source turned out not to be what is known. Then
	// Next passes over no more rows. Which of the keys that Keys knows had their rows
	// passed over can't be told any more but by reading those rows again.
	Differs() bool
}

// A reading is one step of a pass over a source. What its parts say is dealt with
// in their order.
type reading struct {
	passed  int  // rows were passed over
	differs bool // nothing is passed over from here on
	again   bool // row stands before here, and is read again because of that
	row     *source.Recipient
	err     error
}

// A steps yields the readings of a pass.
type steps struct {
	rows Source
	skim Skimmer // the same; nil if it passes over nothing
	open func() (Source, error)

	passed  int
	differs bool
	again   Source  // the rows before that of held, once more; nil: they need not be read
	held    reading // what follows then
}

// next returns the next reading.
func (s *steps) next() reading {
	if s.again != nil {
		return s.nextAgain()
	}
	row, err := s.rows.Next()
	r := reading{row: row, err: err}
	if s.skim == nil {
		return r
	}
	r.passed = s.skim.Passed() - s.passed
	s.passed += r.passed
	if s.differs || !s.skim.Differs() {
		return r
	}
	s.differs = true
	return s.turn(r)
}

// turn returns the reading that comes before one at which the source differs. If
// rows were passed over, all that stand before are read again, so that Keys sees
// theirs: a row that follows may have one of those keys once more.
func (s *steps) turn(r reading) reading {
	if r.err != nil && !isBad(r.err) || s.passed == 0 { // nothing follows, or nothing came before
		r.differs = true
		return r
	}
	again, err := s.open()
	if err != nil {
		return reading{passed: r.passed, differs: true, err: fmt.Errorf("read it again: %w", err)}
	}
	s.again, s.held = again, reading{row: r.row, err: r.err}
	return reading{passed: r.passed, differs: true, again: true}
}

// nextAgain returns the next row that stands before the one that is held back.
func (s *steps) nextAgain() reading {
	for {
		row, err := s.again.Next()
		if err == nil && row.Line < lineOf(s.held) {
			return reading{row: row, again: true}
		}
		if isBad(err) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return reading{err: err}
		}
		s.again.Close()
		s.again = nil
		return s.held
	}
}

// close closes what is open.
func (s *steps) close() {
	if s.again != nil {
		s.again.Close()
	}
	s.rows.Close()
}

// lineOf returns the line of a row or of one that can't be read.
func lineOf(r reading) int {
	if r.row != nil {
		return r.row.Line
	}
	bad, _ := badRow(r.err)
	return bad.Line
}
