package report

import (
	"strconv"
	"strings"
	"unicode"
)

// What other people's servers and files contain is shown on terminals, which
// obey control characters. These three make it harmless.

// printable puts text on one line of at most limit bytes, with nothing in it that
// a terminal obeys.
func printable(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return clip(strings.Join(strings.Fields(s), " "), limit)
}

// quote shows a cell in an error, escaped and short.
func quote(cell string) string { return strconv.QuoteToGraphic(clip(cell, 40)) }

// shorten cuts text after so many characters.
func shorten(s string, characters int) string {
	runes := []rune(s)
	if len(runes) <= characters {
		return s
	}
	return string(runes[:characters-1]) + "…"
}
