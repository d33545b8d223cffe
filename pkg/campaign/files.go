package campaign

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// suffixes are the endings of template files, with how such a file is read.
var suffixes = []struct {
	ending string
	format Format
}{{".html", HTML}, {".md", Markdown}, {".txt", Plain}}

// formatOf returns how a file of this name is read; false if it is no template.
func formatOf(name string) (Format, bool) {
	for _, s := range suffixes {
		if strings.HasSuffix(name, s.ending) {
			return s.format, true
		}
	}
	return Plain, false
}

// shippedPrefix marks the names of shipped templates in Template.File.
const shippedPrefix = "shipped:"

// A finder reads template files: those of the campaign's folder, then the
// shipped ones.
type finder struct {
	*decoder        // of the campaign file: takes the problems
	dir      string // the campaign file's folder
	shipped  fs.FS  // may be nil

	recorded map[string]string // if not nil: all files there are, by name
}

// body reads a body, which node names or holds, and the partials that it
// includes; name is its key. It returns nil if there is none, or a problem.
func (f *finder) body(name string, node *yaml.Node) (*Template, *set) {
	if node == nil {
		return nil, nil
	}
	text, ok := f.scalar(name, node)
	if !ok {
		return nil, nil
	}
	var t *Template
	if isLiteral(node) {
		t = f.literalBody(name, node)
	} else if t = f.namedBody(name, node, strings.TrimSpace(text)); t == nil {
		return nil, nil
	}
	return t, f.set(t)
}

// isLiteral reports whether a body is the text itself. One word is always the
// name of a file or shipped template, so that a slip in a name is an error and
// not what everyone is sent.
func isLiteral(n *yaml.Node) bool {
	text := strings.TrimSpace(n.Value)
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.ContainsAny(text, "\n\r") || strings.Contains(text, "{{") {
		return true
	}
	_, named := formatOf(text)
	return !named && strings.ContainsAny(text, " \t<>")
}

// tag finds a text that is HTML: one that opens or closes an element.
var tag = pattern(`</?[a-zA-Z][^<>]*>`)

func (f *finder) literalBody(name string, n *yaml.Node) *Template {
	t := &Template{Name: name, File: f.file, Text: n.Value, parsed: n.Value, origin: f.origin(n)}
	if tag().MatchString(n.Value) {
		t.Format = HTML
	}
	return t
}

// namedBody finds the file or the shipped template of this name.
func (f *finder) namedBody(key string, n *yaml.Node, name string) *Template {
	t, err := f.find(name, bodyNames(name))
	if err == nil {
		return t
	}
	if errors.Is(err, fs.ErrNotExist) {
		p := f.add(n, "%s: there is no file and no shipped template %q; a text of its own goes after a pipe (body: |)", key, name)
		p.Suggestion = Nearest(name, f.names(name))
	} else {
		f.add(n, "%s: %v", key, err)
	}
	return nil
}

// bodyNames are the files that a body's name may mean, likeliest first.
func bodyNames(name string) []string {
	if _, ok := formatOf(name); ok {
		return []string{name}
	}
	var names []string
	for _, s := range suffixes {
		names = append(names, name+s.ending)
	}
	return names
}

// find reads the first of names that exists, in the campaign's folder and then
// among the shipped templates. The error is fs.ErrNotExist if there is none.
func (f *finder) find(as string, names []string) (*Template, error) {
	if f.recorded != nil {
		return f.findRecorded(names)
	}
	for _, name := range names {
		at := name
		if !filepath.IsAbs(at) {
			at = filepath.Join(f.dir, filepath.FromSlash(name))
		}
		text, err := readBounded(at)
		if err == nil {
			return newFile(name, at, text)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s can't be read: %w", at, errors.Unwrap(err))
		}
	}
	for _, name := range names {
		if f.shipped == nil || !fs.ValidPath(name) {
			continue
		}
		if text, err := fs.ReadFile(f.shipped, name); err == nil {
			return newFile(name, shippedPrefix+name, text)
		}
	}
	return nil, fs.ErrNotExist
}

func newFile(name, file string, text []byte) (*Template, error) {
	format, _ := formatOf(name)
	s := strings.TrimPrefix(string(text), "\ufeff")
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s is not UTF-8 text", file)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if strings.TrimSpace(s) == "" {
		return nil, fmt.Errorf("%s is empty", file)
	}
	return &Template{Name: filepath.ToSlash(name), File: file, Text: s, parsed: s, Format: format, origin: origin{line: 1, column: 1}}, nil
}

// names returns what name could have meant, with an ending only if it has one.
func (f *finder) names(name string) []string {
	_, ending := formatOf(name)
	var names []string
	add := func(entries []fs.DirEntry, _ error) {
		for _, e := range entries {
			if _, ok := formatOf(e.Name()); !ok || e.IsDir() {
				continue
			}
			entry := e.Name()
			if !ending {
				entry = strings.TrimSuffix(entry, path.Ext(entry))
			}
			names = append(names, entry)
		}
	}
	add(os.ReadDir(f.dir))
	if f.shipped != nil {
		add(fs.ReadDir(f.shipped, "."))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// partialNames are the files that {{template "name" .}} may mean, likeliest
// first; those that end like the body come before others.
func partialNames(name string, body Format) []string {
	var names []string
	for _, folder := range []string{"", "partials/", "layouts/"} {
		names = append(names, folder+name)
		for _, s := range suffixes {
			if (s.format == Plain) == (body == Plain) {
				names = append(names, folder+name+s.ending)
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { _, ok := formatOf(n); return !ok || !fs.ValidPath(n) })
}
