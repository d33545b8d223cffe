package ledger

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
)

// An Entry is an outcome together with the claim it settles. There are two
// that no claim led to, both with the code ByHand and the number and line of
// the key's last outcome: Sent or Pending after [Ledger.SettleByHand], and
// Replaced after [Ledger.Replace]. Their error message says who and why, or by
// which key.
type Entry struct {
	Claim
	Outcome
}

// Entries yields the outcomes in the order in which they were recorded, read
// from the file: a key that was sent again has several, the last one counts.
// Outcomes of forgotten keys are left out. It holds no more in memory than the
// open claims and what was settled by hand. After an error it ends.
func (b *Book) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := b.entries(yield)
		if damage := (*DamageError)(nil); errors.As(err, &damage) {
			damage.Path = b.path
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

func (b *Book) entries(yield func(Entry, error) bool) error {
	f, err := b.fs.OpenRead(b.path)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	frames, join := newScanner(f, size, 0), b.newJoin()
	for {
		payload, err := frames.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
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
			e, ok, err := join.record(k, body)
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

// A join brings claims and their outcomes together.
type join struct {
	index  *Index
	open   map[uint64]Claim
	byHand map[Hash]Claim // of each key that has more to come than outcomes: its last claim
}

func (b *Book) newJoin() *join {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := &join{index: b.fold.index, open: make(map[uint64]Claim), byHand: make(map[Hash]Claim)}
	for h := range maps.Keys(b.fold.byHand) {
		j.byHand[h] = Claim{}
	}
	return j
}

// record returns the entry that a record completes, if it does.
func (j *join) record(k kind, body []byte) (e Entry, ok bool, err error) {
	switch k {
	case kindClaim, kindContactClaim:
		c, err := readClaim(k, body)
		j.open[c.Number] = c
		return Entry{}, false, err
	case kindRelease:
		r, err := readRelease(body)
		delete(j.open, r.Claim)
		return Entry{}, false, err
	case kindOutcome:
		n, o, err := readOutcome(body)
		e := Entry{Claim: j.open[n], Outcome: o}
		delete(j.open, n)
		j.remember(e.Claim)
		return e, err == nil && e.Number != 0, err // 0: forgotten
	case kindHand:
		s, err := readHandSettled(body)
		return Entry{j.last(s.Key), s.outcome()}, err == nil, err
	case kindReplaced:
		r, err := readReplaced(body)
		return Entry{j.last(r.Key), r.outcome()}, err == nil, err
	}
	return Entry{}, false, nil
}

// remember keeps the claim of a key that a person did something to.
func (j *join) remember(c Claim) {
	if len(j.byHand) == 0 {
		return
	}
	h := j.index.Hash(c.Key)
	if _, ok := j.byHand[h]; ok {
		j.byHand[h] = c
	}
}

func (j *join) last(key string) Claim {
	c := j.byHand[j.index.Hash(key)]
	c.Key = key
	return c
}

func (s *HandSettled) outcome() Outcome {
	what := "not sent"
	if s.As == Sent {
		what = "sent"
	}
	return Outcome{Status: s.As, Code: ByHand, FinishedAt: s.Time,
		ErrorMessage: fmt.Sprintf("settled as %s by %s: %s", what, s.Who, s.Why)}
}

func (r *Replacement) outcome() Outcome {
	return Outcome{Status: Replaced, Code: ByHand, FinishedAt: r.Time, ErrorMessage: "replaced by " + r.By}
}
