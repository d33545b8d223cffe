package campaign

import (
	"fmt"
	"slices"
	"text/template/parse"

	"github.com/herald-campaigns/herald/pkg/source"
)

// fieldFunction is the name, in the trees that are executed, of the function
// that every reading of a field is replaced by. No template can say it.
const fieldFunction = "_field"

// A dot is what {{.}} is at a place of a template, as far as is known before
// there is a row.
type dot int

const (
	rowDot   dot = iota // the whole row
	valueDot            // a value: inside {{with}} and {{range}}
	noDot               // nothing: in a template that is included without a dot
)

// A scope is what . and $ are.
type scope struct{ dot, dollar dot }

// A binder binds the templates of one campaign to one source: it checks each
// field and function, and replaces each field by a call that knows its site.
type binder struct {
	header   *source.Header // nil: JSONL, whose rows need not have the same fields
	vars     map[string]string
	calls    []function // what templates may call
	problems Problems
	uses     []Use
	fixed    map[string]*Fixed // by setting
	setting  string            // whose template is at hand
	testing  bool              // the condition of a branch is at hand

	// of the template at hand
	set   *set
	tree  *parse.Tree
	file  *Template
	sites []*site
	done  map[string]bool
}

// bind rewrites a set's trees, from its root on, and returns their sites.
func (b *binder) bind(s *set) []*site {
	b.set, b.sites, b.done = s, nil, map[string]bool{}
	b.visit(s.root, rowDot)
	return b.sites
}

func (b *binder) visit(name string, d dot) {
	if b.done[name] {
		return
	}
	b.done[name] = true
	tree, file := b.tree, b.file
	b.tree = b.set.trees[name]
	b.file = b.set.files[b.tree.ParseName]
	b.list(b.tree.Root, scope{d, d})
	b.tree, b.file = tree, file
}

// problem notes something wrong at a node of the tree at hand.
func (b *binder) problem(at parse.Pos, format string, args ...any) *Problem {
	b.problems = append(b.problems, b.file.problem(int(at), fmt.Sprintf(format, args...)))
	return &b.problems[len(b.problems)-1]
}

func (b *binder) list(l *parse.ListNode, s scope) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			b.pipe(n.Pipe, s, use{printed: len(n.Pipe.Decl) == 0})
		case *parse.IfNode:
			b.branch(&n.BranchNode, s, s.dot)
		case *parse.WithNode:
			b.branch(&n.BranchNode, s, b.dotOf(n.Pipe, s))
		case *parse.RangeNode:
			b.branch(&n.BranchNode, s, valueDot)
		case *parse.TemplateNode:
			b.include(n, s)
		}
	}
}

func (b *binder) branch(n *parse.BranchNode, s scope, inside dot) {
	b.prune(n, s)
	b.testing = true
	b.pipe(n.Pipe, s, use{condition: true})
	b.testing = false
	b.list(n.List, scope{inside, s.dollar})
	b.list(n.ElseList, s)
}

// prune empties the branch that a constant rules out, so that a template may
// say {{if .vars.link}}{{.vars.link}}{{end}} of one that isn't there.
func (b *binder) prune(n *parse.BranchNode, s scope) {
	if s.dot != rowDot || len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return
	}
	f, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	switch {
	case !ok || len(f.Ident) != 2 || f.Ident[0] != "vars":
	case b.vars[f.Ident[1]] == "":
		n.List = &parse.ListNode{NodeType: parse.NodeList, Pos: n.List.Pos}
	case n.ElseList != nil:
		n.ElseList = &parse.ListNode{NodeType: parse.NodeList, Pos: n.ElseList.Pos}
	}
}

func (b *binder) include(n *parse.TemplateNode, s scope) {
	d := noDot
	if n.Pipe != nil {
		d = b.dotOf(n.Pipe, s)
		b.pipe(n.Pipe, s, use{passed: true})
	}
	b.visit(n.Name, d)
}

// dotOf returns what a pipeline makes the dot.
func (b *binder) dotOf(p *parse.PipeNode, s scope) dot {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return valueDot
	}
	switch n := p.Cmds[0].Args[0].(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.VariableNode:
		if len(n.Ident) == 1 && n.Ident[0] == "$" {
			return s.dollar
		}
	}
	return valueDot
}

// A use is what becomes of a value.
type use struct {
	printed   bool // it goes into the message as it is
	condition bool // it is asked for: absent means no
	optional  bool // absent is provided for
	passed    bool // it becomes a dot: may be the whole row
}

func (b *binder) pipe(p *parse.PipeNode, s scope, u use) {
	printed := u.printed
	for _, cmd := range p.Cmds[1:] {
		name := functionOf(cmd)
		printed = printed && (name == "default" || name == "html" || name == "urlquery")
	}
	for i, cmd := range p.Cmds {
		mine := use{passed: u.passed && len(p.Cmds) == 1, condition: u.condition && len(p.Cmds) == 1}
		mine.printed = printed && i == 0
		mine.optional = mine.condition || i+1 < len(p.Cmds) && functionOf(p.Cmds[i+1]) == "default"
		piped := 0
		if i > 0 {
			piped = 1
		}
		b.command(cmd, s, mine, piped)
	}
}

// functionOf returns the function that a command calls, "" if it calls none.
func functionOf(cmd *parse.CommandNode) string {
	if n, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return n.Ident
	}
	return ""
}

// command checks and rewrites a command; piped is 1 if one more argument comes
// through a pipe.
func (b *binder) command(cmd *parse.CommandNode, s scope, u use, piped int) {
	name := functionOf(cmd)
	if name != "" && !b.function(cmd.Args[0].(*parse.IdentifierNode), len(cmd.Args)-1+piped) {
		return
	}
	if name == "col" {
		b.col(cmd, s, u)
		return
	}
	if name == "" && len(cmd.Args)-1+piped > 0 {
		b.notFunction(cmd)
		return
	}
	for i, arg := range cmd.Args {
		if i == 0 && name != "" {
			continue
		}
		mine := u
		if name != "" {
			mine = use{condition: u.condition && slices.Contains([]string{"and", "or", "not"}, name)}
			mine.optional = mine.condition || name == "default" && i == 2
		}
		cmd.Args[i] = b.arg(arg, s, mine)
	}
	flatten(cmd)
}

// flatten undoes the parentheses around a field that is a whole command.
func flatten(cmd *parse.CommandNode) {
	if len(cmd.Args) != 1 {
		return
	}
	if p, ok := cmd.Args[0].(*parse.PipeNode); ok && len(p.Cmds) == 1 && len(p.Decl) == 0 && functionOf(p.Cmds[0]) == fieldFunction {
		cmd.Args = p.Cmds[0].Args
	}
}

// notFunction notes a field or value that is followed by something.
func (b *binder) notFunction(cmd *parse.CommandNode) {
	if len(cmd.Args) == 1 {
		b.problem(cmd.Position(), "%s is no function: nothing can be piped into it", cmd.Args[0])
		return
	}
	b.problem(cmd.Position(), "%s is followed by %s, but takes nothing: a column whose name has blanks is written {{col \"Its Name\"}}, or with underscores for blanks",
		cmd.Args[0], cmd.Args[1])
}
