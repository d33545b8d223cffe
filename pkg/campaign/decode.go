package campaign

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A decoder reads the nodes of one campaign file. It never stops at a problem:
// it notes it and goes on, so that a person sees all of them at once.
type decoder struct {
	file     string
	lines    []string // of the file, to find how far a block of text is indented
	root     *yaml.Node
	problems Problems
}

// A reader reads one key's value; name is the key with what it stands in, as
// in message.subject.
type reader func(name string, value *yaml.Node)

// A key is one that a mapping may have.
type key struct {
	name string
	read reader
}

func newDecoder(file string, text []byte) *decoder {
	d := &decoder{file: file, lines: strings.Split(string(text), "\n")}
	if !utf8.Valid(text) {
		d.problems = append(d.problems, Problem{File: file, Line: badLine(d.lines), Message: "is not UTF-8 text: save the file as UTF-8"})
		return d
	}
	var doc yaml.Node
	switch err := yaml.Load(text, &doc); {
	case err != nil:
		d.problems = append(d.problems, syntaxProblem(file, text, err))
	case len(doc.Content) == 0:
		d.problems = append(d.problems, Problem{File: file, Message: "is empty"})
	default:
		d.root = doc.Content[0]
	}
	return d
}

// badLine is the first line that is not UTF-8.
func badLine(lines []string) int {
	for i, line := range lines {
		if !utf8.ValidString(line) {
			return i + 1
		}
	}
	return 0
}

// syntaxProblem puts what the YAML reader says into words that help whoever
// wrote the file. It stops at its first error, so there is only one.
func syntaxProblem(file string, text []byte, err error) Problem {
	p := Problem{File: file, Message: "this is not YAML: " + err.Error()}
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return p
	}
	p.Line, p.Column = at.Mark.Line, at.Mark.Column
	if at.Mark.Line == 0 && strings.Contains(at.Message, "no documents") {
		p.Message = "is empty"
		return p
	}
	p.Message = explainSyntax(at.Message)
	if at.ContextMark.Line > 0 && strings.HasSuffix(at.ContextMsg, "quoted scalar") {
		p.Line, p.Column = at.ContextMark.Line, at.ContextMark.Column
		p.Message = "the quote that opens here is never closed"
	}
	return p
}

// explained are the commonest slips, by what the YAML reader says of them.
var explained = []struct{ said, means string }{
	{"mapping values are not allowed", "a colon can't stand here: put a value that has one in quotes, or check the indentation"},
	{"cannot start any token", "a value can't begin with this character: put it in quotes; indent with blanks, not tabs"},
	{"tab character that violates indentation", "indent with blanks, not tabs"},
	{"block sequence entries are not allowed", "a dash can't stand here: put it in quotes (\"-\")"},
	{"did not find expected key", "quotes or indentation don't match here"},
	{"did not find expected '-' indicator", "quotes or indentation don't match here"},
	{"did not find expected ',' or ']'", "the list [ ... ] that this belongs to is not closed"},
	{"did not find expected ',' or '}'", "the braces { ... } that this belongs to are not closed: a value that begins with {{ must be in quotes"},
	{"control characters are not allowed", "the file has a control character"},
	{"found multiple", "the file has more than one document (---): one file is one campaign"},
}

func explainSyntax(said string) string {
	for _, e := range explained {
		if strings.Contains(said, e.said) {
			return e.means
		}
	}
	return "this is not YAML: " + strings.TrimPrefix(said, "yaml: ")
}

// add notes a problem at a node.
func (d *decoder) add(n *yaml.Node, format string, args ...any) *Problem {
	d.problems = append(d.problems, Problem{File: d.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)})
	return &d.problems[len(d.problems)-1]
}

// mapping reads a mapping that may have these keys; within is the name of the
// mapping with a dot behind it, empty for the file itself. It returns the keys
// that have a value, also one that was only mistyped.
func (d *decoder) mapping(within string, n *yaml.Node, keys []key) map[string]bool {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			d.add(n, "%s must be keys with values", subjectOf(within))
		}
		return nil
	}
	seen := map[string]int{}
	found := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], resolve(n.Content[i+1])
		if first, ok := seen[k.Value]; ok {
			d.add(k, "%s%s is given twice, first in line %d", within, k.Value, first)
			continue
		}
		seen[k.Value] = k.Line
		read, meant := d.find(within, k, keys)
		if meant != "" && !isNull(v) {
			found[meant] = true // else it is reported as missing, too
		}
		if read != nil && !isNull(v) {
			read(within+k.Value, v)
		}
	}
	return found
}

// find returns the reader of a key, or notes that there is none, and which key
// is meant, as far as that is clear.
func (d *decoder) find(within string, k *yaml.Node, keys []key) (read reader, meant string) {
	names := make([]string, 0, len(keys))
	for _, known := range keys {
		if known.name == k.Value && k.Kind == yaml.ScalarNode {
			return known.read, known.name
		}
		names = append(names, known.name)
	}
	if k.Kind != yaml.ScalarNode {
		d.add(k, "%s has a key that is no text", subjectOf(within))
		return nil, ""
	}
	p := d.add(k, "unknown key %s%s", within, k.Value)
	p.Suggestion = Nearest(k.Value, names)
	return nil, p.Suggestion
}

// subjectOf names a mapping at the beginning of a message.
func subjectOf(within string) string {
	if within == "" {
		return "a campaign file"
	}
	return strings.TrimSuffix(within, ".")
}

// require notes each key of names that has no value.
func (d *decoder) require(within string, n *yaml.Node, found map[string]bool, names ...string) {
	for _, name := range names {
		if !found[name] {
			d.add(n, "%s%s is missing", within, name)
		}
	}
}

// scalar returns a value as it was written: 012 stays 012.
func (d *decoder) scalar(name string, n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.ScalarNode:
		return n.Value, true
	case n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode:
		d.add(n, "%s begins with {{ and must be in quotes", name)
	default:
		d.add(n, "%s must be a single value", name)
	}
	return "", false
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
