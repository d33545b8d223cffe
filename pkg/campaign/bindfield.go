package campaign

import (
	"fmt"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/herald-campaigns/herald/pkg/source"
)

// arg checks one argument and returns what takes its place.
func (b *binder) arg(n parse.Node, s scope, u use) parse.Node {
	switch n := n.(type) {
	case *parse.FieldNode:
		return b.field(start(n.Pos, n.Ident, 1), "", s.dot, n.Ident, u)
	case *parse.VariableNode:
		return b.variable(n, s, u)
	case *parse.DotNode:
		if s.dot == rowDot && !u.passed {
			b.problem(n.Pos, "{{.}} is the whole row: name a column, as in {{.first_name}}")
		} else if u.printed {
			return b.field(n.Pos, "", s.dot, nil, u)
		}
	case *parse.ChainNode:
		n.Node = b.arg(n.Node, s, use{optional: u.optional})
		return b.chain(n, u)
	case *parse.PipeNode:
		b.pipe(n, s, use{condition: u.condition, optional: u.optional})
	case *parse.IdentifierNode:
		b.function(n, 0)
	}
	return n
}

// start returns where a chain of names begins: the parser has the place of its
// second link. dot is the length of what is before the first name.
func start(at parse.Pos, names []string, dot int) parse.Pos {
	if len(names) > 1 {
		at -= parse.Pos(len(names[0]) + dot)
	}
	return at
}

func (b *binder) variable(n *parse.VariableNode, s scope, u use) parse.Node {
	d := valueDot
	if n.Ident[0] == "$" {
		d = s.dollar
	}
	switch {
	case len(n.Ident) > 1 || u.printed && d == valueDot:
		return b.field(start(n.Pos, n.Ident, 0), n.Ident[0], d, n.Ident[1:], u)
	case d == rowDot && !u.passed:
		b.problem(n.Pos, "{{$}} is the whole row: name a column, as in {{$.first_name}}")
	}
	return n
}

// chain is a field of something in parentheses.
func (b *binder) chain(n *parse.ChainNode, u use) parse.Node {
	call := b.field(n.Pos, "", valueDot, n.Field, u)
	if p, ok := call.(*parse.PipeNode); ok {
		p.Cmds[0].Args[1] = n.Node
	}
	return call
}

// col is the call col "Name of a Column".
func (b *binder) col(cmd *parse.CommandNode, s scope, u use) {
	if len(cmd.Args) == 2 {
		if name, ok := cmd.Args[1].(*parse.StringNode); ok {
			cmd.Args[0] = b.column(name.Pos, "$", s.dollar, []string{name.Text}, u)
			cmd.Args = cmd.Args[:1]
			flatten(cmd)
			return
		}
	}
	b.problem(cmd.Position(), `col takes the name of one column in quotes, as in {{col "First Name"}}`)
}

// field returns the call that reads a field. base is the variable it is a
// field of, "" for the dot.
func (b *binder) field(at parse.Pos, base string, d dot, path []string, u use) parse.Node {
	if d == rowDot && len(path) > 0 && path[0] == "vars" {
		return b.constant(at, path, u)
	}
	return b.column(at, base, d, path, u)
}

func (b *binder) column(at parse.Pos, base string, d dot, path []string, u use) parse.Node {
	s := &site{
		path: path, column: -1, tmpl: b.file, offset: int(at),
		optional: u.optional, handled: u.optional, printed: u.printed,
	}
	b.checkField(s, at, d)
	b.note(s, d)
	b.sites = append(b.sites, s)
	return call(base, len(b.sites)-1)
}

// note remembers that the row's field is used.
func (b *binder) note(s *site, d dot) {
	if d != rowDot || len(s.path) == 0 {
		return
	}
	u := Use{Setting: b.setting, Field: strings.Join(s.path, "."), Handled: s.handled, Tested: b.testing, File: s.tmpl.File}
	if s.column >= 0 {
		u.Field = b.header.Names()[s.column]
	}
	u.Line, u.Column = s.tmpl.at(s.offset)
	b.uses = append(b.uses, u)
}

// checkField finds the column that a site reads.
func (b *binder) checkField(s *site, at parse.Pos, d dot) {
	if len(s.path) == 0 {
		return
	}
	if d == noDot {
		b.problem(at, "%s: this template is included without data: write {{template \"name\" .}} with a dot", s)
		return
	}
	if b.header == nil {
		return
	}
	if d == valueDot {
		b.problem(at, "%s: the dot is a single value here: write {{$.%s}} for the row's", s, s.path[0])
		return
	}
	i, ok := b.header.Index(s.path[0])
	if !ok {
		b.problem(at, "there is no column %q", s.path[0]).Suggestion = b.nearColumn(s.path[0])
		return
	}
	s.column = i
	if len(s.path) > 1 {
		b.problem(at, "%s: a column of a table has no fields", s)
	}
}

// nearColumn returns the column that was probably meant, as a template can say it.
func (b *binder) nearColumn(name string) string {
	candidates := b.header.Names()
	for i, c := range candidates {
		if _, ok := b.header.Index(source.Snake(c)); ok && !isName(c) {
			candidates[i] = source.Snake(c)
		}
	}
	return Nearest(name, candidates)
}

// constant puts the value of a constant in the place of .vars.NAME. One that
// isn't there is empty if the template provides for that, as for fields.
func (b *binder) constant(at parse.Pos, path []string, u use) parse.Node {
	if b.header != nil {
		if _, clash := b.header.Index("vars"); clash {
			b.problem(at, "the source has a column named vars, and .vars means the campaign's constants: rename the column, or write {{col \"vars\"}} for it")
		}
	}
	if len(path) != 2 {
		b.problem(at, "write .vars and the name of one constant, as in {{.vars.event}}")
		return &parse.NilNode{NodeType: parse.NodeNil, Pos: at}
	}
	value, ok := b.vars[path[1]]
	if !ok && !u.optional {
		b.problem(at, "there is no constant %q under vars", path[1]).Suggestion = Nearest(path[1], sorted(b.vars))
	}
	return snippet("vars."+path[1], strconv.Quote(value)).Args[0]
}

// function checks the name of a function and the number of its arguments.
func (b *binder) function(n *parse.IdentifierNode, args int) bool {
	for _, f := range b.calls {
		if f.name == n.Ident && (args < f.min || args > f.max) {
			b.problem(n.Pos, "%s takes %s, not %d", n.Ident, arguments(f), args)
			return false
		} else if f.name == n.Ident {
			return true
		}
	}
	names := functionNames(b.calls)
	if b.header == nil {
		names = append(names, "."+n.Ident)
	} else if _, ok := b.header.Index(n.Ident); ok {
		names = []string{"." + n.Ident}
	}
	p := b.problem(n.Pos, "there is no function %s; a column has a dot before its name", n.Ident)
	p.Suggestion = Nearest(n.Ident, names)
	return false
}

func arguments(f function) string {
	switch {
	case f.max == many:
		return fmt.Sprintf("%d or more values", f.min)
	case f.min == f.max && f.min == 1:
		return "one value"
	case f.min == f.max:
		return fmt.Sprintf("%d values", f.min)
	}
	return fmt.Sprintf("%d to %d values", f.min, f.max)
}
