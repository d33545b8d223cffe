package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

// matches says by what a row is the one, empty if it is not, and whether that is
// exactly what was asked for.
func (w wanted) matches(key, id string, row *source.Recipient) (by string, exact bool) {
	is := func(value string) bool { return strings.EqualFold(strings.TrimSpace(value), w.text) }
	switch {
	case w.line != 0:
		if row.Line == w.line {
			return "line", true
		}
	case w.field != "":
		if value, ok := valueAt(row, w.field); ok && is(value) {
			return w.field, true
		}
	case key == w.text:
		return "key", true
	case id == w.text:
		return "contact id", true
	case is(key):
		return "key", false
	default:
		eachValue(row, func(name, value string) bool {
			if is(value) {
				by = name
			}
			return by == ""
		})
	}
	return by, false
}

// eachValue calls do with the fields of a row that have one value each, those
// within others under their path, until it returns false.
func eachValue(row *source.Recipient, do func(name, value string) bool) {
	if h := row.Header(); h != nil {
		for i := range h.Len() {
			if row.At(i) != "" && !do(h.Name(i), row.At(i)) {
				return
			}
		}
		return
	}
	for _, name := range row.Names() {
		value, _ := row.Value(name)
		if !eachLeaf(name, value, do) {
			return
		}
	}
}

func eachLeaf(name string, value any, do func(name, value string) bool) bool {
	switch v := value.(type) {
	case string:
		return do(name, v)
	case json.Number:
		return do(name, v.String())
	case []any:
		for _, item := range v {
			if !eachLeaf(name, item, do) {
				return false
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !eachLeaf(name+"."+key, v[key], do) {
				return false
			}
		}
	}
	return true
}

// valueAt returns the value of the field with this name or path.
func valueAt(row *source.Recipient, path string) (text string, ok bool) {
	if value, there := row.Value(path); there {
		eachLeaf(path, value, func(_, v string) bool { text, ok = v, true; return false })
		return text, ok
	}
	first, _, nested := strings.Cut(path, ".")
	value, there := row.Value(first)
	if !nested || !there {
		return "", false
	}
	eachLeaf(first, value, func(name, v string) bool {
		if name == path {
			text, ok = v, true
		}
		return !ok
	})
	return text, ok
}
