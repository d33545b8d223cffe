package intercom

import (
	"errors"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most bytes that texts of an answer keep.
const (
	maxMessage = 500
	maxName    = 200 // codes, fields, ids
)

// A tidier makes texts from outside fit to be shown.
type tidier struct {
	// redact removes the token. It is a function so that printing what holds
	// the tidier does not show it.
	redact func(string) string
	token  int // the token's length
}

// shortestToken is how long a token is at least that is worth hiding. A shorter
// one is made up, for a sandbox, and would be found in ordinary words: hiding
// it there would change ids and names.
const shortestToken = 8

func newTidier(token string) tidier {
	if len(token) < shortestToken {
		return tidier{redact: func(s string) string { return s }}
	}
	return tidier{
		redact: func(s string) string { return strings.ReplaceAll(s, token, hidden) },
		token:  len(token),
	}
}

// line returns s as one line of at most limit bytes, without the token.
func (t tidier) line(s string, limit int) string {
	// Collecting goes a token's length beyond the limit, so that no part of
	// a token is left at the cut.
	return shorten(t.redact(visible(s, limit+t.token)), limit)
}

// name returns a code, an id or the like as one short line.
func (t tidier) name(s text) string { return t.line(string(s), maxName) }

// message returns a text for people as one line.
func (t tidier) message(s string) string { return t.line(s, maxMessage) }

// err returns the error, or only its redacted text if that held the token: a
// server that sends back what it got puts our headers into net/http's errors.
func (t tidier) err(err error) error {
	if safe := t.redact(err.Error()); safe != err.Error() {
		return errors.New(safe)
	}
	return err
}

// visible returns s on one line: runs of white space and control characters
// become one space, invisible and invalid ones vanish. It stops after about
// enough bytes.
func visible(s string, enough int) string {
	if len(s) <= enough && plain(s) {
		return s
	}
	var b strings.Builder
	gap := false
	for i, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			gap = b.Len() > 0
			continue
		case r == utf8.RuneError && invalidAt(s, i), !unicode.IsPrint(r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
		if b.Len() > enough {
			break
		}
	}
	return b.String()
}

// plain reports whether s is visible ASCII without spaces, as codes and ids
// are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func invalidAt(s string, i int) bool {
	_, n := utf8.DecodeRuneInString(s[i:])
	return n == 1
}

// shorten cuts s to at most limit bytes at the start of a character.
func shorten(s string, limit int) string {
	const ellipsis = "…"
	if len(s) <= limit {
		return s
	}
	cut := limit - len(ellipsis)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}

// plainText returns what a body that is not JSON says: the title of an HTML
// page, or the text itself.
func plainText(body string) string {
	body = strings.TrimSpace(body)
	if !strings.HasPrefix(body, "<") {
		return body
	}
	const open, end = "<title>", "</title>"
	// Not ToLower: it may change the length of what isn't ASCII.
	from := indexFold(body, open)
	if from < 0 {
		return "an HTML page"
	}
	title := body[from+len(open):]
	if to := indexFold(title, end); to >= 0 {
		title = title[:to]
	}
	return html.UnescapeString(title)
}

// indexFold returns where the ASCII tag starts in s, whatever its case, or -1.
func indexFold(s, tag string) int {
	for i := 0; i+len(tag) <= len(s); i++ {
		if s[i] == '<' && strings.EqualFold(s[i:i+len(tag)], tag) {
			return i
		}
	}
	return -1
}
