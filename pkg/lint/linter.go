package lint

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Gap stands in fixed texts for each value that depends on the row.
const Gap = campaign.Gap

// Many is how many messages make a campaign of which each conversation and copy
// counts.
const Many = 100

// A Linter judges one campaign and the rows of its source. It may be used by any
// number of goroutines.
type Linter struct {
	campaign *campaign.Campaign
	renderer *campaign.Renderer
	variants map[string]*Linter // of each variant's messages; nil: there are none
	wordings []wording          // of the messages it judges
	columns  []column           // that are worth looking at
	uses     []campaign.Use
	subject  subjectRules
	bodyText bool // the body's fixed text has something to read
	bodyHTML bool
}

type subjectRules struct{ varies, shouts bool }

// A column is a field that a template reads, or that has email addresses.
type column struct {
	name    string
	index   int      // in a source with a header, else -1
	path    []string // in a JSON object
	id      bool     // of somebody: to.id, cc, bcc
	key     bool
	text    bool // printed in subject or body
	subject bool
	address bool
	bare    bool // printed where the template does not say what to do without it
}

// New returns the linter of a campaign; h is the header of its source, nil for
// JSONL, as the renderer was compiled for.
func New(c *campaign.Campaign, r *campaign.Renderer, h *source.Header) *Linter {
	wordings := wordingsOf(c)
	l := newLinter(c, r, h, wordings)
	if len(c.Variants) > 0 {
		l.variants = map[string]*Linter{}
		for i, w := range wordings {
			l.variants[w.variant] = newLinter(c, r, h, wordings[i:i+1])
		}
	}
	return l
}

func newLinter(c *campaign.Campaign, r *campaign.Renderer, h *source.Header, wordings []wording) *Linter {
	l := &Linter{campaign: c, renderer: r, wordings: wordings, uses: r.Places()}
	for _, u := range l.uses {
		l.use(l.column(u.Field, h), u)
	}
	for _, name := range addressNames(h) {
		if !l.tellsSender(name) {
			l.column(name, h).address = true
		}
	}
	if f := r.Fixed(wordings[0].subject); f != nil {
		l.subject = subjectRules{varies: strings.ContainsRune(f.Text, Gap), shouts: isShouting(f.Text)}
	}
	body := r.Fixed(wordings[0].body)
	l.bodyHTML, l.bodyText = body.HTML, hasText(body.Text, body.HTML)
	return l
}

// column returns the column of a name, a new one if there is none yet.
func (l *Linter) column(name string, h *source.Header) *column {
	for i := range l.columns {
		if l.columns[i].name == name {
			return &l.columns[i]
		}
	}
	c := column{name: name, index: -1}
	if h != nil {
		c.index, _ = h.Index(name)
	} else {
		c.path = strings.Split(name, ".")
	}
	l.columns = append(l.columns, c)
	return &l.columns[len(l.columns)-1]
}

// use notes what a column is used for.
func (l *Linter) use(c *column, u campaign.Use) {
	switch {
	case l.isSubject(u.Setting) || l.isBody(u.Setting):
		if u.Tested {
			return
		}
		c.text = true
		c.subject = c.subject || l.isSubject(u.Setting)
		c.bare = c.bare || !u.Handled && !l.asksFor(u)
	case u.Setting == "to.email":
		c.key, c.address = true, true
	case u.Setting == "key" || u.Setting == "to.external_id":
		c.key = true
	case strings.HasSuffix(u.Setting, ".id"): // of to, cc, bcc
		c.id = true
	}
}

// asksFor reports whether a template asks for a field before it prints it, as in
// {{if .name}}Hi {{.name}}{{end}}.
func (l *Linter) asksFor(printed campaign.Use) bool {
	for _, u := range l.uses {
		if u.Setting == printed.Setting && u.Field == printed.Field && u.Tested && u.Handled {
			return true
		}
	}
	return false
}

// tellsSender reports whether a field tells who messages come from.
func (l *Linter) tellsSender(field string) bool {
	for _, u := range l.uses {
		if l.isFrom(u.Setting) && u.Field == field {
			return true
		}
	}
	return false
}

// firstField returns the first field that a setting reads, empty if none.
func (l *Linter) firstField(setting string) string {
	for _, u := range l.uses {
		if u.Setting == setting {
			return u.Field
		}
	}
	return ""
}

// addressNames returns the columns that hold the email address of the contact, by
// their names. Rows of a JSONL source have a field email, if any.
func addressNames(h *source.Header) []string {
	if h == nil {
		return []string{"email"}
	}
	var names []string
	for _, name := range h.Names() {
		if isAddressName(source.Snake(name)) {
			names = append(names, name)
		}
	}
	return names
}

func isAddressName(snake string) bool {
	switch snake {
	case "email", "e_mail", "mail", "email_address", "e_mail_address", "contact_email", "user_email", "customer_email":
		return true
	}
	return false
}

// AddressOf returns the email address of a row, empty if there is none.
func (l *Linter) AddressOf(row *source.Recipient) string {
	for i := range l.columns {
		if c := &l.columns[i]; c.address {
			if value, ok := c.value(row); ok && isAddress(strings.TrimSpace(value)) {
				return strings.TrimSpace(value)
			}
		}
	}
	return ""
}

// AddressField returns the first column of email addresses.
func (l *Linter) AddressField() string {
	for i := range l.columns {
		if l.columns[i].address {
			return l.columns[i].name
		}
	}
	return ""
}

// KeyField returns the field that makes a row's key, the first one where there
// are several.
func (l *Linter) KeyField() string {
	if field := l.firstField("key"); field != "" || l.campaign.Key != nil {
		return field
	}
	return cmp.Or(l.firstField("to.id"), l.firstField("to.email"), l.firstField("to.external_id"))
}

// Value returns a field of a row as text, empty if there is none.
func (l *Linter) Value(row *source.Recipient, field string) string {
	for i := range l.columns {
		if l.columns[i].name == field {
			value, _ := l.columns[i].value(row)
			return value
		}
	}
	return ""
}

// value returns the column's value in a row as text, false if there is none: a
// field that is absent, null, a list or an object.
func (c *column) value(row *source.Recipient) (string, bool) {
	if c.index >= 0 {
		return row.At(c.index), true
	}
	v, ok := row.Value(c.path[0])
	for _, name := range c.path[1:] {
		object, isObject := v.(map[string]any)
		if !isObject {
			return "", false
		}
		v, ok = object[name]
	}
	if !ok {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case []any:
		return "", len(v) == 0
	}
	return "", false
}
