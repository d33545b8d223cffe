package ledger

import (
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
)

// An Event is one thing that a ledger has on record of a key: a claim with what
// became of it, or what a person did. Exactly one of the pointers is set; none
// is for a claim that has neither outcome nor release.
type Event struct {
	// Run is the number of the run it belongs to, from 1: Runs()[Run-1]. 0: it
	// came before any run, as in a ledger that was adopted.
	Run      int
	Claim    Claim // zero for what a person did
	Outcome  *Outcome
	Release  *Release
	ByHand   *HandSettled
	Replaced *Replacement
}

// Key returns the key that the event is of; for a replacement the old one.
func (e Event) Key() string {
	switch {
	case e.ByHand != nil:
		return e.ByHand.Key
	case e.Replaced != nil:
		return e.Replaced.Key
	}
	return e.Claim.Key
}

// Events yields what the ledger has on record of the keys that are wanted, in
// the order in which it happened, claims at the place of their outcome or
// release and those that have neither at the end. want is asked with the key and
// line of each claim, and with line 0 for what people did; a replacement is
// wanted if either of its keys is. What was forgotten is left out. It holds no
// more in memory than the open claims that are wanted. After an error it ends.
func (b *Book) Events(want func(key string, line int) bool) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := b.events(&history{want: want, open: make(map[uint64]Event)}, yield)
		if damage := (*DamageError)(nil); errors.As(err, &damage) {
			damage.Path = b.path
		}
		if err != nil {
			yield(Event{}, err)
		}
	}
}

func (b *Book) events(h *history, yield func(Event, error) bool) error {
	f, err := b.fs.OpenRead(b.path)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	for frames := newScanner(f, size, 0); ; {
		payload, err := frames.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			h.end(yield)
			return nil
		}
		if err != nil {
			return err
		}
		for len(payload) > 0 {
			k, body, rest, err := nextRecord(payload)
			if err != nil {
				return err
			}
			e, ok, err := h.record(k, body)
			if err != nil {
				return err
			}
			if ok && !yield(e, nil) {
				return nil
			}
			payload = rest
		}
	}
}

// A history picks the records of some keys.
type history struct {
	want func(key string, line int) bool
	run  int
	open map[uint64]Event // claims that are wanted, by number
}

// record returns the event that a record completes, if it does.
func (h *history) record(k kind, body []byte) (Event, bool, error) {
	switch k {
	case kindRun:
		h.run++
	case kindClaim, kindContactClaim:
		c, err := readClaim(k, body)
		if err == nil && h.want(c.Key, c.Line) {
			h.open[c.Number] = Event{Run: h.run, Claim: c}
		}
		return Event{}, false, err
	case kindRelease:
		r, err := readRelease(body)
		e, ok := h.take(r.Claim)
		e.Release = &r
		return e, ok, err
	case kindOutcome:
		return h.outcome(body)
	case kindHand:
		s, err := readHandSettled(body)
		return Event{Run: h.run, ByHand: &s}, err == nil && h.want(s.Key, 0), err
	case kindReplaced:
		r, err := readReplaced(body)
		return Event{Run: h.run, Replaced: &r}, err == nil && (h.want(r.Key, 0) || h.want(r.By, 0)), err
	}
	return Event{}, false, nil
}

// outcome reads no more of an outcome than its number, unless it is wanted.
func (h *history) outcome(body []byte) (Event, bool, error) {
	c := cursor{b: body}
	e, ok := h.take(c.uvarint())
	if !ok {
		return Event{}, false, nil
	}
	_, o, err := readOutcome(body)
	e.Outcome = &o
	return e, err == nil, err
}

func (h *history) take(number uint64) (Event, bool) {
	e, ok := h.open[number]
	delete(h.open, number)
	return e, ok
}

func (h *history) end(yield func(Event, error) bool) {
	for _, number := range slices.Sorted(maps.Keys(h.open)) {
		if !yield(h.open[number], nil) {
			return
		}
	}
}
