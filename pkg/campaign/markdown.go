package campaign

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// renderMarkdown makes an HTML template of a Markdown template whose actions
// are well-formed. Markdown does not see the actions: each is replaced by a
// word that means nothing to it, in texts, links and code alike, and put back
// afterwards. The marks say where the actions went.
func renderMarkdown(text string) (string, []mark) {
	actions := findActions(text)
	word := freeWord(text)
	var masked strings.Builder
	end := 0
	for i, a := range actions {
		masked.WriteString(text[end:a.start])
		if a.alone {
			// A comment is a block of its own, so an {{if}} or {{range}} on a
			// line of its own belongs to no paragraph and to no list.
			fmt.Fprintf(&masked, "<!--%s%dz-->", word, i)
		} else {
			fmt.Fprintf(&masked, "%s%dz", word, i)
		}
		end = a.end
	}
	masked.WriteString(text[end:])
	return unmask(convert(masked.String()), word, text, actions)
}

// convert is CommonMark with tables, strikethrough and bare links. HTML in the
// text is kept: whoever writes the campaign may use it; contact data comes
// later and is escaped.
func convert(text string) string {
	md := goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
	var b bytes.Buffer
	// Converting into memory has nothing that could fail.
	_ = md.Convert([]byte(text), &b)
	return b.String()
}

// freeWord returns a word of letters that does not occur in a text.
func freeWord(text string) string {
	for i := 0; ; i++ {
		if word := "heraldaction" + strings.Repeat("q", i) + "x"; !strings.Contains(text, word) {
			return word
		}
	}
}

// unmask puts the actions back.
func unmask(out, word, text string, actions []action) (string, []mark) {
	masks := regexp.MustCompile(`(?:<!--|&lt;!--)?` + word + `(\d+)z(?:-->|--&gt;)?`)
	var b strings.Builder
	var marks []mark
	end := 0
	for _, m := range masks.FindAllStringSubmatchIndex(out, -1) {
		b.WriteString(out[end:m[0]])
		i, _ := strconv.Atoi(out[m[2]:m[3]])
		marks = append(marks, mark{html: b.Len(), text: actions[i].start})
		b.WriteString(text[actions[i].start:actions[i].end])
		end = m[1]
	}
	b.WriteString(out[end:])
	return b.String(), marks
}

// An action is what stands between {{ and }}, both included.
type action struct {
	start, end int
	alone      bool // it controls the template and is alone on its line
}

// findActions finds the actions of a template that parses.
func findActions(text string) []action {
	var actions []action
	for at := 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			return actions
		}
		start := at + open
		at = actionEnd(text, start+2)
		actions = append(actions, action{start, at, isAlone(text, start, at)})
	}
}

// actionEnd returns the offset behind the }} that ends the action whose inside
// begins at i: quoted text and comments may hold braces of their own.
func actionEnd(text string, i int) int {
	inside := strings.TrimLeft(strings.TrimPrefix(text[i:], "-"), " \t\r\n")
	if strings.HasPrefix(inside, "/*") {
		i = len(text) - len(inside)
		if end := strings.Index(text[i:], "*/"); end >= 0 {
			i += end + 2
		}
	}
	for i < len(text) && !strings.HasPrefix(text[i:], "}}") {
		if quote := text[i]; quote == '"' || quote == '\'' || quote == '`' {
			i = quoteEnd(text, i+1, quote)
			continue
		}
		i++
	}
	return min(i+2, len(text))
}

func quoteEnd(text string, i int, quote byte) int {
	for i < len(text) && text[i] != quote {
		if text[i] == '\\' && quote != '`' {
			i++
		}
		i++
	}
	return min(i+1, len(text))
}

// control finds the actions that print nothing themselves.
var control = pattern(`^\{\{-?\s*(if|else|end|range|with|define|block|template|break|continue|/\*|\$\w+\s*:?=)`)

func isAlone(text string, start, end int) bool {
	before := text[strings.LastIndexByte(text[:start], '\n')+1 : start]
	after, _, _ := strings.Cut(text[end:], "\n")
	return strings.TrimSpace(before+after) == "" && control().MatchString(text[start:end])
}
