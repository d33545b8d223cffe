package report

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// record is a row as CSV knows it: every cell a string, in column order. Numbers
// are converted here and not by gocsv, which reads 010 as 8, writes 0 where a
// cell should be empty, and names no column when a cell is wrong.
type record struct {
	Key            string `csv:"key"`
	Line           string `csv:"line"`
	Status         string `csv:"status"`
	Code           string `csv:"code"`
	MessageID      string `csv:"message_id"`
	MessageType    string `csv:"message_type"`
	Variant        string `csv:"variant"`
	ConversationID string `csv:"conversation_id"`
	CreatedAt      string `csv:"created_at"`
	HTTPStatus     string `csv:"http_status"`
	ErrorField     string `csv:"error_field"`
	ErrorMessage   string `csv:"error_message"`
	RequestID      string `csv:"request_id"`
	Attempts       string `csv:"attempts"`
	DurationMS     string `csv:"duration_ms"`
	FinishedAt     string `csv:"finished_at"`
}

const timeLayout = "2006-01-02T15:04:05.999Z07:00"

func newRecord(r Row) record {
	return record{
		Key:            r.Key,
		Line:           formatInt(int64(r.Line)),
		Status:         r.Status,
		Code:           r.Code,
		MessageID:      r.MessageID,
		MessageType:    r.MessageType,
		Variant:        r.Variant,
		ConversationID: r.ConversationID,
		CreatedAt:      formatTime(r.CreatedAt),
		HTTPStatus:     formatInt(int64(r.HTTPStatus)),
		ErrorField:     r.ErrorField,
		ErrorMessage:   r.ErrorMessage,
		RequestID:      r.RequestID,
		Attempts:       formatInt(int64(r.Attempts)),
		DurationMS:     formatInt(r.DurationMS),
		FinishedAt:     formatTime(r.FinishedAt),
	}
}

// row converts back. The error is a *RowError without path and line.
func (c record) row() (Row, error) {
	var bad *RowError
	number := func(column, cell string) int64 {
		n, ok := parseInt(cell)
		if !ok && bad == nil {
			bad = &RowError{Column: column, Reason: quote(cell) + " is not a whole number"}
		}
		return n
	}
	moment := func(column, cell string) time.Time {
		t, ok := parseTime(cell)
		if !ok && bad == nil {
			bad = &RowError{Column: column, Reason: quote(cell) + " is not a time such as " + exampleTime}
		}
		return t
	}
	r := Row{
		Key:            c.Key,
		Line:           int(number("line", c.Line)),
		Status:         c.Status,
		Code:           c.Code,
		MessageID:      c.MessageID,
		MessageType:    c.MessageType,
		Variant:        c.Variant,
		ConversationID: c.ConversationID,
		CreatedAt:      moment("created_at", c.CreatedAt),
		HTTPStatus:     int(number("http_status", c.HTTPStatus)),
		ErrorField:     c.ErrorField,
		ErrorMessage:   c.ErrorMessage,
		RequestID:      c.RequestID,
		Attempts:       int(number("attempts", c.Attempts)),
		DurationMS:     number("duration_ms", c.DurationMS),
		FinishedAt:     moment("finished_at", c.FinishedAt),
	}
	if bad != nil {
		return Row{}, bad
	}
	return r, r.check()
}

const exampleTime = "2026-11-22T18:45:00Z"

// check refuses what no results file of ours contains and what would do harm
// if it were believed: a status that nobody knows, a key in another encoding.
func (r Row) check() error {
	for _, s := range []struct{ column, cell string }{
		{"key", r.Key}, {"code", r.Code}, {"message_id", r.MessageID}, {"message_type", r.MessageType},
		{"variant", r.Variant}, {"conversation_id", r.ConversationID}, {"error_field", r.ErrorField},
		{"error_message", r.ErrorMessage}, {"request_id", r.RequestID},
	} {
		if !utf8.ValidString(s.cell) {
			return &RowError{Column: s.column, Reason: quote(s.cell) + " is not UTF-8"}
		}
	}
	if !knownStatus(r.Status) {
		return &RowError{Column: "status",
			Reason: quote(r.Status) + " is none of sent, failed, skipped, unknown, pending"}
	}
	return nil
}

func formatInt(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func parseInt(cell string) (int64, bool) {
	if cell == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	return n, err == nil
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(timeLayout)
}

func parseTime(cell string) (time.Time, bool) {
	if cell == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339, cell)
	return cleanTime(t), err == nil
}
