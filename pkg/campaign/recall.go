package campaign

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/contacts"
)

// Recall makes a campaign of the contents of its [Campaign.Parts], by their
// names, as they were recorded when it was sent: it renders what was sent then,
// whatever its files say now. It has no source, no speed and no API. file is
// what its problems are named after. The error is Problems, or says which part
// this version knows nothing of.
func Recall(file string, parts map[string]string) (*Campaign, error) {
	c := &Campaign{File: file, Vars: map[string]string{}}
	r := recaller{campaign: c, own: map[string]string{}, finder: finder{decoder: &decoder{file: file}, recorded: map[string]string{}}}
	for _, name := range sorted(parts) {
		if err := r.part(name, parts[name]); err != nil {
			return nil, err
		}
	}
	if !r.whole() {
		return nil, fmt.Errorf("recall %s: a part of the message is missing", file)
	}
	r.bodies()
	for _, t := range c.inline() {
		r.parse(t)
	}
	if err := r.problems.err(file); err != nil {
		return nil, err
	}
	return c, nil
}

// A recaller puts parts back in their places.
type recaller struct {
	finder
	campaign *Campaign
	body     string            // its text, or the name of its file
	own      map[string]string // those of variants, by name
}

// whole reports whether every message has a recipient, a sender and a body.
func (r *recaller) whole() bool {
	c := r.campaign
	has := func(v *Variant) bool {
		return (c.From != nil || v.From != nil) && (r.body != "" || r.own[v.Name] != "")
	}
	whole := len(c.Variants) > 0 || has(&Variant{})
	for i := range c.Variants {
		whole = whole && has(&c.Variants[i])
	}
	return whole && (c.To.By() != "" || c.To.Type != nil && c.To.ID != nil)
}

// part puts one part in its place.
func (r *recaller) part(name, content string) (err error) {
	c := r.campaign
	switch name {
	case "name":
		c.Name = content
	case "to.prefer":
		c.To.Prefer = contacts.Preference(content)
	case "message.type":
		c.Type = content
	case "message.template":
		c.Template = content
	case "message.create_conversation_without_contact_reply":
		c.OpenConversation, err = strconv.ParseBool(content)
	case "message.created_at":
		c.CreatedAt, err = time.Parse(time.RFC3339, content)
	case "message.body":
		r.body = content
	case "variants": // comes before what they have
		for _, v := range strings.Split(content, ", ") {
			c.Variants = append(c.Variants, Variant{Name: v})
		}
	default:
		return r.named(name, content)
	}
	return err
}

// named puts a template, a constant or a file in its place.
func (r *recaller) named(name, content string) error {
	if v, ok := strings.CutPrefix(name, "vars."); ok {
		r.campaign.Vars[v] = content
		return nil
	}
	if f, ok := strings.CutPrefix(name, "file "); ok {
		r.recorded[f] = content
		return nil
	}
	if v, key := r.variant(name); key == "weight" {
		var err error
		v.Weight, err = parseWeight(content)
		return err
	} else if key == "body" {
		r.own[v.Name] = content
		return nil
	}
	place := r.place(name)
	if place == nil {
		return fmt.Errorf("recall %s: this version has no %s", r.file, name)
	}
	*place = &Template{Name: name, File: r.file, Text: content, parsed: content, origin: origin{vague: true}}
	return nil
}

// variant takes apart "variants.NAME.KEY"; nil if it is nothing like that.
func (r *recaller) variant(name string) (v *Variant, key string) {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] != "variants" {
		return nil, ""
	}
	if v = r.campaign.Variant(parts[1]); v == nil {
		return nil, ""
	}
	return v, parts[2]
}

// place returns where a template of this name belongs, nil if nowhere.
func (r *recaller) place(name string) **Template {
	c := r.campaign
	switch name {
	case "to.type":
		return &c.To.Type
	case "to.id":
		return &c.To.ID
	case "to.email":
		return &c.To.Email
	case "to.external_id":
		return &c.To.ExternalID
	case "key":
		return &c.Key
	case "message.subject":
		return &c.Subject
	case "message.from":
		return &c.From
	}
	switch v, key := r.variant(name); key {
	case "when":
		return &v.When
	case "subject":
		return &v.Subject
	case "from":
		return &v.From
	}
	if rest, ok := strings.CutPrefix(name, "message.cc["); ok {
		return copyPlace(&c.CC, rest)
	}
	if rest, ok := strings.CutPrefix(name, "message.bcc["); ok {
		return copyPlace(&c.BCC, rest)
	}
	return nil
}

// copyPlace finds "3].id" in a list of copies, which it makes long enough.
func copyPlace(list *[]To, rest string) **Template {
	number, what, ok := strings.Cut(rest, "].")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > maxRecalled {
		return nil
	}
	for len(*list) < n {
		*list = append(*list, To{})
	}
	switch what {
	case "type":
		return &(*list)[n-1].Type
	case "id":
		return &(*list)[n-1].ID
	}
	return nil
}

// maxRecalled bounds what a damaged name can ask for.
const maxRecalled = 1000

// bodies parses all bodies.
func (r *recaller) bodies() {
	c := r.campaign
	c.Body, c.bodies = r.recordedBody("message.body", r.body)
	for i := range c.Variants {
		v := &c.Variants[i]
		v.Body, v.bodies = r.recordedBody("variants."+v.Name+".body", r.own[v.Name])
	}
}

// recordedBody parses a body, which is a file if one of its name was recorded.
func (r *recaller) recordedBody(key, body string) (*Template, *set) {
	if body == "" {
		return nil, nil
	}
	t := &Template{Name: key, File: r.file, Text: body, parsed: body, origin: origin{vague: true}}
	if text, ok := r.recorded[body]; ok {
		t, _ = newFile(body, body, []byte(text)) // it was a file already
	} else if tag().MatchString(body) {
		t.Format = HTML
	}
	if t == nil {
		r.problems = append(r.problems, Problem{File: body, Message: "is no template"})
		return nil, nil
	}
	return t, r.set(t)
}

// findRecorded is find among the files that were recorded.
func (f *finder) findRecorded(names []string) (*Template, error) {
	for _, name := range names {
		if text, ok := f.recorded[name]; ok {
			return newFile(name, name, []byte(text))
		}
	}
	return nil, fs.ErrNotExist
}
