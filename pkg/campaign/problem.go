package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing wrong with a campaign file or a template of it, at
// its place. Message is in the words of the file, never of the program.
type Problem struct {
	File    string // as the caller named it; "shipped:NAME" for a shipped template
	Line    int    // from 1; 0 if the problem has no line
	Column  int    // in characters, from 1; 0 if the problem has no column
	Message string
	// Suggestion is what was probably meant, ready to be written in the place
	// of what stands there; empty if nothing comes near.
	Suggestion string
}

// Error returns file:line:column: message, with the suggestion if there is one.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	b.WriteString(": " + p.Message)
	if p.Suggestion != "" {
		fmt.Fprintf(&b, " (did you mean %s?)", p.Suggestion)
	}
	return b.String()
}

// Problems is every problem that was found, sorted by place.
type Problems []Problem

// Error returns one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// err returns the problems sorted and each but once, nil if there are none.
// Those of the campaign's own file come first.
func (p Problems) err(first string) error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		if (a.File == first) != (b.File == first) {
			if a.File == first {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(p)
}
