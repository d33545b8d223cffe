package campaign

import (
	"sort"
	"strings"
	"text/template/parse"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A Format is how a template's text is read and its values are escaped.
type Format int

const (
	Plain    Format = iota // text/template: values as they are
	HTML                   // html/template: values are escaped for where they stand
	Markdown               // made into HTML once, then as HTML
)

// A Template is a template as it was written: a value of the campaign file, or
// a file of its own.
type Template struct {
	Name   string // what it is for ("message.subject"), or the name of its file
	File   string // where it stands: the campaign file, its own, or "shipped:NAME"
	Text   string
	Format Format

	parsed string // what is parsed: Text, or the HTML made of it
	origin origin
	tree   *parse.Tree // of a template of one text; the body's are in a set
}

// An origin says where in a file a template's characters stand.
type origin struct {
	line, column int    // of the first one
	indent       int    // characters that the file has before each further line
	vague        bool   // the file breaks the text otherwise: the first one's place stands for all
	marks        []mark // Markdown: where its actions went
}

// A mark says that the action at offset html of the parsed text is the one at
// offset text of the text.
type mark struct{ html, text int }

// at returns line and column, in characters from 1, of an offset in the parsed
// text.
func (t *Template) at(offset int) (line, column int) {
	o := t.origin
	offset = min(max(offset, 0), len(t.parsed))
	if o.marks != nil {
		i := sort.Search(len(o.marks), func(i int) bool { return o.marks[i].html > offset })
		if i == 0 {
			return o.line, o.column
		}
		offset = o.marks[i-1].text + offset - o.marks[i-1].html
	}
	if o.vague {
		return o.line, o.column
	}
	before := t.Text[:min(offset, len(t.Text))]
	newline := strings.LastIndexByte(before, '\n')
	column = utf8.RuneCountInString(before[newline+1:])
	if newline < 0 {
		return o.line, o.column + column
	}
	return o.line + strings.Count(before, "\n"), o.indent + column + 1
}

// problem returns a problem at an offset of the parsed text.
func (t *Template) problem(offset int, message string) Problem {
	line, column := t.at(offset)
	return Problem{File: t.File, Line: line, Column: column, Message: message}
}

// template reads a value that is a template.
func (d *decoder) template(dst **Template) reader {
	return func(name string, n *yaml.Node) {
		text, ok := d.scalar(name, n)
		if !ok {
			return
		}
		if strings.TrimSpace(text) == "" {
			d.add(n, "%s is empty", name)
			return
		}
		*dst = &Template{Name: name, File: d.file, Text: text, parsed: text, origin: d.origin(n)}
	}
}

// origin finds where the text of a scalar stands in the file.
func (d *decoder) origin(n *yaml.Node) origin {
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		indent := d.indent(n)
		return origin{line: n.Line + 1, column: indent + 1, indent: indent}
	case n.Style&yaml.FoldedStyle != 0, strings.Contains(n.Value, "\n"):
		return origin{line: n.Line, column: n.Column, vague: true}
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return origin{line: n.Line, column: n.Column + 1}
	}
	return origin{line: n.Line, column: n.Column}
}

// indent returns by how many blanks the block of text after a pipe is indented.
func (d *decoder) indent(n *yaml.Node) int {
	first, _, _ := strings.Cut(strings.TrimLeft(n.Value, "\n"), "\n")
	for _, line := range d.lines[min(n.Line, len(d.lines)):] {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) != "" {
			return max(0, len(line)-len(first))
		}
	}
	return 0
}
