package ledger

import (
	"errors"
	"fmt"
	"iter"
)

// Adopt makes a ledger at path from outcomes alone, as a results file has them,
// and returns how many keys it has. It refuses with ErrExists if there is one.
//
// What the outcomes don't say is lost: a key that was claimed and has no
// outcome among them counts as pending. Their order is not trusted, since
// people sort such files: if a key has several, Sent counts more than Unknown,
// and that more than Skipped, Replaced and Failed. Pending ones change nothing.
// Errors of entries are returned as they are, and then nothing is made.
func Adopt(path string, h Header, entries iter.Seq2[Entry, error], o Options) (int, error) {
	if o.FS == nil {
		o.FS = Disk
	}
	b := adopter{index: NewIndex(nil)}
	f, err := build(path, o, h, func(a *aside) error {
		for e, err := range entries {
			if err == nil && (e.Key == "" || e.Status.rank() == 0 && e.Status != Pending) {
				err = fmt.Errorf("adopt %q: no key has the status %s without a claim", e.Key, e.Status)
			}
			if err != nil {
				return &sourceError{err}
			}
			if err := b.add(a, &e); err != nil {
				return err
			}
		}
		return nil
	})
	if source := (*sourceError)(nil); errors.As(err, &source) {
		return 0, source.err
	}
	if err != nil {
		return 0, err
	}
	return b.index.Len(), f.Close()
}

// rank orders statuses by how much must happen before a key with it is sent to
// again; 0 is a status that can't be adopted.
func (s Status) rank() int {
	return map[Status]int{Sent: 5, Unknown: 4, Skipped: 3, Replaced: 2, Failed: 1}[s]
}

// An adopter writes outcomes as if they had just happened.
type adopter struct {
	index *Index
	last  uint64
}

func (b *adopter) add(a *aside, e *Entry) error {
	weaker := false
	if e.Status == Pending {
		return nil
	}
	b.index.update(b.index.Hash(e.Key), func(now bits) bits {
		if weaker = now.status().rank() > e.Status.rank(); weaker {
			return now
		}
		return now.settle(e.Status, 0, false)
	})
	if weaker {
		return nil
	}
	b.last++
	c, o := Claim{Number: b.last, Key: e.Key, Line: e.Line, Time: e.FinishedAt}, e.Outcome
	if e.Status == Replaced {
		o = Outcome{Status: Failed, Code: e.Code, FinishedAt: e.FinishedAt}
	}
	return a.add(func(buf []byte) []byte {
		buf = appendOutcome(appendClaim(buf, &c), c.Number, &o)
		if e.Status == Replaced {
			buf = appendReplaced(buf, &Replacement{Key: e.Key, Time: e.FinishedAt})
		}
		return buf
	})
}
