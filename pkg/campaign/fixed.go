package campaign

import (
	"html"
	"strings"
	"text/template/parse"
)

// Gap stands in a [Fixed] text for each value that depends on the row.
const Gap = '\x00'

// A Fixed is what a template says to everybody: its texts and constants one
// after another, those of the partials that it includes and of every branch of
// an {{if}} among them. Whatever is wrong with it is wrong with each message.
type Fixed struct {
	Setting string // "message.subject", "message.body"
	HTML    bool   // for html/template; Markdown is HTML by then
	Text    string // with a Gap for each value of the row

	parts []part
}

// A part is a piece of a Fixed text that has one place.
type part struct {
	start    int // in Text
	tmpl     *Template
	offset   int  // in the template's parsed text
	constant bool // it stands elsewhere: all of it is at offset
}

// Fixed returns what the template of a setting says to everybody, nil if there
// is no such template.
func (r *Renderer) Fixed(setting string) *Fixed { return r.texts[setting] }

// Place returns where what stands at Text[start:end] was written: the file as in
// Problem, line and column.
func (f *Fixed) Place(start, end int) (file string, line, column int) {
	if len(f.parts) == 0 {
		return "", 0, 0
	}
	p := f.parts[0]
	for _, next := range f.parts {
		if next.start > start {
			break
		}
		p = next
	}
	offset := p.offset
	if !p.constant {
		offset += start - p.start
	}
	if p.tmpl.Format == Markdown && !p.constant {
		if line, column, ok := p.tmpl.find(f.Text[start:end]); ok {
			return p.tmpl.File, line, column
		}
	}
	line, column = p.tmpl.at(offset)
	return p.tmpl.File, line, column
}

// find looks for a piece of the HTML that was made of a Markdown text in that
// text: Markdown keeps words and links as they are, but not their places.
func (t *Template) find(text string) (line, column int, ok bool) {
	i := strings.Index(t.Text, html.UnescapeString(text))
	if i < 0 {
		return 0, 0, false
	}
	plain := *t
	plain.parsed, plain.origin.marks = t.Text, nil
	line, column = plain.at(i)
	return line, column, true
}

// fixedOf collects the fixed text of a bound set.
func fixedOf(s *set, html bool) *Fixed {
	c := &fixedCollector{set: s}
	c.tree(s.root)
	return &Fixed{HTML: html, Text: c.text.String(), parts: c.parts}
}

type fixedCollector struct {
	set   *set
	text  strings.Builder
	parts []part
}

func (c *fixedCollector) add(t *parse.Tree, at parse.Pos, text string, constant bool) {
	c.parts = append(c.parts, part{c.text.Len(), c.set.files[t.ParseName], int(at), constant})
	c.text.WriteString(text)
}

func (c *fixedCollector) tree(name string) {
	if t := c.set.trees[name]; t != nil {
		c.list(t, t.Root)
	}
}

func (c *fixedCollector) list(t *parse.Tree, l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			c.add(t, n.Pos, string(n.Text), false)
		case *parse.ActionNode:
			c.action(t, n)
		case *parse.IfNode:
			c.list(t, n.List)
			c.list(t, n.ElseList)
		case *parse.WithNode:
			c.list(t, n.List)
			c.list(t, n.ElseList)
		case *parse.RangeNode:
			c.list(t, n.List)
			c.list(t, n.ElseList)
		case *parse.TemplateNode:
			c.tree(n.Name)
		}
	}
}

// action adds the text of a constant, or a gap.
func (c *fixedCollector) action(t *parse.Tree, n *parse.ActionNode) {
	if len(n.Pipe.Decl) > 0 {
		return // prints nothing
	}
	text := string(Gap)
	if isConstant(n.Pipe) {
		text = constantText(n.Pipe)
	}
	c.add(t, n.Pos, text, true)
}

// constantText is what a pipeline without fields says, as far as that can be
// told without executing it: the text it begins with, or else its default.
func constantText(p *parse.PipeNode) string {
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			if s, ok := arg.(*parse.StringNode); ok && !isBlank(s.Text) {
				return s.Text
			}
		}
	}
	return ""
}
