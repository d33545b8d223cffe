package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Header is the first record of a ledger.
type Header struct {
	Campaign string    `json:"campaign"`
	Created  time.Time `json:"created"`
	Salt     []byte    `json:"salt"` // of the key hashes
}

// A Run is the record of one execution of send or retry, written before its
// first claim.
type Run struct {
	Command string    `json:"command"`
	Started time.Time `json:"started"`
	Who     string    `json:"who,omitempty"`
	Host    string    `json:"host,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Version string    `json:"version,omitempty"`
	Flags   []string  `json:"flags,omitempty"`
	Source  string    `json:"source,omitempty"`
	Digest  string    `json:"digest,omitempty"` // SHA-256 of the source, hex
	Rows    int       `json:"rows,omitempty"`   // of the source, 0 if not counted
	// Rule stands for how the source is read and what makes the keys of its rows: in
	// runs with the same one, the same text has the same keys on the same lines.
	// Only a run that notes the blocks of its source has one.
	Rule string `json:"rule,omitempty"`
	// Fingerprint is what the run sends: part by part, so that a change can be named.
	Fingerprint map[string]string `json:"fingerprint"`
	// Content is the text of those parts that the runs before had not, so that a
	// change can be shown.
	Content map[string]string `json:"content,omitempty"`
	End     *End              `json:"-"` // nil if the run did not end properly
}

// An End is the record of how a run ended.
type End struct {
	Finished time.Time      `json:"finished"`
	Reason   string         `json:"reason"`
	Counts   map[string]int `json:"counts"`
}

// A ResultsFile is the people's copy of the outcomes as it was when it had all
// of them. Whoever finds another file there knows that somebody changed it.
type ResultsFile struct {
	Size     int64     `json:"size"`     // bytes
	Modified time.Time `json:"modified"` // by the file system's clock
}

// A fold is what a ledger's records amount to.
type fold struct {
	header   Header
	runs     []Run
	index    *Index
	contacts *Index        // of contacts that claims carry, by the hash of their id; nil: none do
	doubt    map[Hash]Hash // the contact of each unknown key that has one
	causes   causes
	open     openClaims
	last     uint64 // the highest claim number
	recent   recent
	byHand   map[Hash]struct{} // keys that a person settled or replaced
	room     int               // how many keys there will be, if that is known
	lines    lines
	ahead    ahead // of the records that come next

	results *ResultsFile // nil once something happened that the file may not have
}

const minPerKey = 24 // bytes; no key's records are shorter

// An openClaim is a claim without release or outcome.
type openClaim struct {
	hash   Hash
	held   bool // the key is Claimed
	before bits // the key's state before that
	line   int  // 0: nobody knows

	contact       Hash // zero: none
	contactBefore bits
}

// frame folds the records of one frame.
func (f *fold) frame(payload []byte) error {
	for len(payload) > 0 {
		k, body, rest, err := nextRecord(payload)
		if err != nil {
			return err
		}
		if err := f.record(k, body); err != nil {
			return err
		}
		payload = rest
	}
	return nil
}

func (f *fold) record(k kind, body []byte) error {
	if (f.index == nil) != (k == kindHeader) {
		return errors.New("the header is not where it belongs")
	}
	switch k {
	case kindHeader:
		return f.start(body)
	case kindRun:
		var r Run
		err := json.Unmarshal(body, &r)
		f.startRun(r)
		f.beginLines(r.Rule)
		return err
	case kindBlock, kindBlocksEnd:
		return f.readBlock(k, body)
	case kindEnd:
		return f.end(body)
	case kindClaim, kindContactClaim, kindAnonymous:
		return f.readClaim(k, body)
	case kindRelease:
		r, err := readRelease(body)
		if err != nil {
			return err
		}
		return f.release(r.Claim)
	case kindOutcome:
		h, err := f.ahead.outcome(body)
		if err != nil {
			return err
		}
		return f.settle(h, false)
	}
	return f.byPerson(k, body)
}

// readClaim folds a claim.
func (f *fold) readClaim(k kind, body []byte) error {
	c, err := f.ahead.claim(k, body, f.index.salt)
	if err == nil {
		f.claim(c.number, openClaim{hash: c.hash, contact: c.contact, line: c.line}, c.at, false)
	}
	return err
}

// byPerson folds what people did.
func (f *fold) byPerson(k kind, body []byte) error {
	switch k {
	case kindHand:
		s, err := readHandSettled(body)
		if err == nil {
			f.settleByHand(f.index.Hash(s.Key), s.As, false)
		}
		return err
	case kindReplaced:
		r, err := readReplaced(body)
		if err == nil {
			f.replace(f.index.Hash(r.Key), false)
		}
		return err
	case kindForgotten:
		e, err := readForgotten(body)
		if err == nil {
			f.results = nil
			f.change(e.Hash, func(b bits) bits { return b.settle(Forgotten, 0, false) })
		}
		return err
	case kindContactForgotten:
		e, err := readForgotten(body)
		if err == nil {
			f.results = nil
			f.forgetContact(e.Hash)
		}
		return err
	case kindErased:
		_, err := readErased(body)
		return err
	case kindResults:
		r, err := readJSON[ResultsFile](body)
		f.results = &r
		return err
	}
	return fmt.Errorf("a record of unknown kind %q", byte(k))
}

// settleByHand makes a key sent, or pending again.
func (f *fold) settleByHand(h Hash, as Status, now bool) {
	f.results = nil
	f.byHand[h] = struct{}{}
	f.change(h, func(b bits) bits {
		cause := uint16(0)
		if b.status() == Unknown { // which variant nobody knows the fate of
			cause = b.cause()
		}
		return b.settle(as, cause, now)
	})
	f.decideContact(h, as, now)
}

func (f *fold) replace(h Hash, now bool) {
	f.results = nil
	f.byHand[h] = struct{}{}
	f.change(h, func(b bits) bits { return b.settle(Replaced, 0, now) })
}

// startRun begins a run, which may write to the results file at any moment.
func (f *fold) startRun(r Run) {
	f.results = nil
	f.runs = append(f.runs, r)
}

func (f *fold) start(body []byte) error {
	if err := json.Unmarshal(body, &f.header); err != nil {
		return err
	}
	f.index = NewIndex(f.header.Salt)
	f.index.reserve(f.room)
	f.byHand = make(map[Hash]struct{})
	f.doubt = make(map[Hash]Hash)
	return nil
}

var errNoRun = errors.New("the end of a run that did not start")

func (f *fold) end(body []byte) error {
	var e End
	if len(f.runs) == 0 {
		return errNoRun
	}
	err := json.Unmarshal(body, &e)
	f.runs[len(f.runs)-1].End = &e
	return err
}

// claim opens a claim, made at so many microseconds since 1970. While the log is
// read the key itself is left as it is: as a rule an outcome follows soon, and if
// none does, see holdOpen.
func (f *fold) claim(number uint64, c openClaim, at int64, now bool) {
	f.last = max(f.last, number)
	f.recent.add(at)
	c.contactBefore = f.holdContact(c.contact, c.hash, now)
	if now {
		f.hold(&c, true)
	}
	f.open.add(number, c)
}

// hold makes the key of an open claim claimed.
func (f *fold) hold(c *openClaim, now bool) {
	f.change(c.hash, func(b bits) bits {
		c.before, c.held = b&^lined, true
		return b.settle(Claimed, 0, now)
	})
}

// holdOpen makes the keys claimed whose claims are open where the log ends.
func (f *fold) holdOpen() {
	held := openClaims{}
	for number, c := range f.open.all() {
		f.hold(&c, false)
		held.add(number, c)
	}
	f.open = held
}

// take returns an open claim and closes it.
func (f *fold) take(number uint64) (openClaim, error) {
	c, ok := f.open.take(number)
	if !ok {
		return openClaim{}, fmt.Errorf("claim %d is not open", number)
	}
	return c, nil
}

// release makes the key what it was before its claim.
func (f *fold) release(number uint64) error {
	c, err := f.take(number)
	if err != nil {
		return err
	}
	if c.held {
		f.index.update(c.hash, func(b bits) bits { return c.before.withPass(b.pass()) })
	}
	f.releaseContact(c)
	return nil
}

func (f *fold) settle(h outcomeHead, now bool) error {
	c, err := f.take(h.number)
	if err != nil {
		return err
	}
	f.results = nil
	if h.status != Failed {
		h.httpStatus, h.code = 0, nil
	}
	why := f.causes.numberOf(h.httpStatus, h.code, h.variant)
	var mark bits
	if h.status == Sent && f.lines.noting && c.line > 0 {
		mark = lined
		f.lines.add(sentLine{c.hash, c.line})
		if len(f.lines.waiting) > maxBlockLines {
			f.endLines() // its blocks are not told of
			mark = 0
		}
	}
	f.change(c.hash, func(b bits) bits { return b.settle(h.status, why, now) | mark })
	f.settleContact(c, h.status, now)
	return nil
}

// state unpacks what the index says of a key.
func (f *fold) state(b bits) State {
	c := f.causes.at(b.cause())
	return State{Status: b.status(), HTTPStatus: c.httpStatus, Code: c.code, Variant: c.variant, ThisRun: b&thisRun != 0}
}
