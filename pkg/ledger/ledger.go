// Package ledger is the truth of a campaign: an append-only log of claims,
// releases and outcomes that survives kill -9 and power loss.
//
// Before a key is POSTed it is claimed, and the claim is durable before
// [Ledger.Claim] returns. A claim ends in one of two ways: it is released,
// because its POST certainly did not happen, or it is settled with an outcome.
// Whoever opens a ledger finds the claims that did neither, because the
// process died in between: nobody can tell whether those messages were sent,
// so opening settles them as unknown. A key is never claimed against a status
// other than the one its caller last saw.
//
//	l, err := ledger.Open("spring.ledger", ledger.Options{Create: &ledger.Header{Campaign: "spring"}})
//	...
//	claim, err := l.Claim("6329f3…", 17, ledger.Pending) // durable
//	...                                                   // POST exactly once
//	err = l.Settle(claim, ledger.Outcome{Status: ledger.Sent, MessageID: "19"})
//
// Claims that are waiting while an fsync runs share the next one (group
// commit), so 64 workers pay for a few fsyncs and not for 64. Outcomes and
// releases ride with the next claim, or are committed after 50 ms. A worker
// settles before it claims again, so there are never more open claims in the
// file than there are workers. While a ledger is open there is room behind the
// log, up to 1 MiB of zeros that the next frames are written over: an fsync of a
// file that does not grow takes half of the time.
//
// # What survives
//
// All access goes through the small file-system interface [FS]. If a write or
// an fsync fails, the ledger is dead: every later call returns a [WriteError],
// and opening it again rewrites what may not have reached the disk before it
// trusts it.
//
// After a kill, however hard, nothing that was durable can be missing unnoticed:
// the file says how long it was, and a file that was cut or changed is refused
// with a [DamageError]. A power loss may tear the frame that was being written,
// which nobody was told was durable; opening cuts it off. The one thing that
// can't be told apart is a power loss after which something else, before the
// ledger is opened again, cuts or changes exactly the last frame: that looks
// like a torn one, or like none if it is all zeros, and its claims count as not
// made. To know better, each fsync would need a second one that says that the
// first succeeded.
//
// What no ledger can know: that an older copy of it was restored, that there is
// a second one for the same people, or that a disk confirms writes it did not
// make.
//
// # Lines
//
// Keys are all that decides whether somebody is written to. Besides, a run may note
// what its source is, block by block ([Ledger.NoteBlock]). Then a later run over the
// same text knows on which lines the rows are that were sent ([Book.Known]), and can
// pass over them ([Book.PassOver]).
//
// # Contacts
//
// A claim may carry the id of the contact that its message is for: see
// [Ledger.ClaimContact]. Then no two keys that lead to one contact both write to it.
//
// # What people do to it
//
// [Ledger.SettleByHand] decides on unknown keys, [Ledger.Replace] follows a
// corrected source, [Forget] removes a person's data and keeps a hash that
// blocks sending, [Adopt] makes a ledger of outcomes alone. [Verify] and
// [Records] read a ledger that may be damaged.
package ledger

import (
	"errors"
	"fmt"
	"time"
)

// A Ledger is open for writing, by one process at a time. Its methods may be
// called by many goroutines at once.
type Ledger struct {
	Book // its lock is held while a record is added: records are in the order of their numbers

	file      File
	log       *log
	created   bool
	whole     bool
	recovered int
}

// Interrupted is the code of an outcome that is unknown because the process
// ended between claim and answer.
const Interrupted = "interrupted"

// Recovered returns how many claims were open and are unknown since Open.
func (l *Ledger) Recovered() int { return l.recovered }

// Created reports whether Open made the ledger.
func (l *Ledger) Created() bool { return l.created }

// Whole reports whether the ledger's last holder closed it properly.
func (l *Ledger) Whole() bool { return l.whole }

// StartRun records, durably, that a run begins.
func (l *Ledger) StartRun(r Run) error {
	l.mu.Lock()
	l.fold.startRun(r)
	l.mu.Unlock()
	return l.addJSON(kindRun, r)
}

// NoteResults records, durably, what the results file is now that it has every
// outcome.
func (l *Ledger) NoteResults(r ResultsFile) error {
	l.mu.Lock()
	l.fold.results = &r
	l.mu.Unlock()
	return l.addJSON(kindResults, r)
}

// EndRun records, durably, how the run ended.
func (l *Ledger) EndRun(e End) error {
	l.mu.Lock()
	n := len(l.fold.runs)
	if n > 0 {
		l.fold.runs[n-1].End = &e
	}
	l.mu.Unlock()
	if n == 0 {
		return errNoRun
	}
	return l.addJSON(kindEnd, e)
}

func (l *Ledger) addJSON(k kind, v any) error {
	text, err := appendJSON(nil, k, v)
	if err != nil {
		return err
	}
	c, err := l.log.add(true, func(b []byte) []byte { return append(b, text...) })
	if err != nil {
		return err
	}
	return c.wait()
}

// Claim records that key is about to be POSTed, from this line of the source,
// and returns the claim's number once that is durable. The key's status must
// still be the expected one, and never Claimed, Forgotten or Replaced: otherwise
// ErrTaken, and nothing is recorded.
func (l *Ledger) Claim(key string, line int, expected Status) (uint64, error) {
	return l.claim(Claim{Key: key, Line: line}, expected)
}

func (l *Ledger) claim(claim Claim, expected Status) (uint64, error) {
	h, contact := l.fold.index.Hash(claim.Key), l.fold.index.contact(claim.Contact)
	l.mu.Lock()
	if err := l.fold.refuseClaim(h, contact, expected); err != nil {
		l.mu.Unlock()
		return 0, err
	}
	claim.Number, claim.Time = l.fold.last+1, time.Now()
	c, err := l.log.addClaim(l.fold.open.len+1, func(b []byte) []byte { return appendClaim(b, &claim) })
	if err == nil {
		l.fold.claim(claim.Number, openClaim{hash: h, contact: contact}, claim.Time.UnixMicro(), true)
	}
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return claim.Number, c.wait()
}

// refuseClaim says why a key is not claimed, for a contact unless that is zero.
func (f *fold) refuseClaim(h, contact Hash, expected Status) error {
	state := f.index.lookup(h)
	if now := state.status(); now != expected || !now.claimable() {
		return fmt.Errorf("%w: %s, not %s", ErrTaken, now, expected)
	}
	if c := f.contactState(contact); c.heldBy(state, h) {
		return fmt.Errorf("%w: it is %s", ErrContact, c.status())
	}
	return nil
}

// Release records that the POST of a claim certainly did not happen: the key
// has the status it had before the claim.
func (l *Ledger) Release(claim uint64, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fold.release(claim); err != nil {
		return err
	}
	_, err := l.log.add(false, func(b []byte) []byte { return appendRelease(b, Release{claim, reason}) })
	return err
}

// Settle records the outcome of a claim. It does not wait: the record is
// durable with the next claim, or after 50 ms.
func (l *Ledger) Settle(claim uint64, o Outcome) error { return l.settle(claim, &o, true) }

// settle records an outcome; now says whether the present run reached it.
func (l *Ledger) settle(claim uint64, o *Outcome, now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fold.settle(outcomeHead{claim, o.Status, o.HTTPStatus, []byte(o.Code), []byte(o.Variant)}, now); err != nil {
		return err
	}
	_, err := l.log.add(false, func(b []byte) []byte { return appendOutcome(b, claim, o) })
	return err
}

// Flush returns when everything recorded so far is durable.
func (l *Ledger) Flush() error { return l.log.flush() }

// Fsyncs returns how many frames were made durable since Open.
func (l *Ledger) Fsyncs() int {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	return l.log.fsyncs
}

// Close makes everything durable, notes that the file is whole, and gives the
// lock back.
func (l *Ledger) Close() error {
	err := l.log.close()
	if err == nil {
		if err = l.log.cutRoom(); err == nil {
			err = l.writeHolder(l.log.at)
		}
		if err != nil {
			err = &WriteError{Path: l.path, Err: err}
		}
	}
	return errors.Join(err, l.file.Close())
}
