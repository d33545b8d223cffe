package intercom

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An answer is a status line and whatever of the rest could be read.
type answer struct {
	status int
	header http.Header
	body   []byte // valid until its attempt is given back
	err    error  // why body is not all of it
}

var errTooLong = errors.New("the answer is too long")

// readAll appends what r holds to dst, up to limit bytes.
func readAll(dst []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, err
		case len(dst) > limit:
			return dst, errTooLong
		}
	}
}

// ok reports whether the answer is a 200 with JSON, or was until it was cut.
func (a *answer) ok() bool {
	return a.status == http.StatusOK && isJSON(a.header.Get("Content-Type"))
}

func isJSON(contentType string) bool {
	if contentType == "application/json; charset=utf-8" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	// A malformed parameter says nothing about the type, which is returned.
	return (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter)) &&
		(media == "application/json" || strings.HasSuffix(media, "+json"))
}

// receipt reads what can be read; whatever can't stays empty. The message that
// the answer repeats is not looked at.
func (a *answer) receipt(tidy tidier) Receipt {
	var r Receipt
	whole := members(a.body, func(name, value []byte) {
		switch string(name) {
		case "type":
			r.Type = tidy.name(textOf(value))
		case "id":
			r.ID = tidy.name(textOf(value))
		case "created_at":
			r.CreatedAt = parseMoment(string(textOf(value)))
		case "message_type":
			r.MessageType = tidy.name(textOf(value))
		case "conversation_id":
			r.ConversationID = tidy.name(textOf(value))
		}
	})
	if !whole { // half an id is none
		r = Receipt{}
	}
	r.Status, r.RequestID = a.status, tidy.name(a.requestID())
	return r
}

func (a *answer) requestID() text { return text(a.header.Get("X-Request-Id")) }

// refusal returns the error that an answer other than a success is.
func (a *answer) refusal(op string, tidy tidier) *Error {
	e := &Error{Op: op, Status: a.status}
	message, requestID := a.decodeErrors(e, tidy)
	if len(e.Details) > 0 {
		d := e.Details[deciding(a.status, e.Details)]
		e.Code, e.Field, message = d.Code, d.Field, cmp.Or(d.Message, message)
	}
	e.Class = classify(a.status, e.Code)
	e.RequestID = tidy.name(cmp.Or(requestID, a.requestID()))
	e.Message = cmp.Or(tidy.message(cmp.Or(message, a.redirect())), statusText(a.status))
	if a.status == http.StatusOK {
		media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		e.Message = tidy.message("the answer is not JSON but " + cmp.Or(media, "untyped") + ": " + e.Message)
	}
	return e
}

// decodeErrors fills in the details and returns the answer's message outside of
// them and its request id. It reads error.list, lone errors, and whatever else
// a server or something before it may say.
func (a *answer) decodeErrors(e *Error, tidy tidier) (message string, requestID text) {
	var w struct {
		RequestID text     `json:"request_id"`
		Code      text     `json:"code"`
		Field     text     `json:"field"`
		Message   text     `json:"message"`
		Error     text     `json:"error"`
		Errors    failures `json:"errors"`
	}
	if !json.Valid(a.body) || bytes.TrimSpace(a.body)[0] != '{' {
		return plainText(string(a.body)), ""
	}
	_ = json.Unmarshal(a.body, &w) // valid, and no type in it can fail
	list := w.Errors
	if len(list) == 0 && w.Code != "" {
		list = failures{{Code: w.Code, Field: w.Field, Message: w.Message}}
	}
	for _, f := range list[:min(len(list), maxDetails)] {
		e.Details = append(e.Details, Detail{
			Code:    tidy.name(f.Code),
			Field:   tidy.name(f.Field),
			Message: tidy.message(string(f.Message)),
		})
	}
	return string(cmp.Or(w.Message, w.Error)), w.RequestID
}

// maxDetails is how many errors of one answer are kept.
const maxDetails = 20

// redirect says where a redirect leads, as a host: it is followed by nobody,
// and a wrong host is its usual cause.
func (a *answer) redirect() string {
	location := a.header.Get("Location")
	if location == "" || a.status < 300 || a.status > 399 {
		return ""
	}
	scheme, rest, ok := strings.Cut(location, "://")
	if !ok {
		return "redirected"
	}
	host, _, _ := strings.Cut(rest, "/")
	return "redirected to " + scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}

func statusText(status int) string {
	return strings.ToLower(cmp.Or(http.StatusText(status), fmt.Sprintf("status %d", status)))
}

// failures is the list of an error.list. A single error in its place is read as
// a list of one, anything else as none.
type failures []failure

func (l *failures) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]failure)(l))
	}
	var one failure
	if err := json.Unmarshal(b, &one); err != nil || one == (failure{}) {
		return err
	}
	*l = failures{one}
	return nil
}

// A failure is one error on the wire: an object, or just its text.
type failure struct {
	Code    text `json:"code"`
	Field   text `json:"field"`
	Message text `json:"message"`
}

func (f *failure) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		type object failure
		return json.Unmarshal(b, (*object)(f))
	}
	return f.Message.UnmarshalJSON(b)
}

// text is a string on the wire that odd answers give as a number, as null, or
// as something else, which is kept as it stands.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch {
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(t))
	case string(b) == "null":
		*t = ""
	default:
		*t = text(b)
	}
	return nil
}

// textOf returns the text that a value on the wire is.
func textOf(value []byte) text {
	for _, usual := range [...]text{"admin_message", Email, "inapp"} { // of which there are millions
		if len(value) == len(usual)+2 && string(value[1:len(value)-1]) == string(usual) {
			return usual
		}
	}
	switch first := value[0]; {
	case first == '-', '0' <= first && first <= '9':
		return text(value)
	case first == '"' && !bytes.ContainsFunc(value[1:len(value)-1], needsDecoding):
		return text(value[1 : len(value)-1])
	}
	var t text
	_ = json.Unmarshal(value, &t) // nothing is kept of what is no value
	return t
}

func needsDecoding(r rune) bool { return r < ' ' || r > '~' || r == '\\' }

// moment is a time on the wire: unix seconds as a number or in a string, or a
// date-time. What can't be read is the zero time.
type moment time.Time

func (m *moment) UnmarshalJSON(b []byte) error {
	var s text
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	*m = moment(parseMoment(string(s)))
	return nil
}

// MarshalJSON writes unix seconds, null for the zero time.
func (m moment) MarshalJSON() ([]byte, error) {
	if t := time.Time(m); !t.IsZero() {
		return strconv.AppendInt(nil, t.Unix(), 10), nil
	}
	return []byte("null"), nil
}

func parseMoment(s string) time.Time {
	const lastSecond = 253402300799 // of the year 9999, the last that RFC 3339 can write
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if !(seconds >= 1 && seconds <= lastSecond) {
			return time.Time{}
		}
		return time.Unix(int64(seconds), 0).UTC()
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() < 1 {
		return time.Time{}
	}
	return t.UTC()
}
