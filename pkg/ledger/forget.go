package ledger

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// A Receipt says what [Forget] removed, or would remove.
type Receipt struct {
	Path     string    `json:"path"`
	Time     time.Time `json:"time"`
	DryRun   bool      `json:"dry_run"`
	Keys     int       `json:"keys"`     // of those asked for, how many the ledger had records of
	Claims   int       `json:"claims"`   // records of claims that lost key and line
	Outcomes int       `json:"outcomes"` // records of outcomes that lost ids and texts
	ByHand   int       `json:"by_hand"`  // records of what people did to the key: all but kind and time is gone
}

// Forget removes what the ledger at path has of these keys. Claims and outcomes
// keep their numbers, times, statuses and codes; keys, lines, ids, texts and
// what people did to the keys are gone, and so is what is known of the lines of
// the source. A hash of each key stays, also of those that the ledger did not
// have, and each is Forgotten: never claimed again. The same goes for the contacts
// that their claims carry, under whatever key.
//
// The ledger is written anew under another name and takes its name when it is
// whole and durable: a crash leaves the old or the new one. A dry run changes
// nothing and takes no lock. Errors as of [Open]; ledgers are not created.
func Forget(path string, keys []string, dryRun bool, o Options) (Receipt, error) {
	if o.FS == nil {
		o.FS = Disk
	}
	if dryRun {
		return forgetNothing(path, keys, o.FS)
	}
	o.Create = nil
	l, err := Open(path, o)
	if err != nil {
		return Receipt{}, err
	}
	defer l.file.Close()
	if err := l.log.close(); err != nil {
		return Receipt{}, err
	}
	a, err := newAside(path, o)
	if err != nil {
		return Receipt{}, err
	}
	e := newEraser(path, l.fold.index, keys)
	if err := e.rewrite(l.file, l.log.at, a); err != nil {
		a.discard()
		return Receipt{}, err
	}
	return e.receipt, a.file.Close()
}

// forgetNothing counts what Forget would remove.
func forgetNothing(path string, keys []string, fsys FS) (Receipt, error) {
	f, err := openRead(path, fsys)
	if err != nil {
		return Receipt{}, err
	}
	defer f.Close()
	front, err := readFront(f, path)
	if err != nil {
		return Receipt{}, err
	}
	s, err := scan(f, path, front)
	if err != nil {
		return Receipt{}, err
	}
	e := newEraser(path, s.index, keys)
	e.receipt.DryRun = true
	err = e.frames(f, s.end, func(kind, []byte) error { return nil })
	return e.receipt, err
}

// An eraser removes the data of some keys from records.
type eraser struct {
	receipt  Receipt
	index    *Index
	keys     []string
	forget   map[Hash]bool     // true once the ledger is known to have records of it
	contacts map[Hash]struct{} // of claims of those keys
	open     map[uint64]struct{}
}

func newEraser(path string, x *Index, keys []string) *eraser {
	e := &eraser{receipt: Receipt{Path: path, Time: time.Now().UTC()}, index: x, keys: keys,
		forget: make(map[Hash]bool), contacts: make(map[Hash]struct{}), open: make(map[uint64]struct{})}
	for _, key := range keys {
		e.forget[x.Hash(key)] = false
	}
	return e
}

// rewrite writes the ledger that f is, up to end, without the data.
func (e *eraser) rewrite(f File, end int64, a *aside) error {
	failed := func(err error) error {
		if err != nil {
			return &WriteError{Path: e.receipt.Path, Err: err}
		}
		return nil
	}
	if err := a.begin(); err != nil {
		return failed(err)
	}
	err := e.frames(f, end, func(k kind, body []byte) error {
		return failed(a.add(func(b []byte) []byte {
			return appendRecord(b, k, func(b []byte) []byte { return append(b, body...) })
		}))
	})
	if err != nil {
		return err
	}
	for h := range e.forget {
		if err := e.block(a, kindForgotten, h); err != nil {
			return failed(err)
		}
	}
	for c := range e.contacts {
		if err := e.block(a, kindContactForgotten, c); err != nil {
			return failed(err)
		}
	}
	return failed(a.finish())
}

// block adds the hash of a key or contact that is never written to.
func (e *eraser) block(a *aside, k kind, h Hash) error {
	f := Forgetting{Hash: h, Time: e.receipt.Time}
	return a.add(func(b []byte) []byte { return appendForgotten(b, k, &f) })
}

// frames calls write with every record, those of the keys without their data.
func (e *eraser) frames(f File, end int64, write func(kind, []byte) error) error {
	s := newScanner(f, end, 0)
	for {
		payload, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.explain(e.receipt.Path, err)
		}
		for len(payload) > 0 {
			k, body, rest, err := nextRecord(payload)
			if k == kindBlock && err == nil { // a sum of text that has the data
				payload = rest
				continue
			}
			if err == nil {
				k, body, err = e.record(k, body)
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", e.receipt.Path, err)
			}
			if err := write(k, body); err != nil {
				return err
			}
			payload = rest
		}
	}
}

// record returns what is to be written for a record.
func (e *eraser) record(k kind, body []byte) (kind, []byte, error) {
	switch k {
	case kindClaim, kindContactClaim:
		return e.claim(k, body)
	case kindRelease:
		r, err := readRelease(body)
		delete(e.open, r.Claim)
		return k, body, err
	case kindOutcome:
		return e.outcome(body)
	case kindHand:
		s, err := readHandSettled(body)
		if err != nil || !e.matches(s.Key) {
			return k, body, err
		}
		return e.erased(k, s.Time)
	case kindReplaced:
		r, err := readReplaced(body)
		switch {
		case err != nil:
		case e.matches(r.Key):
			return e.erased(k, r.Time)
		case e.matches(r.By):
			e.receipt.ByHand++
			r.By = ""
			body = bodyOf(appendReplaced(nil, &r))
		}
		return k, body, err
	}
	return k, body, nil
}

// matches reports whether a key is to be forgotten.
func (e *eraser) matches(key string) bool {
	h := e.index.Hash(key)
	seen, ok := e.forget[h]
	if ok && !seen {
		e.forget[h] = true
		e.receipt.Keys++
	}
	return ok
}

func (e *eraser) erased(k kind, at time.Time) (kind, []byte, error) {
	e.receipt.ByHand++
	return kindErased, bodyOf(appendErased(nil, k, at)), nil
}

func (e *eraser) claim(k kind, body []byte) (kind, []byte, error) {
	c, err := readClaim(k, body)
	if err != nil || !e.matches(c.Key) {
		return k, body, err
	}
	if c.Contact != "" {
		e.contacts[e.index.contact(c.Contact)] = struct{}{}
	}
	e.receipt.Claims++
	e.open[c.Number] = struct{}{}
	return kindAnonymous, bodyOf(appendAnonymous(nil, &c, e.index.Hash(c.Key))), nil
}

func (e *eraser) outcome(body []byte) (kind, []byte, error) {
	n, o, err := readOutcome(body)
	if _, ok := e.open[n]; err != nil || !ok {
		return kindOutcome, body, err
	}
	delete(e.open, n)
	e.receipt.Outcomes++
	o = Outcome{Status: o.Status, Code: o.Code, HTTPStatus: o.HTTPStatus, Attempts: o.Attempts,
		Duration: o.Duration, FinishedAt: o.FinishedAt}
	return kindOutcome, bodyOf(appendOutcome(nil, n, &o)), nil
}

// bodyOf returns the body of a record.
func bodyOf(record []byte) []byte { return record[recordHead:] }
