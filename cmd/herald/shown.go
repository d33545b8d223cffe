package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A shown is a finding as people and programs are shown it.
type shown struct {
	Kind     lint.Kind     `json:"kind"`
	Severity lint.Severity `json:"severity"`
	Row      int           `json:"row,omitempty"`    // line on which the row starts; 0: not of a row
	Line     int           `json:"line,omitempty"`   // of the value
	Column   int           `json:"column,omitempty"` // character of that line at which the value starts
	Field    string        `json:"field,omitempty"`
	Cell     string        `json:"spreadsheet_column,omitempty"` // A, B, ... AA; CSV only
	Value    *string       `json:"value,omitempty"`              // masked, unless it may be seen
	Reason   string        `json:"reason"`
	Template string        `json:"template,omitempty"` // file:line:column of the template or setting
	source   string
}

// describe makes a finding fit to be shown; rows has just read its row, and is nil
// for a finding of the campaign.
func (e *examiner) describe(f lint.Finding, rows *source.Reader) shown {
	x := shown{Kind: f.Kind, Severity: f.Severity, Row: f.Line, Line: f.Line, Column: f.Column,
		Field: f.Field, Reason: f.Reason, Template: templatePlace(f), source: e.sourceName}
	if rows != nil && f.Field != "" {
		if line, column, ok := rows.Place(f.Field); ok {
			x.Line, x.Column = line, column
		}
		x.Cell = cellName(rows.Header(), f.Field)
	}
	if rows != nil && f.Field != "" || f.Value != "" {
		value := f.Value
		if f.Line > 0 && !e.showValues && !isPublic(f.Kind) {
			value = mask(value)
		}
		x.Value = &value
	}
	return x
}

func templatePlace(f lint.Finding) string {
	place := f.File
	if f.FileLine > 0 {
		place += ":" + strconv.Itoa(f.FileLine)
		if f.FileColumn > 0 {
			place += ":" + strconv.Itoa(f.FileColumn)
		}
	}
	return place
}

// isPublic reports whether values of a kind tell nothing about anybody.
func isPublic(k lint.Kind) bool {
	switch k {
	case lint.SpreadsheetError, lint.NullText, lint.IDAsNumber, lint.DamagedNumber:
		return true
	}
	return false
}

// cellName is how a spreadsheet names a column: A to Z, AA, AB and so on.
func cellName(h *source.Header, field string) string {
	if h == nil {
		return ""
	}
	i, ok := h.Index(field)
	name := ""
	for i++; ok && i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// mask hides a value but for the beginnings of its words: m…@e…
func mask(value string) string {
	var b strings.Builder
	start := true
	for _, r := range value {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case letter && start:
			b.WriteRune(r)
			b.WriteRune('…')
		case !letter && (r == '@' || r == ' '):
			b.WriteRune(r)
		}
		start = !letter && (start || r == '@' || r == ' ')
	}
	return b.String()
}

// place is where a finding is: file:line:column of the source, or of a template.
func (x *shown) place() string {
	if x.Row == 0 {
		return x.Template
	}
	place := x.source + ":" + strconv.Itoa(x.Line)
	if x.Column > 0 {
		place += ":" + strconv.Itoa(x.Column)
	}
	return place
}

// text says what is wrong, without the place.
func (x *shown) text() string {
	var b strings.Builder
	if x.Field != "" && x.Row > 0 {
		b.WriteString(x.Field)
		if x.Cell != "" {
			fmt.Fprintf(&b, " (column %s)", x.Cell)
		}
		b.WriteByte(' ')
	}
	if x.Value != nil && strings.TrimSpace(*x.Value) != "" {
		b.WriteString(quoteShort(*x.Value) + " ")
	}
	b.WriteString(x.Reason)
	if x.Row > 0 && x.Template != "" {
		fmt.Fprintf(&b, " (used in %s)", x.Template)
	}
	return b.String()
}

// shownValue is how many characters of a value are shown.
const shownValue = 60

// quoteShort quotes the beginning of a value, with what does not show escaped.
func quoteShort(value string) string {
	value = strings.ReplaceAll(value, string(lint.Gap), "…")
	if utf8.RuneCountInString(value) > shownValue {
		value = string([]rune(value)[:shownValue]) + "…"
	}
	return strconv.Quote(value)
}

// line is the whole finding in one line, as --all lists it.
func (x *shown) line() string {
	return fmt.Sprintf("%s: %s: %s: %s", cmp.Or(x.place(), "campaign"), x.Severity, x.Kind, x.text())
}
