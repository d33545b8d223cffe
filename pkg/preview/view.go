package preview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A View is what is looked at: a campaign, bound to the columns of its source.
// It is not changed, so goroutines may share it.
type View struct {
	// Campaign and Renderer are required, and belong together.
	Campaign *campaign.Campaign
	Renderer *campaign.Renderer
	// Source is what people call the source.
	Source string
	// Open opens the source from its start; required. It is called again for
	// each pass.
	Open func() (*source.Reader, error)
	// Files are what the view was made of. When one of them changes, the page
	// asks for a new view.
	Files []string
	// Problems returns what else is wrong with a row and its message, beyond
	// what keeps it from being rendered; m is nil if that failed. variant is the one
	// it is of, empty if there are none. It may be called by several goroutines at
	// once. Nil: nothing else is looked for.
	Problems func(row *source.Recipient, variant string, m *intercom.Message) []Problem
}

// as returns the view with all messages in one variant; the view itself if the
// campaign has no such variant.
func (v *View) as(variant string) *View {
	if !v.Renderer.Has(variant) {
		return v
	}
	one := *v
	one.Renderer = v.Renderer.As(variant)
	return &one
}

// A Problem is one thing wrong with a row, its message or the campaign.
type Problem struct {
	Place   string // "file:line:column", as far as it is known
	Text    string // a clause
	Warning bool   // the message can be sent all the same
}

// String returns "place: text".
func (p Problem) String() string {
	if p.Place == "" {
		return p.Text
	}
	return p.Place + ": " + p.Text
}

// A Query says which row is looked for.
type Query struct {
	Key   string // the row's key; empty: the row with a field
	Field string // the name of the field; empty: any field, or the key
	Value string // of the field; letter case and space around it don't count
}

// matches reports whether a row is one that is looked for.
func (v *View) matches(q Query, row *source.Recipient) bool {
	if q.Key != "" {
		key, err := v.Renderer.Key(row)
		return err == nil && key == q.Key
	}
	if q.Field != "" {
		value, ok := row.Value(q.Field)
		return ok && sameText(Text(value), q.Value)
	}
	for value := range texts(row) {
		if sameText(value, q.Value) {
			return true
		}
	}
	key, err := v.Renderer.Key(row)
	return err == nil && key == q.Value
}

// sameText compares what a person typed with a value.
func sameText(value, typed string) bool {
	return strings.EqualFold(strings.TrimSpace(value), strings.TrimSpace(typed))
}

// texts yields the values of a row's fields.
func texts(row *source.Recipient) iter.Seq[string] {
	return func(yield func(string) bool) {
		if h := row.Header(); h != nil { // its names are the same for a million rows
			for i := 0; i < h.Len() && yield(row.At(i)); i++ {
			}
			return
		}
		for _, name := range row.Names() {
			if value, _ := row.Value(name); !yield(Text(value)) {
				return
			}
		}
	}
}

// Text returns a field's value as people read it: a number as it was written,
// nothing for null, lists and objects as JSON.
func Text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case json.Number, bool:
		return fmt.Sprint(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// Missing returns the fields that the campaign's templates use and the row has
// no value for, though the templates get by without (default, if): optional
// fields, in the order of the templates.
func (v *View) Missing(row *source.Recipient) []string { return missing(row, v.optional()) }

// optional returns the names of the fields that the templates get by without.
func (v *View) optional() []string {
	var names []string
	for _, use := range v.Renderer.Places() {
		if use.Handled && !slices.Contains(names, use.Field) {
			names = append(names, use.Field)
		}
	}
	return names
}

// missing returns those of these fields that a row has no value for.
func missing(row *source.Recipient, names []string) []string {
	var gone []string
	for _, name := range names {
		if isMissing(row, name) {
			gone = append(gone, name)
		}
	}
	return gone
}

// isMissing reports whether a row has no value in a field, or in the member
// a.b of an object.
func isMissing(row *source.Recipient, name string) bool {
	value, ok := row.Value(name)
	if !ok {
		first, rest, nested := strings.Cut(name, ".")
		if !nested {
			return true
		}
		value, _ = row.Value(first)
		for part := range strings.SplitSeq(rest, ".") {
			object, _ := value.(map[string]any)
			value = object[part]
		}
	}
	return strings.TrimSpace(Text(value)) == ""
}

// Sender says who a row's message comes from, as far as that is known without
// asking the API.
func (v *View) Sender(row *source.Recipient) (string, error) {
	from, err := v.Renderer.Sender(row)
	if err != nil {
		return "", err
	}
	return cmp.Or(from.Email, fmt.Sprintf("admin %d", from.ID)), nil
}
