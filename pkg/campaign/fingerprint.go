package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
// name, its message settings and templates, sender, key rule and constants, in
// a fixed order. Speed, limits, the source, who is left out, and the API are not
// among them.
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
	if c.Body.File == c.File {
		addTemplate(c.Body)
	} else {
		add("message.body", c.Body.Name)
	}
	for _, name := range sorted(c.Vars) {
		add("vars."+name, c.Vars[name])
	}
	for _, name := range sorted(c.bodies.files) {
		if t := c.bodies.files[name]; t.File != c.File {
			add("file "+t.Name, t.Text)
		}
	}
	return parts
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
