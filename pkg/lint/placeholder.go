package lint

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// brackets are what other programs put around the name of a value.
var brackets = []struct{ open, close string }{
	{"{{", "}}"}, {"[[", "]]"}, {"*|", "|*"}, {"${", "}"}, {"%", "%"},
}

// placeholder finds a place of a template that was never filled in. It returns
// -1 if there is none.
func placeholder(s string) (start, end int) {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&hasMark == 0 {
			continue
		}
		for _, b := range brackets {
			if n := bracketed(s[i:], b.open, b.close); n > 0 {
				return i, i + n
			}
		}
		if n := bracketed(s[i:], "[", "]"); n > 0 && isAskedFor(s[i+1:i+n-1]) {
			return i, i + n
		}
	}
	return -1, -1
}

// maxName is the longest name of a placeholder, in bytes.
const maxName = 60

// bracketed returns the length of a bracketed name at the start of a text, 0 if
// there is none. Between per cent signs only capitals are a name: 20%off and 100%
// are texts.
func bracketed(s, open, close string) int {
	if !strings.HasPrefix(s, open) {
		return 0
	}
	inner := s[len(open):min(len(s), len(open)+maxName+len(close))]
	i := strings.Index(inner, close)
	if i < 1 || !isNameLike(inner[:i]) || open == "%" && !isShoutedName(inner[:i]) {
		return 0
	}
	return len(open) + i + len(close)
}

func isNameLike(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._-:|\"'#/$@,&;", r) {
			return false
		}
	}
	return strings.TrimSpace(s) != ""
}

func isShoutedName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) > 2 && s[0] >= 'A'
}

// isAskedFor reports whether what stands in simple brackets is a name that people
// put there for others to replace. Other texts in brackets are texts.
func isAskedFor(s string) bool {
	if len(s) > 20 || len(s) < 3 {
		return false
	}
	switch strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(s)) {
	case "name", "first name", "firstname", "last name", "lastname", "your name", "full name", "customer name",
		"company", "company name", "your company", "link", "insert link", "url", "date", "insert date", "vorname", "nachname", "prénom", "nombre":
		return true
	}
	return false
}

// filler finds text that was to be replaced. It returns -1 if there is none.
func filler(s string) (start, end int) {
	for _, word := range []string{"TODO", "FIXME"} {
		if i := strings.Index(s, word); i >= 0 && isMemo(s, i, i+len(word)) {
			return i, i + len(word)
		}
	}
	const latin = "lorem ipsum"
	for i := 0; i+len(latin) <= len(s); i++ {
		if s[i]|0x20 == 'l' && strings.EqualFold(s[i:i+len(latin)], latin) {
			return i, i + len(latin)
		}
	}
	return -1, -1
}

// isMemo reports whether s[start:end] is a word of its own and not part of a text
// in capitals: TODO is a Spanish word.
func isMemo(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[end:], " "))
	return !isWordRune(before) && !isWordRune(after) && !unicode.IsUpper(next)
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// isShouting reports whether most letters of a subject are capitals. Short ones
// are names: NASA, DSGVO.
func isShouting(s string) bool {
	upper, lower := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		case c >= utf8.RuneSelf:
			return isShoutingRunes(s)
		}
	}
	return shouts(upper, lower)
}

func isShoutingRunes(s string) bool {
	upper, lower := 0, 0
	for _, r := range s {
		if unicode.IsUpper(r) {
			upper++
		} else if unicode.IsLower(r) {
			lower++
		}
	}
	return shouts(upper, lower)
}

func shouts(upper, lower int) bool { return upper >= 10 && upper > 3*lower }

// bidi finds a character that changes the order in which others are shown. The
// marks U+200E, U+200F and U+061C belong to texts in Hebrew and Arabic.
func bidi(s string) (start, end int) {
	for i := 0; i+2 < len(s); i++ {
		if s[i] != 0xE2 {
			continue
		}
		override := s[i+1] == 0x80 && s[i+2] >= 0xAA && s[i+2] <= 0xAE // U+202A to U+202E
		isolate := s[i+1] == 0x81 && s[i+2] >= 0xA6 && s[i+2] <= 0xA9  // U+2066 to U+2069
		if override || isolate {
			return i, i + 3
		}
	}
	return -1, -1
}

// control finds a control character, tabs and line ends only where one line is
// wanted.
func control(s string, oneLine bool) (start, end int) {
	for i, r := range s {
		broken := r == '\n' || r == '\r' || r == '\t'
		if broken && oneLine || !broken && r != Gap && (r < ' ' || r == 0x7f) {
			return i, i + 1
		}
	}
	return -1, -1
}
