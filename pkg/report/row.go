package report

import (
	"strings"
	"time"
	"unicode/utf8"
)

// The states a row can be in; the values of the status column.
const (
	Sent    = "sent"    // the API accepted the message
	Failed  = "failed"  // the API refused it, or it could not be made
	Skipped = "skipped" // not sent by decision; Code has the reason
	Unknown = "unknown" // a request went out and nobody can tell what became of it
	Pending = "pending" // still to be sent
)

// MaxText is the most bytes of a text that a results file keeps. A gateway may
// answer with a whole page of HTML where a sentence was due.
const MaxText = 8 << 10

// statuses are all states in the order in which people are shown them.
var statuses = [...]string{Sent, Failed, Skipped, Unknown, Pending}

// Row is one outcome or skip as the results file shows it. Status is required;
// everything else is written as empty when it is zero. The order of the fields
// is the order of the columns.
type Row struct {
	// Key is what makes the recipient the same person in every run. It is empty
	// only for a source row from which no key could be made.
	Key string `json:"key"`
	// Line is the 1-based physical line in the source where the row begins.
	Line int `json:"line,omitempty"`
	// Status is one of Sent, Failed, Skipped, Unknown, Pending.
	Status string `json:"status"`
	// Code says why: the API's error code, or the reason of a skip.
	Code string `json:"code,omitempty"`
	// MessageID is the API's id of the message, empty if nothing was sent or the
	// answer could not be read.
	MessageID string `json:"message_id,omitempty"`
	// MessageType is the API's own word for the kind of message: email or inapp.
	MessageType string `json:"message_type,omitempty"`
	// Variant names the variant of the message, where the campaign has several.
	Variant string `json:"variant,omitempty"`
	// ConversationID is the conversation that the API opened with the message.
	ConversationID string `json:"conversation_id,omitempty"`
	// CreatedAt is when the API says it created the message.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// HTTPStatus is the status code of the last answer.
	HTTPStatus int `json:"http_status,omitempty"`
	// ErrorField is the request field that the API objected to.
	ErrorField string `json:"error_field,omitempty"`
	// ErrorMessage is the reason in words, the API's own where it gave one.
	ErrorMessage string `json:"error_message,omitempty"`
	// RequestID identifies the request to the API's support.
	RequestID string `json:"request_id,omitempty"`
	// Attempts counts the requests made for this outcome; 0 if none was made.
	Attempts int `json:"attempts,omitempty"`
	// DurationMS is how long the last request took, in milliseconds.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// FinishedAt is when the outcome was settled or the skip decided.
	FinishedAt time.Time `json:"finished_at,omitzero"`
}

// lineBreaks makes every line break a line feed. A CSV reader would turn CR LF
// inside a quoted cell into LF, and a lone CR breaks lines in some programs.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// clean returns the row in the one form that both file formats give back
// unchanged. The package comment lists what it may alter.
func (r Row) clean() Row {
	for _, s := range []*string{
		&r.Key, &r.Status, &r.Code, &r.MessageID, &r.MessageType, &r.Variant,
		&r.ConversationID, &r.ErrorField, &r.ErrorMessage, &r.RequestID,
	} {
		*s = cleanText(*s)
	}
	r.CreatedAt = cleanTime(r.CreatedAt)
	r.FinishedAt = cleanTime(r.FinishedAt)
	return r
}

func cleanText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = lineBreaks.Replace(s)
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return clip(s, MaxText)
}

// cleanTime drops what RFC 3339 can't say: a year of five digits comes from a
// wrong unit in somebody's answer, and must not cost the whole row.
func cleanTime(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// clip cuts s to at most limit bytes, at the end of a rune.
func clip(s string, limit int) string {
	const ellipsis = "…"
	if len(s) <= limit {
		return s
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

func knownStatus(s string) bool {
	for _, known := range statuses {
		if s == known {
			return true
		}
	}
	return false
}
