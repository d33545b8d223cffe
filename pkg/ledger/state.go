package ledger

import "fmt"

// A Status is what the ledger says of a key.
type Status uint8

// The statuses of a key. A key without a claim, or whose last claim was
// released, is Pending.
const (
	Pending   Status = iota
	Claimed          // claimed, no outcome yet: in flight
	Sent             // accepted by the API
	Failed           // refused by the API
	Unknown          // claimed, and nobody can tell
	Skipped          // the API's own "unsubscribed", where the campaign calls that skipped
	Forgotten        // a person's data was removed; still never written to
	Replaced         // it failed, and a corrected source has it under another key
)

var statusNames = [...]string{"pending", "claimed", "sent", "failed", "unknown", "skipped", "forgotten", "replaced"}

// String returns the word that files and people use.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Settled reports whether the last claim of a key with this status has an
// outcome.
func (s Status) Settled() bool { return s >= Sent }

// MarshalText returns the same word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// claimable reports whether a key with this status may be claimed if someone
// asks for that.
func (s Status) claimable() bool { return s != Claimed && s != Forgotten && s != Replaced }

// A State is what the ledger remembers in memory of a key.
type State struct {
	Status     Status
	HTTPStatus int    // of a failed key
	Code       string // of a failed key
	Variant    string // of the last outcome; empty: none
	ThisRun    bool   // the status was reached in the present run
	Seen       bool   // the key was visited before in the present pass
}

// bits is a State packed into an index slot:
// status 3 | taken 1 | this run 1 | lined 1 | unused 2 | pass 8 | cause 16.
type bits uint32

const (
	statusMask bits = 7
	taken      bits = 1 << 3
	thisRun    bits = 1 << 4
	lined      bits = 1 << 5 // it is Sent, and the ledger knows on which line: see lines
	passShift       = 8
	causeShift      = 16
)

func (b bits) status() Status { return Status(b & statusMask) }
func (b bits) pass() uint8    { return uint8(b >> passShift) }
func (b bits) cause() uint16  { return uint16(b >> causeShift) }

func (b bits) withPass(p uint8) bits { return b&^(0xff<<passShift) | bits(p)<<passShift }

// settle sets the status, its cause, and whether it is of this run.
func (b bits) settle(s Status, cause uint16, now bool) bits {
	b = b&^(statusMask|thisRun|0xffff<<causeShift) | bits(s) | bits(cause)<<causeShift
	if now {
		b |= thisRun
	}
	return b
}

// A cause is why a key failed, and the variant of the message that it is about.
// There are few different ones, so a slot keeps a number.
type cause struct {
	httpStatus int
	code       string
	variant    string
}

// causes numbers causes from 1; 0 is none, or one too many.
type causes struct {
	number map[cause]uint16
	list   []cause
}

func (c *causes) numberOf(httpStatus int, code, variant []byte) uint16 {
	if httpStatus == 0 && len(code) == 0 && len(variant) == 0 {
		return 0
	}
	if n, ok := c.number[cause{httpStatus, string(code), string(variant)}]; ok { // makes no string
		return n
	}
	k := cause{httpStatus, string(code), string(variant)}
	if len(c.list) == 0xffff {
		return 0
	}
	if c.number == nil {
		c.number = make(map[cause]uint16)
	}
	c.list = append(c.list, k)
	n := uint16(len(c.list))
	c.number[k] = n
	return n
}

func (c *causes) at(n uint16) cause {
	if n == 0 {
		return cause{}
	}
	return c.list[n-1]
}
