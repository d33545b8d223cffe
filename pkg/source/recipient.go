package source

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// A Header names the columns of a source, in the order of the file. Each
// column is also reachable in snake_case: "First Name" as first_name.
// A Header is immutable and may be shared by goroutines.
type Header struct {
	names []string
	index map[string]int
}

// NewHeader returns the header with these column names, which it trims. It
// reports the first empty or duplicate name as a *HeaderError; a snake_case
// form that two columns share belongs to neither.
func NewHeader(names []string) (*Header, error) {
	h := &Header{names: make([]string, len(names)), index: make(map[string]int, 2*len(names))}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if name == "" {
			return nil, &HeaderError{Column: i + 1}
		}
		if first, ok := h.index[name]; ok {
			return nil, &HeaderError{Column: i + 1, Name: name, First: first + 1}
		}
		h.names[i], h.index[name] = name, i
	}
	h.addSnakeNames()
	return h, nil
}

// newMembers returns the names of a JSON object's members, which are all
// different. Unlike those of columns they may be anything.
func newMembers(names []string) *Header {
	h := &Header{names: names, index: make(map[string]int, 2*len(names))}
	for i, name := range names {
		h.index[name] = i
	}
	h.addSnakeNames()
	return h
}

func (h *Header) addSnakeNames() {
	shared := make(map[string]int, len(h.names))
	for _, name := range h.names {
		shared[Snake(name)]++
	}
	for i, name := range h.names {
		snake := Snake(name)
		if _, taken := h.index[snake]; !taken && shared[snake] == 1 {
			h.index[snake] = i
		}
	}
}

// Names returns the column names in the order of the file.
func (h *Header) Names() []string { return slices.Clone(h.names) }

// Name returns the name of column i.
func (h *Header) Name(i int) string { return h.names[i] }

// Len returns the number of columns.
func (h *Header) Len() int { return len(h.names) }

// Index returns the position, from 0, of the column with this name or this
// snake_case form.
func (h *Header) Index(name string) (int, bool) {
	i, ok := h.index[name]
	return i, ok
}

// Snake returns the snake_case form of a column name: lower-case letters and
// digits, every run of anything else one underscore, none at the ends.
func Snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}

// A Recipient is one row of a source. It owns its data: it stays valid after
// the next row is read. It is not changed after it was read, so goroutines may
// share it.
type Recipient struct {
	// Line is the physical line of the file at which the row starts, from 1.
	Line int

	header  *Header  // CSV only
	members *Header  // JSONL only
	values  []string // one a column; of a JSON object as they stand there
	given   []any    // one a member, if the row was not read but made

	joined map[string]any // what is known of it from elsewhere
}

// NewRecipient returns a row of a source with a header. There must be as many
// values as the header has columns.
func NewRecipient(h *Header, line int, values []string) *Recipient {
	return &Recipient{Line: line, header: h, values: values}
}

// NewObject returns a row of a source without a header: one JSON object, its
// numbers as json.Number.
func NewObject(line int, object map[string]any) *Recipient {
	r := &Recipient{Line: line, members: newMembers(slices.Sorted(maps.Keys(object)))}
	for _, name := range r.members.names {
		r.given = append(r.given, object[name])
	}
	return r
}

// Join returns a copy of the row that has fields from elsewhere besides its own,
// for [Recipient.Joined].
func (r *Recipient) Join(fields map[string]any) *Recipient {
	row := *r
	row.joined = fields
	return &row
}

// Joined returns the fields that Join added, nil if it did not.
func (r *Recipient) Joined() map[string]any { return r.joined }

// Header returns the header of the row's source, nil for JSONL.
func (r *Recipient) Header() *Header { return r.header }

// At returns the value of column i of a row that has a header.
func (r *Recipient) At(i int) string { return r.values[i] }

// Value returns the field with this name or this snake_case form: a string
// from a CSV source; string, json.Number, bool, nil, []any or map[string]any
// from a JSONL source.
func (r *Recipient) Value(name string) (any, bool) {
	if r.header != nil {
		if i, ok := r.header.Index(name); ok {
			return r.values[i], true
		}
		return nil, false
	}
	i, ok := r.members.Index(name)
	switch {
	case !ok:
		return nil, false
	case r.given != nil:
		return r.given[i], true
	}
	return jsonValue(r.values[i]), true
}

// Names returns the names of the row's fields: a CSV source's columns in the
// order of the file, a JSON object's keys sorted.
func (r *Recipient) Names() []string {
	if r.header != nil {
		return r.header.Names()
	}
	return slices.Sorted(slices.Values(r.members.names))
}
