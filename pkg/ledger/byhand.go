package ledger

import (
	"encoding/binary"
	"fmt"
	"time"
)

// ByHand is the code of an outcome that a person decided on.
const ByHand = "by_hand"

// A HandSettled says that a person settled a key whose outcome was unknown.
type HandSettled struct {
	Key  string    `json:"key,omitzero"`
	As   Status    `json:"as"` // Sent, or Pending: certainly not sent
	Who  string    `json:"who,omitzero"`
	Why  string    `json:"why,omitzero"`
	Time time.Time `json:"time,omitzero"`
}

// A Replacement says that a key that failed has another one in a corrected
// source. It is not retried any more.
type Replacement struct {
	Key  string    `json:"key,omitzero"`
	By   string    `json:"by,omitzero"` // "" if that key was forgotten
	Time time.Time `json:"time,omitzero"`
}

// A Forgetting says that a person's data was removed. The hash is what is left:
// whoever has the key can still tell that it must not be written to.
type Forgetting struct {
	Hash Hash      `json:"hash,omitzero"`
	Time time.Time `json:"time,omitzero"`
}

// An Erasure is left of what a person did to a key that was forgotten later.
type Erasure struct {
	What string    `json:"what,omitzero"` // the kind of record it was
	Time time.Time `json:"time,omitzero"`
}

// SettleByHand records, durably, that a person settles an unknown key: as
// Sent, or as Pending, which says that it was certainly not sent and lets the
// next run send it. The key must be Unknown: otherwise ErrTaken, and nothing is
// recorded.
func (l *Ledger) SettleByHand(key string, as Status, who, why string) error {
	if as != Sent && as != Pending {
		return fmt.Errorf("settle %s by hand: as sent or as pending, not as %s", key, as)
	}
	s := HandSettled{Key: key, As: as, Who: who, Why: why, Time: time.Now()}
	return l.amend(key, Unknown, func(h Hash) { l.fold.settleByHand(h, as, true) },
		func(b []byte) []byte { return appendHandSettled(b, &s) })
}

// Replace records, durably, that a key that failed has another one in a
// corrected source. The old key must be Failed: otherwise ErrTaken, and nothing
// is recorded. The new one is claimed like any other, after this.
func (l *Ledger) Replace(old, new string) error {
	r := Replacement{Key: old, By: new, Time: time.Now()}
	return l.amend(old, Failed, func(h Hash) { l.fold.replace(h, true) },
		func(b []byte) []byte { return appendReplaced(b, &r) })
}

// amend changes the state of a key that has the expected status.
func (l *Ledger) amend(key string, expected Status, change func(Hash), record func([]byte) []byte) error {
	h := l.fold.index.Hash(key)
	l.mu.Lock()
	if now := l.fold.index.lookup(h).status(); now != expected {
		l.mu.Unlock()
		return fmt.Errorf("%w: %s, not %s", ErrTaken, now, expected)
	}
	c, err := l.log.add(true, record)
	if err == nil {
		change(h)
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return c.wait()
}

func appendHandSettled(b []byte, s *HandSettled) []byte {
	return appendRecord(b, kindHand, func(b []byte) []byte {
		b = appendTime(append(b, byte(s.As)), s.Time)
		return appendText(appendText(appendText(b, s.Key), s.Who), s.Why)
	})
}

func readHandSettled(body []byte) (HandSettled, error) {
	c := cursor{b: body}
	s := HandSettled{As: Status(c.byte()), Time: c.time(), Key: c.text(), Who: c.text(), Why: c.text()}
	if s.As != Sent && s.As != Pending {
		c.bad = true
	}
	return s, c.end()
}

func appendReplaced(b []byte, r *Replacement) []byte {
	return appendRecord(b, kindReplaced, func(b []byte) []byte {
		return appendText(appendText(appendTime(b, r.Time), r.Key), r.By)
	})
}

func readReplaced(body []byte) (Replacement, error) {
	c := cursor{b: body}
	r := Replacement{Time: c.time(), Key: c.text(), By: c.text()}
	return r, c.end()
}

func appendForgotten(b []byte, k kind, f *Forgetting) []byte {
	return appendRecord(b, k, func(b []byte) []byte { return appendHash(appendTime(b, f.Time), f.Hash) })
}

func readForgotten(body []byte) (Forgetting, error) {
	c := cursor{b: body}
	f := Forgetting{Time: c.time(), Hash: c.hash()}
	return f, c.end()
}

func appendErased(b []byte, k kind, at time.Time) []byte {
	return appendRecord(b, kindErased, func(b []byte) []byte { return appendTime(append(b, byte(k)), at) })
}

func readErased(body []byte) (Erasure, error) {
	c := cursor{b: body}
	e := Erasure{What: kind(c.byte()).String(), Time: c.time()}
	return e, c.end()
}

// appendAnonymous appends a claim that has the hash of its key only.
func appendAnonymous(b []byte, c *Claim, h Hash) []byte {
	return appendRecord(b, kindAnonymous, func(b []byte) []byte {
		b = binary.AppendUvarint(b, c.Number)
		return appendHash(appendTime(append(b, 0), c.Time), h) // 0: no line
	})
}

func readAnonymous(body []byte) (Claim, Hash, error) {
	c := cursor{b: body}
	claim := c.claimHead()
	h := c.hash()
	return claim, h, c.end()
}

func appendHash(b []byte, h Hash) []byte {
	for _, part := range h {
		b = binary.LittleEndian.AppendUint32(b, part)
	}
	return b
}

func (c *cursor) hash() (h Hash) {
	for i := range h {
		if len(c.b) < 4 {
			c.bad, c.b = true, nil
			return h
		}
		h[i], c.b = binary.LittleEndian.Uint32(c.b), c.b[4:]
	}
	return h
}
