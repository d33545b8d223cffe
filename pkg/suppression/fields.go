package suppression

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

// PersonColumns returns the names of columns whose values are taken for an
// identity of the person in the row, in snake case. All other columns count only
// where the value is an email address.
func PersonColumns() []string {
	return []string{
		"id", "contact_id", "user_id", "lead_id", "intercom_id", "external_id", "customer_id", "customer_number", "herald_key",
	}
}

// Fields finds the identities in the rows of one source. Of a field within an
// object, or in a list, only email addresses count. Its method may be called by
// many goroutines.
type Fields struct {
	persons []string // names of columns that count whatever the value
	others  []string // names of columns that never count
	header  *source.Header
	count   []bool // by column, whether it counts whatever the value
	never   []bool // by column
}

// NewFields returns the fields of a source with this header, nil for JSONL. What
// is in the columns others is of somebody else, such as the sender.
func NewFields(header *source.Header, others ...string) *Fields {
	f := &Fields{persons: PersonColumns(), others: others, header: header}
	f.index()
	return f
}

// index looks each column up once.
func (f *Fields) index() {
	if f.header == nil {
		return
	}
	f.count, f.never = make([]bool, f.header.Len()), make([]bool, f.header.Len())
	for i := range f.count {
		f.count[i] = slices.Contains(f.persons, source.Snake(f.header.Name(i)))
	}
	for _, name := range f.others {
		if i, ok := f.header.Index(name); ok {
			f.never[i] = true
		}
	}
}

// Append appends the identities in a row.
func (f *Fields) Append(ids []Identity, row *source.Recipient) []Identity {
	if f.header != nil && row.Header() != nil {
		for i := range f.count {
			if value := row.At(i); !f.never[i] {
				ids = appendValue(ids, value, f.count[i])
			}
		}
		return ids
	}
	for _, name := range row.Names() {
		if snake := source.Snake(name); !slices.Contains(f.others, name) && !slices.Contains(f.others, snake) {
			value, _ := row.Value(name)
			ids = appendValue(ids, value, slices.Contains(f.persons, snake))
		}
	}
	return ids
}

// appendValue appends what a value identifies; always is whether it
// counts if it is no email address.
func appendValue(ids []Identity, value any, always bool) []Identity {
	switch v := value.(type) {
	case string:
		return appendText(ids, v, always)
	case json.Number:
		return appendText(ids, v.String(), always)
	case []any:
		for _, item := range v {
			ids = appendValue(ids, item, false)
		}
	case map[string]any:
		for _, item := range v {
			ids = appendValue(ids, item, false)
		}
	}
	return ids
}

func appendText(ids []Identity, text string, always bool) []Identity {
	id := Identify(text)
	if always && !isNothing(string(id)) || IsEmail(string(id)) {
		ids = append(ids, id)
	}
	return ids
}

// isNothing reports whether a value is what exports put where there is none: it
// would make one person of many.
func isNothing(text string) bool {
	return slices.Contains([]string{"", "-", "0", "null", "nil", "none", "n/a", "na", "undefined", "unknown"}, strings.ToLower(text))
}
