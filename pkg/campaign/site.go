package campaign

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A site is one place of a template that reads a field.
type site struct {
	path     []string // .a.b is a, b; empty: the value at the dot itself
	contact  bool     // path[1:] is a field of the row's contact
	column   int      // of path[0] in a source with a header, else -1
	optional bool     // absent is no error: the template asks for it
	handled  bool     // empty or absent is provided for, by default or a condition
	printed  bool     // goes into the message as it is: must be a single value
	tmpl     *Template
	offset   int // in the parsed text
}

// String returns the field as a template says it.
func (s *site) String() string { return "." + strings.Join(s.path, ".") }

// read returns the field of what the dot is at this place.
func (s *site) read(dot any) (any, error) {
	row, ok := dot.(*source.Recipient)
	if !ok {
		return s.finish(s.walk(dot, s.path))
	}
	if s.contact {
		return s.finish(s.walk(row.Joined(), s.path[1:]))
	}
	if s.column >= 0 && row.Header() != nil {
		if len(s.path) == 1 {
			return row.At(s.column), nil
		}
		return s.finish(nil, false)
	}
	if len(s.path) == 0 {
		return nil, s.fail(KindInvalid, "the dot is the whole row here, which can't be printed")
	}
	v, found := row.Value(s.path[0])
	if !found {
		return s.finish(nil, false)
	}
	return s.finish(s.walk(v, s.path[1:]))
}

// walk follows a path into nested objects.
func (s *site) walk(v any, path []string) (any, bool) {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = object[name]; !ok {
			return nil, false
		}
	}
	return v, v != nil
}

// finish judges what was found: null is as good as absent.
func (s *site) finish(v any, found bool) (any, error) {
	if !found || v == nil {
		if s.optional {
			return nil, nil
		}
		if s.contact {
			return nil, s.fail(KindMissing, "the contact in Intercom has none")
		}
		return nil, s.fail(KindMissing, "the row has no such field, or null")
	}
	if s.printed && !isSingle(v) && !(s.optional && isEmpty(v)) {
		return nil, s.fail(KindInvalid, "is a list or an object: use join, range or a field of it")
	}
	return v, nil
}

// text returns the field for a template that is read without an executor.
func (s *site) text(row *source.Recipient) (string, error) {
	if s.column >= 0 && len(s.path) == 1 && row.Header() != nil {
		return row.At(s.column), nil
	}
	v, err := s.read(row)
	if err != nil || v == nil || !isSingle(v) {
		return "", err
	}
	return textOf(v), nil
}

func (s *site) fail(kind Kind, reason string) error {
	line, column := s.tmpl.at(s.offset)
	e := &RenderError{File: s.tmpl.File, Line: line, Column: column, Kind: kind, Reason: reason}
	if len(s.path) > 0 {
		e.Field = strings.Join(s.path, ".")
	}
	return e
}

func isSingle(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

// textOf returns a single value as a message has it: numbers keep their
// digits, null is nothing.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}
