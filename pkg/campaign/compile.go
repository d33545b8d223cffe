package campaign

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/herald-campaigns/herald/pkg/source"
)

// An executor is a text/template or an html/template.
type executor interface {
	Execute(w io.Writer, data any) error
}

// A program is one template, ready to be rendered by any number of goroutines.
type program struct {
	name  string               // the setting that it is
	root  string               // the template to begin with
	tmpl  *Template            // for places
	files map[string]*Template // of a body: by the name they were parsed under
	html  bool
	sites []*site

	pieces []piece  // a flat program: what to append, one by one
	flat   bool     // only pieces count
	exec   executor // of a program that is not flat
}

// inline makes a program of a template that stands in the campaign file; nil of
// none.
func (b *binder) inline(t *Template) *program {
	if t == nil {
		return nil
	}
	return b.compile(t.Name, &set{
		root:  t.Name,
		trees: map[string]*parse.Tree{t.Name: t.tree.Copy()},
		files: map[string]*Template{t.Name: t},
	})
}

// compile makes a program of a bound set.
func (b *binder) compile(name string, s *set) *program {
	t := s.files[s.root]
	p := &program{name: name, root: s.root, tmpl: t, files: s.files, html: t.Format != Plain}
	before := len(b.problems)
	b.setting = name
	if p.sites = b.bind(s); len(b.problems) > before {
		return p
	}
	b.fixed[name] = fixedOf(s, p.html)
	b.fixed[name].Setting = name
	funcs := p.funcs(b.calls)
	var trees treeFinder
	var err error
	if p.html {
		trees, err = p.compileHTML(s, b.done, funcs)
	} else {
		trees, err = p.compileText(s, b.done, funcs)
	}
	if err != nil {
		b.problems = append(b.problems, p.escapeProblem(s, err))
		return p
	}
	p.flatten(trees, b.vars)
	return p
}

// A treeFinder returns the tree that is executed under a name.
type treeFinder func(name string) *parse.Tree

func (p *program) funcs(all []function) template.FuncMap {
	funcs := template.FuncMap{fieldFunction: p.field}
	for _, f := range all {
		if f.call != nil {
			funcs[f.name] = f.call
		}
	}
	return funcs
}

// field is what every reading of a field was replaced by.
func (p *program) field(dot any, i int) (any, error) {
	if probe, ok := dot.(probe); ok {
		return probe.token(i), nil
	}
	return p.sites[i].read(dot)
}

func (p *program) compileText(s *set, used map[string]bool, funcs template.FuncMap) (treeFinder, error) {
	t := template.New(s.root).Funcs(funcs).Option("missingkey=error")
	for name := range used {
		if _, err := t.AddParseTree(name, s.trees[name]); err != nil {
			return nil, err
		}
	}
	p.exec = t.Lookup(s.root)
	return func(name string) *parse.Tree { return treeOf(t.Lookup(name)) }, nil
}

func treeOf(t *template.Template) *parse.Tree {
	if t == nil {
		return nil
	}
	return t.Tree
}

func (p *program) compileHTML(s *set, used map[string]bool, funcs template.FuncMap) (treeFinder, error) {
	t := htmltemplate.New(s.root).Funcs(htmltemplate.FuncMap(funcs)).Option("missingkey=error")
	for name := range used {
		if _, err := t.AddParseTree(name, s.trees[name]); err != nil {
			return nil, err
		}
	}
	root := t.Lookup(s.root)
	p.exec = root
	// Executing once chooses the escapers. What else fails here, fails because
	// a probe is no row.
	var bad *htmltemplate.Error
	if err := root.Execute(io.Discard, probe{}); errors.As(err, &bad) {
		return nil, bad
	}
	return func(name string) *parse.Tree {
		if t := root.Lookup(name); t != nil {
			return t.Tree
		}
		return nil
	}, nil
}

// escapeProblem puts an error of html/template into words about the template.
func (p *program) escapeProblem(s *set, err error) Problem {
	var bad *htmltemplate.Error
	if !errors.As(err, &bad) {
		return p.tmpl.problem(0, "template: "+err.Error())
	}
	t := p.tmpl
	name, _, _ := strings.Cut(bad.Name, "$htmltemplate") // it names copies for other places in the HTML
	if tree := s.trees[name]; tree != nil {
		t = s.files[tree.ParseName]
	}
	message := escapeMessage(bad)
	if bad.Node != nil {
		return t.problem(int(bad.Node.Position()), message)
	}
	if bad.Line == 0 {
		return Problem{File: t.File, Line: t.origin.line, Message: message}
	}
	line, _ := t.at(lineStart(t.parsed, bad.Line))
	return Problem{File: t.File, Line: line, Message: message}
}

func escapeMessage(bad *htmltemplate.Error) string {
	switch bad.ErrorCode {
	case htmltemplate.ErrAmbigContext:
		return "a value stands where it isn't clear which part of a link it is"
	case htmltemplate.ErrBadHTML:
		return "the HTML is broken here, so that values can't be escaped"
	case htmltemplate.ErrBranchEnd, htmltemplate.ErrRangeLoopReentry:
		return "the branches of an {{if}}, {{range}} or {{with}} leave the HTML in different places: one opens a tag or a quote that the other does not"
	case htmltemplate.ErrEndContext:
		return "the HTML ends inside a tag, a quote or a comment"
	case htmltemplate.ErrPredefinedEscaper:
		return "html and urlquery must come last in {{ }}"
	case htmltemplate.ErrSlashAmbig, htmltemplate.ErrPartialCharset, htmltemplate.ErrPartialEscape:
		return "a script here can't take values"
	}
	return fmt.Sprintf("values can't be escaped here (error %d)", bad.ErrorCode)
}

// lineStart returns the offset of a line, from 1, of a text.
func lineStart(text string, line int) int {
	offset := 0
	for range line - 1 {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return offset
}

// render appends the program's result for a row.
func (p *program) render(b *bytes.Buffer, row *source.Recipient) error {
	if !p.flat {
		return p.exec.Execute(b, row)
	}
	for i := range p.pieces {
		if err := p.pieces[i].append(b, row); err != nil {
			return err
		}
	}
	return nil
}

// one returns the result for a row. The error is a *RenderError.
func (p *program) one(b *bytes.Buffer, row *source.Recipient) (string, error) {
	s, err := p.result(b, row)
	if err != nil {
		return "", p.failure(err)
	}
	if mark, kind := p.badMark(s); kind != "" {
		return "", p.refuseMark(mark, kind, row)
	}
	return s, nil
}

// result renders without a buffer where the program is a single text or field.
func (p *program) result(b *bytes.Buffer, row *source.Recipient) (string, error) {
	if p.flat && len(p.pieces) == 1 && !p.html {
		return p.pieces[0].text(row)
	}
	b.Reset()
	err := p.render(b, row)
	return b.String(), err
}
