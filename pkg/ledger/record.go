package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A kind says what a record is. Each record is kind, length (4 bytes, little
// endian) and body.
type kind byte

const (
	kindHeader  kind = 'H' // JSON Header, the first record
	kindRun     kind = 'R' // JSON Run
	kindEnd     kind = 'E' // JSON End
	kindClaim   kind = 'C'
	kindRelease kind = 'L'
	kindOutcome kind = 'O'

	kindHand      kind = 'S' // an unknown key settled by hand
	kindReplaced  kind = 'X' // a failed key has another one in a corrected source
	kindForgotten kind = 'F' // the hash of a key that is never written to
	kindAnonymous kind = 'c' // a claim that has the hash of a forgotten key
	kindErased    kind = 'Z' // what a person did to a forgotten key

	kindContactClaim     kind = 'D' // a claim that carries the id of its contact
	kindContactForgotten kind = 'G' // the hash of a contact that is never written to

	kindResults kind = 'P' // JSON ResultsFile: the people's copy is up to date

	kindBlock     kind = 'B' // what the run's source is in one place
	kindBlocksEnd kind = 'b' // the run's first pass is over: no claim behind it is of a row in its blocks
)

var kindNames = map[kind]string{
	kindHeader: "header", kindRun: "run", kindEnd: "end", kindClaim: "claim", kindRelease: "release",
	kindOutcome: "outcome", kindHand: "settled by hand", kindReplaced: "replaced", kindForgotten: "forgotten",
	kindAnonymous: "claim of a forgotten key", kindErased: "erased", kindResults: "results file",
	kindContactClaim: "claim", kindContactForgotten: "forgotten contact",
	kindBlock: "block of the source", kindBlocksEnd: "end of blocks",
}

// String returns the word that people read.
func (k kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind %q", byte(k))
}

const recordHead = 5

var errRecord = errors.New("a record can't be read")

// A Claim says that a key is about to be POSTed.
type Claim struct {
	Number uint64 `json:"number,omitzero"` // from 1, one a POST attempt
	Key    string `json:"key,omitzero"`
	// Contact is the id of the contact that the message is for, where several keys
	// can lead to one; otherwise empty.
	Contact string    `json:"contact,omitzero"`
	Line    int       `json:"line,omitzero"` // of the source the claim was made from
	Time    time.Time `json:"time,omitzero"`
}

// A Release says that the POST of a claim certainly did not happen.
type Release struct {
	Claim  uint64 `json:"claim,omitzero"` // its number
	Reason string `json:"reason,omitzero"`
}

// An Outcome is the final result of a claim.
type Outcome struct {
	Status         Status        `json:"status,omitzero"`
	Code           string        `json:"code,omitzero"`
	MessageID      string        `json:"message_id,omitzero"`
	MessageType    string        `json:"message_type,omitzero"`
	Variant        string        `json:"variant,omitzero"`
	ConversationID string        `json:"conversation_id,omitzero"`
	CreatedAt      time.Time     `json:"created_at,omitzero"` // of the message, as the API says
	HTTPStatus     int           `json:"http_status,omitzero"`
	ErrorField     string        `json:"error_field,omitzero"`
	ErrorMessage   string        `json:"error_message,omitzero"`
	RequestID      string        `json:"request_id,omitzero"`
	Attempts       int           `json:"attempts,omitzero"`
	Duration       time.Duration `json:"duration_ns,omitzero"` // from the first claim to the answer
	FinishedAt     time.Time     `json:"finished_at,omitzero"` // when the answer came
}

// appendRecord appends a record whose body is what body appends.
func appendRecord(b []byte, k kind, body func([]byte) []byte) []byte {
	start := len(b)
	b = body(append(b, byte(k), 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(b[start+1:], uint32(len(b)-start-recordHead))
	return b
}

func appendJSON(b []byte, k kind, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return b, err
	}
	return appendRecord(b, k, func(b []byte) []byte { return append(b, text...) }), nil
}

func appendClaim(b []byte, c *Claim) []byte {
	if c.Contact != "" {
		return appendContactClaim(b, c)
	}
	return appendRecord(b, kindClaim, func(b []byte) []byte { return append(appendClaimHead(b, c), c.Key...) })
}

func appendClaimHead(b []byte, c *Claim) []byte {
	b = binary.AppendUvarint(b, c.Number)
	b = binary.AppendUvarint(b, uint64(c.Line))
	return appendTime(b, c.Time)
}

func appendRelease(b []byte, r Release) []byte {
	return appendRecord(b, kindRelease, func(b []byte) []byte {
		b = binary.AppendUvarint(b, r.Claim)
		return append(b, r.Reason...)
	})
}

func appendOutcome(b []byte, number uint64, o *Outcome) []byte {
	return appendRecord(b, kindOutcome, func(b []byte) []byte {
		b = binary.AppendUvarint(b, number)
		b = append(b, byte(o.Status))
		b = binary.AppendUvarint(b, uint64(o.HTTPStatus))
		b = appendText(b, o.Code)
		b = binary.AppendUvarint(b, uint64(o.Attempts))
		b = binary.AppendUvarint(b, uint64(o.Duration.Microseconds()))
		b = appendTime(b, o.FinishedAt)
		b = appendTime(b, o.CreatedAt)
		for _, s := range [...]string{o.MessageID, o.MessageType, o.Variant, o.ConversationID,
			o.ErrorField, o.ErrorMessage, o.RequestID} {
			b = appendText(b, s)
		}
		return b
	})
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime appends microseconds since 1970, 0 for the zero time.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendUvarint(b, 0)
	}
	return binary.AppendUvarint(b, uint64(t.UnixMicro()))
}

// nextRecord cuts the first record off a frame's payload.
func nextRecord(payload []byte) (k kind, body, rest []byte, err error) {
	if len(payload) < recordHead {
		return 0, nil, nil, errRecord
	}
	n := binary.LittleEndian.Uint32(payload[1:])
	if uint64(n) > uint64(len(payload)-recordHead) {
		return 0, nil, nil, errRecord
	}
	end := recordHead + int(n)
	return kind(payload[0]), payload[recordHead:end], payload[end:], nil
}

// A cursor reads the parts of a record's body; the first part that is not
// there makes it bad.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

// skipUvarints passes over n numbers without computing them: each ends with its
// first byte that has no high bit.
func (c *cursor) skipUvarints(n int) {
	for range n {
		size := 0
		for size < len(c.b) && c.b[size] >= 0x80 {
			size++
		}
		if size >= len(c.b) || size >= binary.MaxVarintLen64 {
			c.bad, c.b = true, nil
			return
		}
		c.b = c.b[size+1:]
	}
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) bytes() []byte {
	n := c.uvarint()
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	v := c.b[:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) text() string { return string(c.bytes()) }

func (c *cursor) time() time.Time {
	if micro := c.uvarint(); micro != 0 {
		return time.UnixMicro(int64(micro)).UTC()
	}
	return time.Time{}
}

// end returns the error of a body that was too short, or that goes on.
func (c *cursor) end() error {
	if c.bad || len(c.b) != 0 {
		return errRecord
	}
	return nil
}

func (c *cursor) claimHead() Claim {
	return Claim{Number: c.uvarint(), Line: int(c.uvarint()), Time: c.time()}
}

// readClaim reads a claim of either kind.
func readClaim(k kind, body []byte) (Claim, error) {
	if k == kindContactClaim {
		return readContactClaim(body)
	}
	c := cursor{b: body}
	claim := c.claimHead()
	if c.bad || claim.Number == 0 {
		return Claim{}, errRecord
	}
	claim.Key = string(c.b)
	return claim, nil
}

func readRelease(body []byte) (Release, error) {
	c := cursor{b: body}
	r := Release{Claim: c.uvarint()}
	if c.bad {
		return Release{}, errRecord
	}
	r.Reason = string(c.b)
	return r, nil
}

func (c *cursor) outcomeHead() outcomeHead {
	h := outcomeHead{number: c.uvarint(), status: Status(c.byte()), httpStatus: int(c.uvarint()), code: c.bytes()}
	if !h.status.Settled() || h.status > Skipped {
		c.bad = true
	}
	return h
}

func readOutcome(body []byte) (uint64, Outcome, error) {
	c := cursor{b: body}
	h := c.outcomeHead()
	o := Outcome{Status: h.status, Code: string(h.code), HTTPStatus: h.httpStatus}
	o.Attempts = int(c.uvarint())
	o.Duration = time.Duration(c.uvarint()) * time.Microsecond
	o.FinishedAt = c.time()
	o.CreatedAt = c.time()
	for _, s := range [...]*string{&o.MessageID, &o.MessageType, &o.Variant, &o.ConversationID,
		&o.ErrorField, &o.ErrorMessage, &o.RequestID} {
		*s = c.text()
	}
	return h.number, o, c.end()
}

// readValue returns what a record holds.
func readValue(k kind, body []byte) (any, error) {
	switch k {
	case kindHeader:
		return readJSON[Header](body)
	case kindRun:
		return readJSON[Run](body)
	case kindEnd:
		return readJSON[End](body)
	case kindClaim, kindContactClaim:
		return readClaim(k, body)
	case kindAnonymous:
		c, _, err := readAnonymous(body)
		return c, err
	case kindRelease:
		return readRelease(body)
	case kindOutcome:
		n, o, err := readOutcome(body)
		return Settled{n, o}, err
	case kindHand:
		return readHandSettled(body)
	case kindReplaced:
		return readReplaced(body)
	case kindForgotten, kindContactForgotten:
		return readForgotten(body)
	case kindErased:
		return readErased(body)
	case kindResults:
		return readJSON[ResultsFile](body)
	case kindBlock:
		return readBlock(body)
	case kindBlocksEnd:
		return nil, nil
	}
	return nil, fmt.Errorf("a record of unknown %v", k)
}

func readJSON[T any](body []byte) (v T, err error) {
	err = json.Unmarshal(body, &v)
	return v, err
}
