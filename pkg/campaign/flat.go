package campaign

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/source"
)

// Most templates are texts with fields in between: nothing that depends on a
// row but which values to put where. Such a program is made flat: its executor
// runs once, on a probe whose fields are tokens; what comes out between the
// tokens is the same for every row. The tree tells whether that is so: each
// field stands alone, or before default and a constant, and, in HTML, in a
// place where values are only escaped by one table, that of appendEscaped.

// A probe is the dot of the run that makes a program flat.
type probe struct{ word string }

func (p probe) token(i int) string { return p.word + strconv.Itoa(i) + "z" }

// A piece of a flat program is a text, or a field if there is a site.
type piece struct {
	literal  string
	site     *site
	fallback string // in the place of an empty field
	or       bool   // there is a fallback
	escaped  bool   // for HTML
}

// text returns what the piece is for a row, before escaping.
func (p *piece) text(row *source.Recipient) (string, error) {
	if p.site == nil {
		return p.literal, nil
	}
	s, err := p.site.text(row)
	if err == nil && p.or && strings.TrimSpace(s) == "" {
		return p.fallback, nil
	}
	return s, err
}

func (p *piece) append(b *bytes.Buffer, row *source.Recipient) error {
	s, err := p.text(row)
	switch {
	case err != nil:
		return err
	case p.escaped && p.site != nil:
		appendEscaped(b, s)
	default:
		b.WriteString(s)
	}
	return nil
}

// A flattener looks for what keeps a program from being flat.
type flattener struct {
	trees treeFinder
	html  bool
	field map[int]piece // by the number of its site
}

// flatten makes the program flat if it can be; vars are the constants that are
// in its trees.
func (p *program) flatten(trees treeFinder, vars map[string]string) {
	f := flattener{trees: trees, html: p.html, field: map[int]piece{}}
	root := trees(p.root)
	if root == nil || !f.list(root.Root) {
		return
	}
	var out bytes.Buffer
	pr := probe{p.word(vars)}
	if err := p.exec.Execute(&out, pr); err != nil {
		return // a constant that fails: each row will say so
	}
	text, end := out.String(), 0
	for _, m := range regexp.MustCompile(pr.word+`(\d+)z`).FindAllStringSubmatchIndex(text, -1) {
		i, _ := strconv.Atoi(text[m[2]:m[3]])
		field := f.field[i]
		field.site = p.sites[i]
		field.escaped = p.html
		p.addLiteral(text[end:m[0]])
		p.pieces = append(p.pieces, field)
		end = m[1]
	}
	p.addLiteral(text[end:])
	p.flat, p.exec = true, nil
}

func (p *program) addLiteral(s string) {
	if s != "" {
		p.pieces = append(p.pieces, piece{literal: s})
	}
}

// word returns a word that no text of the program contains.
func (p *program) word(vars map[string]string) string {
	var all strings.Builder
	for _, v := range vars {
		all.WriteString(v + "\n")
	}
	for _, t := range p.files {
		all.WriteString(t.parsed)
	}
	return freeWord(all.String())
}

// list reports whether a list of nodes is flat.
func (f *flattener) list(l *parse.ListNode) bool {
	if l == nil {
		return true
	}
	for _, n := range l.Nodes {
		if !f.node(n) {
			return false
		}
	}
	return true
}

func (f *flattener) node(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
		return true
	case *parse.ActionNode:
		return len(n.Pipe.Decl) == 0 && (isConstant(n.Pipe) || f.fieldAction(n.Pipe.Cmds))
	case *parse.IfNode: // one on constants: the run on the probe decides it
		return len(n.Pipe.Decl) == 0 && isConstant(n.Pipe) && f.list(n.List) && f.list(n.ElseList)
	case *parse.TemplateNode:
		tree := f.trees(n.Name)
		return tree != nil && isRow(n.Pipe) && f.list(tree.Root)
	}
	return false
}

// isRow reports whether an inclusion passes the row, or nothing.
func isRow(p *parse.PipeNode) bool {
	if p == nil {
		return true
	}
	return len(p.Cmds) == 1 && len(p.Cmds[0].Args) == 1 && isDot(p.Cmds[0].Args[0])
}

func isDot(n parse.Node) bool {
	if v, ok := n.(*parse.VariableNode); ok {
		return len(v.Ident) == 1 && v.Ident[0] == "$"
	}
	_, ok := n.(*parse.DotNode)
	return ok
}

// isConstant reports whether a pipeline reads no field.
func isConstant(p *parse.PipeNode) bool {
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			switch n := arg.(type) {
			case *parse.StringNode, *parse.NumberNode, *parse.BoolNode, *parse.NilNode:
			case *parse.IdentifierNode:
				if n.Ident == fieldFunction {
					return false
				}
			case *parse.PipeNode:
				if !isConstant(n) {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}

// fieldAction reports whether commands are: a field of the row, perhaps default
// and a text, and in HTML one escaper for texts or quoted attributes.
func (f *flattener) fieldAction(cmds []*parse.CommandNode) bool {
	if functionOf(cmds[0]) != fieldFunction || len(cmds[0].Args) != 3 || !isDot(cmds[0].Args[1]) {
		return false
	}
	var p piece
	rest := cmds[1:]
	if len(rest) > 0 && functionOf(rest[0]) == "default" {
		s, ok := rest[0].Args[1].(*parse.StringNode)
		if !ok || len(rest[0].Args) != 2 {
			return false
		}
		p.fallback, p.or = s.Text, true
		rest = rest[1:]
	}
	if f.html && (len(rest) != 1 || !isPlainEscaper(functionOf(rest[0]))) || !f.html && len(rest) != 0 {
		return false
	}
	f.field[int(cmds[0].Args[2].(*parse.NumberNode).Int64)] = p
	return true
}

// isPlainEscaper reports whether html/template put in an escaper that does
// what appendEscaped does.
func isPlainEscaper(name string) bool {
	switch name {
	case "_html_template_htmlescaper", "_html_template_attrescaper", "_html_template_rcdataescaper":
		return true
	}
	return false
}

// appendEscaped escapes as html/template does in texts and quoted attributes; a
// fuzz test holds the two together.
func appendEscaped(b *bytes.Buffer, s string) {
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			continue
		}
		if entity := entityOf(s[i]); entity != "" {
			b.WriteString(s[done:i])
			b.WriteString(entity)
			done = i + 1
		}
	}
	b.WriteString(s[done:])
}

func entityOf(c byte) string {
	switch c {
	case 0:
		return "\uFFFD"
	case '"':
		return "&#34;"
	case '&':
		return "&amp;"
	case '\'':
		return "&#39;"
	case '+':
		return "&#43;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return ""
}
