package campaign

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Kind says what is wrong with a row that can't be rendered; a caller may
// count by it and choose its advice.
type Kind string

const (
	KindMissing   Kind = "missing"    // a field is absent or null
	KindEmpty     Kind = "empty"      // an id, subject, body or key came out empty
	KindInvalid   Kind = "invalid"    // a value is not what its place needs
	KindUnsafe    Kind = "unsafe"     // a value breaks out of its place in the HTML (ZgotmplZ)
	KindNoValue   Kind = "no_value"   // the result says <no value>
	KindAdmin     Kind = "admin"      // the sender's email address is no admin's
	KindContact   Kind = "contact"    // there is no contact to send to
	KindAmbiguous Kind = "ambiguous"  // several contacts have the address
	KindNoVariant Kind = "no_variant" // no variant is for the row
	KindTemplate  Kind = "template"   // the template fails with this row's values
)

// A RenderError says why one row has no message. It is that row's, not the run's.
type RenderError struct {
	Template string // the setting: "to.id", "message.subject", "message.cc[1].id"
	File     string // where the template stands, as in Problem
	Line     int    // 0 if unknown
	Column   int
	Field    string // the field that is at fault, if one is
	Kind     Kind
	Reason   string
}

// Error returns file:line:column: template: field: reason, as far as known.
func (e *RenderError) Error() string {
	var b strings.Builder
	b.WriteString(Problem{File: e.File, Line: e.Line, Column: e.Column, Message: e.Template}.Error())
	if e.Field != "" {
		fmt.Fprintf(&b, ": field %s", e.Field)
	}
	b.WriteString(": " + e.Reason)
	return b.String()
}

// A callError is a function of ours that can't work with what it was given.
type callError struct{ function, reason string }

func (e *callError) Error() string { return e.function + ": " + e.reason }

func badCall(function, format string, args ...any) error {
	return &callError{function, fmt.Sprintf(format, args...)}
}

// failure makes a row's error of what executing a template ended with.
func (p *program) failure(err error) error {
	var field *RenderError
	if errors.As(err, &field) {
		field.Template = p.name
		return field
	}
	e := &RenderError{Template: p.name, Kind: KindTemplate, Reason: "can't be worked out for this row"}
	p.locate(e, err)
	var call *callError
	if errors.As(err, &call) {
		e.Reason = call.Error()
	} else if strings.Contains(err.Error(), "index out of range") {
		e.Reason = "index: the list has no such element"
	}
	return e
}

// refuse is an error of the program's result.
func (p *program) refuse(kind Kind, reason string) error {
	line, column := p.tmpl.at(0)
	return &RenderError{Template: p.name, File: p.tmpl.File, Line: line, Column: column, Kind: kind, Reason: reason}
}

// execPlace takes the place out of what executing a template ended with; the
// executors tell it in no other way.
var execPlace = pattern(`template: ([^\n]*?):(\d+):(\d+): executing`)

func (p *program) locate(e *RenderError, err error) {
	e.File = p.tmpl.File
	m := execPlace().FindStringSubmatch(err.Error())
	if m == nil {
		return
	}
	if number, ok := strings.CutPrefix(m[1], sitePrefix); ok {
		i, _ := strconv.Atoi(number)
		s := p.sites[i]
		e.File = s.tmpl.File
		e.Line, e.Column = s.tmpl.at(s.offset)
		return
	}
	if t := p.files[m[1]]; t != nil {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		e.File = t.File
		e.Line, e.Column = t.at(lineStart(t.parsed, line) + column)
	}
}
