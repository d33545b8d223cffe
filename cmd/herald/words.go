package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/herald-campaigns/herald/pkg/report"
)

// count writes a number of things: 1 row, 50,000 rows.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.Number(n) + " " + noun
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// shellQuote quotes words for a shell where they need it.
func shellQuote(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$`!*?[](){}<>|&;#~") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}

// printJSON prints a command's result for programs. Nothing can be done about
// an output that nobody takes.
func (p *program) printJSON(v any) { encodeJSON(p.out, v) }

func encodeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}
