package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Part is a named piece of what a campaign sends, to whom and from whom. Two
// lists of parts tell by name what changed, and by content how.
type Part struct {
	Name    string // a setting, as in "message.subject", or "file " and the name of a template file
	Content string
	Hash    string // SHA-256 of Content, in hex
}

// Parts returns the parts that decide what each person gets: the campaign's
// name, its message settings and templates, variants with their weights and
// conditions, sender, key rule and constants, in a fixed order. Speed, limits,
// who is held or left out, the source and the API are not among them.
func (c *Campaign) Parts() []Part {
	var parts []Part
	add := func(name, content string) {
		sum := sha256.Sum256([]byte(content))
		parts = append(parts, Part{Name: name, Content: content, Hash: hex.EncodeToString(sum[:])})
	}
	addTemplate := func(t *Template) {
		if t != nil {
			add(t.Name, t.Text)
		}
	}
	add("name", c.Name)
	for _, t := range c.inline() {
		addTemplate(t)
	}
	if c.To.Prefer != "" {
		add("to.prefer", string(c.To.Prefer))
	}
	add("message.type", c.Type)
	add("message.template", c.Template)
	add("message.create_conversation_without_contact_reply", strconv.FormatBool(c.OpenConversation))
	if !c.CreatedAt.IsZero() {
		add("message.created_at", c.CreatedAt.UTC().Format(time.RFC3339))
	}
	if len(c.Variants) > 0 {
		add("variants", strings.Join(c.VariantNames(), ", "))
	}
	for _, v := range c.Variants {
		if v.Weight > 0 {
			add("variants."+v.Name+".weight", strconv.FormatFloat(v.Weight, 'g', -1, 64))
		}
	}
	for key, t := range c.allBodies() {
		if t.File == c.File {
			addTemplate(t)
		} else {
			add(key, t.Name)
		}
	}
	for _, name := range sorted(c.Vars) {
		add("vars."+name, c.Vars[name])
	}
	files := c.files()
	for _, name := range sorted(files) {
		add("file "+name, files[name])
	}
	return parts
}

// allBodies yields the message's body and those of variants, with their keys.
func (c *Campaign) allBodies() iter.Seq2[string, *Template] {
	return func(yield func(string, *Template) bool) {
		if c.Body != nil && !yield("message.body", c.Body) {
			return
		}
		for _, v := range c.Variants {
			if v.Body != nil && !yield("variants."+v.Name+".body", v.Body) {
				return
			}
		}
	}
}

// files returns the texts of all template files, by name.
func (c *Campaign) files() map[string]string {
	files := map[string]string{}
	for s := range c.sets() {
		for _, t := range s.files {
			if t.File != c.File {
				files[t.Name] = t.Text
			}
		}
	}
	return files
}

// sets yields the message's body and those of variants, with their partials.
func (c *Campaign) sets() iter.Seq[*set] {
	return func(yield func(*set) bool) {
		if c.bodies != nil && !yield(c.bodies) {
			return
		}
		for _, v := range c.Variants {
			if v.bodies != nil && !yield(v.bodies) {
				return
			}
		}
	}
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Fingerprint returns one hash of all parts.
func (c *Campaign) Fingerprint() string {
	var b strings.Builder
	for _, p := range c.Parts() {
		fmt.Fprintf(&b, "%q %s\n", p.Name, p.Hash)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
