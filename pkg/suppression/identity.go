package suppression

import (
	"net/mail"
	"strings"
	"unicode"
)

// An Identity is a name that a person goes by, in the one form that is
// compared: an email address in small letters, anything else as it is, both
// without blanks and invisible characters around them. The zero Identity is
// nobody's.
type Identity string

// Identify returns the identity that a text is: an email address, also as in
// Ann <ann@example.com> or mailto:ann@example.com, or an id. The prefixes of keys
// (email: and external:) are taken off. It is empty if the text is blank.
func Identify(text string) Identity {
	text = trim(text)
	for _, prefix := range []string{"email:", "external:", "mailto:"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = trim(rest)
			break
		}
	}
	if strings.HasSuffix(text, ">") {
		if a, err := mail.ParseAddress(text); err == nil {
			text = a.Address
		}
	}
	if IsEmail(text) {
		text = strings.ToLower(text)
	}
	return Identity(text)
}

// IsEmail reports whether a text looks like an email address: something on both
// sides of an @, and no blanks. An address that looks wrong is still one that
// somebody may have asked not to be written to.
func IsEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsFunc(text, unicode.IsSpace)
}

// trim removes blanks, and what can't be seen: marks of byte order and direction,
// blanks of no width.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}
