package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

// jsonRows reads rows from JSON lines.
type jsonRows struct {
	in    *bufio.Reader
	limit *recordLimit
	text  []byte
	line  int
}

func (j *jsonRows) read() (Row, error) {
	for {
		j.line++
		j.limit.begin(j.line)
		text, err := j.next()
		if err != nil {
			return Row{}, err
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		row, err := parseJSON(text)
		if bad, ok := err.(*RowError); ok {
			bad.Line = j.line
		}
		return row, err
	}
}

// next reads one line; io.EOF comes only when there is nothing left.
func (j *jsonRows) next() ([]byte, error) {
	j.text = j.text[:0]
	for {
		part, err := j.in.ReadSlice('\n')
		j.text = append(j.text, part...)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(j.text) > 0:
			return j.text, nil
		default:
			return j.text, err
		}
	}
}

// parseJSON reads one line. The error is a *RowError without path and line.
func parseJSON(text []byte) (Row, error) {
	if !utf8.Valid(text) { // encoding/json would replace the bytes silently
		return Row{}, &RowError{Reason: "not UTF-8"}
	}
	var row Row
	if err := json.Unmarshal(text, &row); err != nil {
		return Row{}, explainJSON(err)
	}
	if err := row.check(); err != nil {
		return Row{}, err
	}
	return row.clean(), nil
}

func explainJSON(err error) *RowError {
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return &RowError{Reason: "a JSON " + kind.Value + " and not an object"}
	case errors.As(err, &kind):
		return &RowError{Column: kind.Field, Reason: "a JSON " + kind.Value + " can't stand here"}
	case errors.As(err, &moment):
		return &RowError{Reason: quote(moment.Value) + " is not a time such as " + exampleTime}
	}
	return &RowError{Reason: "not a whole JSON object"}
}
