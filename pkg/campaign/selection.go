package campaign

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A Selection says which rows of the source are left out. It is no part of what
// is sent, so it may change between runs.
type Selection struct {
	Only   *Template // renders true for rows that are written to; nil: all
	Except *Template // renders true for rows that are not; nil: none
	Sample float64   // the part of the rows that are written to, up to 1; 0: all
	// Suppress are the paths of lists of people who must not be written to.
	Suppress []string
}

func (d *decoder) selection(s *Selection) []key {
	return []key{
		{"only", d.condition(&s.Only)},
		{"except", d.condition(&s.Except)},
		{"sample", value(d, &s.Sample, ParseShare)},
		{"suppress", d.lists(&s.Suppress)},
	}
}

// condition reads a template; one without actions would be the same for every
// row.
func (d *decoder) condition(dst **Template) reader {
	return func(name string, n *yaml.Node) {
		if d.template(dst)(name, n); *dst != nil && !strings.Contains((*dst).Text, "{{") {
			d.add(n, "%s must be a condition on the row, as in '{{eq .lang \"de\"}}'", name)
		}
	}
}

// lists reads the path of a file, or a list of them, relative to the campaign file.
func (d *decoder) lists(dst *[]string) reader {
	return func(name string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			item = resolve(item)
			path, ok := d.scalar(name, item)
			if path = strings.TrimSpace(path); !ok {
				continue
			}
			if path == "" || path == "-" {
				d.add(item, "%s must name a file", name)
				continue
			}
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(d.file), path)
			}
			*dst = append(*dst, path)
		}
	}
}

// Conditions returns the templates of the selection that there are.
func (s *Selection) Conditions() []*Template {
	return slices.DeleteFunc([]*Template{s.Only, s.Except}, func(t *Template) bool { return t == nil })
}

// InSample reports whether the person with this key is in the campaign's
// sample: by a hash of the campaign's name and the key, so in every run the same,
// and in a greater sample too.
func (c *Campaign) InSample(key string) bool {
	if c.Sample == 0 {
		return true
	}
	sum := sha256.Sum256([]byte("sample\x00" + c.Name + "\x00" + key))
	return float64(binary.BigEndian.Uint64(sum[:])>>11)/(1<<53) < c.Sample
}

// Selected reports whether the campaign's conditions let a row be written to;
// why is the setting that doesn't. A condition on a contact that was not looked up
// yet lets it. The error is a *RenderError: a condition can't
// be decided. Render has it too, so that nobody is written to then.
func (r *Renderer) Selected(row *source.Recipient) (selected bool, why string, err error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	if r.only != nil && r.only.contact || r.except != nil && r.except.contact {
		joined, _, err := r.join(b, row)
		if err != nil {
			return false, "", err
		}
		row = joined
	}
	return r.selected(b, row)
}

func (r *Renderer) selected(b *bytes.Buffer, row *source.Recipient) (bool, string, error) {
	for _, c := range []struct {
		p    *program
		want bool
	}{{r.only, true}, {r.except, false}} {
		if c.p == nil || c.p.waits(row) {
			continue
		}
		holds, err := c.p.holds(b, row)
		if err != nil || holds != c.want {
			return false, c.p.name, err
		}
	}
	return true, "", nil
}

// holds renders a condition: true, yes or 1; false, no, 0 or nothing.
func (p *program) holds(b *bytes.Buffer, row *source.Recipient) (bool, error) {
	text, err := p.one(b, row)
	if err != nil {
		return false, err
	}
	switch text = strings.ToLower(strings.TrimSpace(text)); text {
	case "true", "yes", "1":
		return true, nil
	case "false", "no", "0", "":
		return false, nil
	}
	return false, p.refuse(KindInvalid, strconv.Quote(text)+" must be true or false, as {{eq .lang \"de\"}} is")
}

// SenderFields returns the names of the fields that tell a row's sender: what is
// in them is of somebody else than the person in the row. They are as templates
// say them, the first of several.
func (r *Renderer) SenderFields() []string {
	var names []string
	for _, w := range r.wordings() {
		for _, s := range w.from.sites {
			if len(s.path) > 0 && !s.contact {
				names = append(names, s.path[0])
			}
		}
	}
	return names
}

// Copied returns the ids of the contacts that get a copy of a row's message.
// The error is a *RenderError, as Render has it.
func (r *Renderer) Copied(row *source.Recipient) ([]string, error) {
	if len(r.cc)+len(r.bcc) == 0 {
		return nil, nil
	}
	b := r.buffer()
	defer r.buffers.Put(b)
	if slices.ContainsFunc(slices.Concat(r.cc, r.bcc), func(c copyPrograms) bool { return c.id.contact || c.kind.contact }) {
		joined, _, err := r.join(b, row)
		if err != nil {
			return nil, err
		}
		row = joined
	}
	var ids []string
	for _, copies := range [][]copyPrograms{r.cc, r.bcc} {
		all, err := copiesOf(b, row, copies)
		if err != nil {
			return nil, err
		}
		for _, to := range all {
			ids = append(ids, to.ID)
		}
	}
	return ids, nil
}
