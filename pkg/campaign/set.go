package campaign

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"text/template/parse"
)

// A set is a body with everything that it includes: parse trees by the names
// that {{template}} uses, and the files that they were read from.
type set struct {
	root  string
	trees map[string]*parse.Tree
	files map[string]*Template // by the name under which the file was parsed
}

// clone returns a set whose trees may be rewritten.
func (s *set) clone() *set {
	trees := make(map[string]*parse.Tree, len(s.trees))
	for name, tree := range s.trees {
		trees[name] = tree.Copy()
	}
	return &set{root: s.root, trees: trees, files: s.files}
}

// set parses a body and, as far as they are included, its partials.
func (f *finder) set(body *Template) *set {
	s := &set{root: body.Name, trees: map[string]*parse.Tree{}, files: map[string]*Template{}}
	if !f.addFile(s, body.Name, body) {
		return nil
	}
	ok := true
	seen := map[string]bool{body.Name: true}
	for todo := []string{body.Name}; len(todo) > 0; todo = todo[1:] {
		tree := s.trees[todo[0]]
		for _, call := range calls(tree.Root) {
			if seen[call.Name] {
				continue
			}
			seen[call.Name] = true
			if s.trees[call.Name] == nil && !f.addPartial(s, body.Format, tree, call) {
				ok = false
				continue
			}
			todo = append(todo, call.Name)
		}
	}
	if !ok || !f.refuseCycles(s) {
		return nil
	}
	return s
}

// addFile parses a file under a name and adds the templates that it defines; a
// definition that is already there wins, so a body fills in its layout's blocks.
func (f *finder) addFile(s *set, name string, t *Template) bool {
	if t.Format == Markdown {
		if p := checkSyntax(name, t); p != nil {
			f.problems = append(f.problems, *p)
			return false
		}
		t.parsed, t.origin.marks = renderMarkdown(t.Text)
	}
	trees, p := parseTrees(name, t)
	if p != nil {
		f.problems = append(f.problems, *p)
		return false
	}
	s.files[name] = t
	for defined, tree := range trees {
		if old := s.trees[defined]; old == nil || parse.IsEmptyTree(old.Root) {
			s.trees[defined] = tree
		}
	}
	return true
}

// addPartial finds the file that an inclusion names.
func (f *finder) addPartial(s *set, body Format, from *parse.Tree, call *parse.TemplateNode) bool {
	t, err := f.find(call.Name, partialNames(call.Name, body))
	if err == nil {
		if body == Plain {
			t.Format = Plain
		}
		return f.addFile(s, call.Name, t)
	}
	message := "{{template " + strconv.Quote(call.Name) + "}}: " + err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		message = fmt.Sprintf("{{template %q}}: there is no such file in the campaign's folder, its partials or layouts, nor a shipped one", call.Name)
	}
	p := s.files[from.ParseName].problem(int(call.Pos), message)
	p.Suggestion = Nearest(call.Name, f.names(call.Name))
	f.problems = append(f.problems, p)
	return false
}

// refuseCycles notes a template that includes itself: its rendering would not end.
func (f *finder) refuseCycles(s *set) bool {
	state := map[string]int{} // 1: being looked at, 2: done
	var visit func(name string) bool
	visit = func(name string) bool {
		state[name] = 1
		tree := s.trees[name]
		for _, call := range calls(tree.Root) {
			if state[call.Name] == 1 {
				f.problems = append(f.problems, s.files[tree.ParseName].problem(int(call.Pos),
					fmt.Sprintf("{{template %q}} includes itself", call.Name)))
				return false
			}
			if state[call.Name] == 0 && !visit(call.Name) {
				return false
			}
		}
		state[name] = 2
		return true
	}
	return visit(s.root)
}

// calls returns the inclusions in a template, in their order.
func calls(n parse.Node) []*parse.TemplateNode {
	var found []*parse.TemplateNode
	branch := func(b *parse.BranchNode) {
		found = append(found, calls(b.List)...)
		if b.ElseList != nil {
			found = append(found, calls(b.ElseList)...)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			found = append(found, calls(child)...)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		found = append(found, n)
	}
	return found
}

// parse parses a template of one text, to find what is wrong with it early.
func (f *finder) parse(t *Template) {
	trees, p := parseTrees(t.Name, t)
	if p != nil {
		f.problems = append(f.problems, *p)
		return
	}
	t.tree = trees[t.Name]
	for _, call := range calls(t.tree.Root) {
		f.problems = append(f.problems, t.problem(int(call.Pos), "{{template}} and {{block}} are for bodies only"))
	}
}

// checkSyntax parses the text of a Markdown template as it was written, where
// places are still right.
func checkSyntax(name string, t *Template) *Problem {
	plain := *t
	plain.parsed = t.Text
	_, p := parseTrees(name, &plain)
	return p
}

func parseTrees(name string, t *Template) (map[string]*parse.Tree, *Problem) {
	trees := map[string]*parse.Tree{}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck // bind knows better what to say of them
	_, err := tree.Parse(t.parsed, "", "", trees)
	if err == nil {
		if trees[name] == nil { // nothing but definitions
			trees[name] = tree
		}
		return trees, nil
	}
	p := explainParse(t, err)
	return nil, &p
}

// parsePlace takes apart what the template parser says: template, line, reason.
var parsePlace = pattern(`(?s)^template: .*?:(\d+)(?::\d+)?: (.*)$`)

func explainParse(t *Template, err error) Problem {
	p := Problem{File: t.File, Line: t.origin.line, Message: "template: " + err.Error()}
	m := parsePlace().FindStringSubmatch(err.Error())
	if m == nil {
		return p
	}
	line, _ := strconv.Atoi(m[1])
	p.Line, _ = t.at(lineStart(t.parsed, line))
	p.Message = "template: " + m[2]
	for _, e := range slips {
		if said := e.said(); said.MatchString(m[2]) {
			p.Message = said.ReplaceAllString(m[2], e.means)
			break
		}
	}
	return p
}

// slips are the commonest slips in templates, by what the parser says of them.
var slips = []struct {
	said  func() *regexp.Regexp
	means string
}{
	{pattern(`^unclosed action.*`), "{{ without its }}"},
	{pattern(`^unexpected EOF.*`), "an {{if}}, {{range}}, {{with}}, {{define}} or {{block}} has no {{end}}"},
	{pattern(`^unexpected \{\{end\}\}.*`), "{{end}} without an {{if}}, {{range}} or {{with}} before it"},
	{pattern(`^unexpected \{\{else\}\}.*`), "{{else}} without an {{if}}, {{range}} or {{with}} before it"},
	{pattern(`^missing value for command.*`), "{{}} with nothing in it"},
	{pattern(`^missing value for (if|with|range).*`), "{{$1}} without a condition"},
	{pattern(`^undefined variable "(.*)"$`), "there is no variable $1: a column is written {{.name}}"},
	{pattern(`^unterminated quoted string.*`), "a quote inside {{ }} is never closed"},
	{pattern(`(?s)^.*multiple definition of template (".*")$`), "{{define $1}} is there twice"},
	{pattern(`^(unexpected .*) in (operand|command|input)$`), "$1 inside {{ }}"},
	{pattern(`^bad character U\+007D.*`), "{{ is closed by one } here: it takes two"},
	{pattern(`^bad character (.*)$`), `a character that can't stand inside {{ }}: $1; a column with other characters is written {{col "Its Name"}}`},
}
