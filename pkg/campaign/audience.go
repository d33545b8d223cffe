package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// An Audience is a source that is no file: contacts of the workspace. Exactly one
// of its fields is set.
type Audience struct {
	Tag     string // name or id of a tag
	Segment string // name or id of a segment
	Query   *intercom.Filter
}

// String says who they are, as people do.
func (a *Audience) String() string {
	switch {
	case a.Tag != "":
		return fmt.Sprintf("contacts with the tag %q", a.Tag)
	case a.Segment != "":
		return fmt.Sprintf("contacts in the segment %q", a.Segment)
	}
	return "contacts that the query finds"
}

// source reads a path, or an audience.
func (d *decoder) source(dst *Source) reader {
	return func(name string, n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			dst.Audience = d.audience(name, n)
			return
		}
		path, ok := d.scalar(name, n)
		if !ok {
			return
		}
		if path = strings.TrimSpace(path); path == "" {
			d.add(n, "%s is empty", name)
		} else if path != "-" && !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(d.file), path)
		}
		dst.Path = path
	}
}

func (d *decoder) audience(name string, n *yaml.Node) *Audience {
	a := &Audience{}
	found := d.mapping(name+".", n, []key{
		{"tag", value(d, &a.Tag, parseText)},
		{"segment", value(d, &a.Segment, parseText)},
		{"query", d.query(&a.Query)},
	})
	if found != nil && len(found) != 1 {
		d.add(n, "%s must be a file, or one of tag, segment and query", name)
	}
	return a
}

// query reads a search as Intercom's API takes it.
func (d *decoder) query(dst **intercom.Filter) reader {
	return func(name string, n *yaml.Node) {
		var parts any
		err := n.Decode(&parts)
		if err != nil {
			d.add(n, "%s can't be read: keys are texts", name)
			return
		}
		text, err := json.Marshal(parts)
		if err != nil {
			d.add(n, "%s can't be read: keys are texts", name)
			return
		}
		var f intercom.Filter
		if err := f.UnmarshalJSON(text); err != nil {
			message := err.Error()
			if wrong := (*intercom.QueryError)(nil); errors.As(err, &wrong) {
				message = strings.TrimPrefix(strings.TrimPrefix(message, "query"), ":")
			}
			d.add(n, "%s: %s", name, strings.TrimSpace(message))
			return
		}
		*dst = &f
	}
}

// everyRow addresses the rows of an audience, which are contacts as Intercom's API
// gives them.
func (d *decoder) everyRow(to *To) {
	place := origin{vague: true}
	to.Type = &Template{Name: "to.type", File: d.file, Text: "{{.role}}", parsed: "{{.role}}", origin: place}
	to.ID = &Template{Name: "to.id", File: d.file, Text: "{{.id}}", parsed: "{{.id}}", origin: place}
}
