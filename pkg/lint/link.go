package lint

import "strings"

// nextLink finds the first web address in a text at or after an offset: what
// begins with http:// or https:// and goes on to a blank, a quote or an angle.
// Punctuation at its end belongs to the sentence around it. It returns -1 if
// there is none.
func nextLink(s string, from int) (start, end int) {
	for from < len(s) {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return -1, -1
		}
		colon := from + i
		if n := schemeLen(s[:colon]); n > 0 {
			end = colon + len("://")
			for end < len(s) && s[end] > ' ' && s[end] != 0x7f && strings.IndexByte("\"<>`", s[end]) < 0 {
				end++
			}
			return colon - n, trimSentence(s, colon+len("://"), end)
		}
		from = colon + len("://")
	}
	return -1, -1
}

// schemeLen returns the length of http or https at the end of a text, else 0.
func schemeLen(s string) int {
	for _, scheme := range []string{"https", "http"} {
		if hasFoldedSuffix(s, scheme) {
			return len(scheme)
		}
	}
	return 0
}

func hasFoldedSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func trimSentence(s string, from, end int) int {
	for end > from {
		switch c := s[end-1]; {
		case strings.IndexByte(".,;:!?'*_", c) >= 0:
		case c == ')' && strings.IndexByte(s[from:end], '(') < 0, c == ']' && strings.IndexByte(s[from:end], '[') < 0:
		default:
			return end
		}
		end--
	}
	return end
}

// judgeLink says what is wrong with a web address, as nextLink finds them;
// empty: nothing. What it accepts net/url can parse: a fuzz test holds the two
// together.
func judgeLink(s string) (k Kind, reason string) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return BadLink, "has no https:// in front"
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	if reason := judgeHost(host); reason != "" {
		return BadLink, reason
	}
	if !isPath(path) {
		return BadLink, "has a character that no link can have"
	}
	if !strings.EqualFold(scheme, "https") {
		return InsecureLink, "is not https"
	}
	return "", ""
}

// judgeHost says why a host leads nowhere, empty if it can't be told.
func judgeHost(host string) string {
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		name = host[:i]
		if !isPort(host[i+1:]) {
			return "has a host that can't be one"
		}
	}
	switch {
	case name == "":
		return "has no host"
	case strings.EqualFold(name, "localhost") || strings.HasPrefix(name, "127.") || hasFoldedSuffix(name, ".localhost") || hasFoldedSuffix(name, ".local"):
		return "leads to the computer of whoever clicks it"
	case strings.IndexByte(name, '.') < 0:
		return "has a host without a dot"
	}
	for label, rest, more := "", strings.TrimSuffix(name, "."), true; more; {
		if label, rest, more = strings.Cut(rest, "."); !isHostLabel(label) {
			return "has a host that can't be one"
		}
	}
	return ""
}

// isHostLabel is isLabel, but for the underscore, which some hosts have.
func isHostLabel(s string) bool {
	return isLabel(s) || strings.Contains(s, "_") && isLabel(strings.ReplaceAll(s, "_", "x"))
}

func isPort(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 5
}

// isPath reports whether a path with query and fragment has only what RFC 3986
// allows there, or characters beyond ASCII.
func isPath(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c == 0x7f || strings.IndexByte("\"<>\\^`{}|", c) >= 0 {
			return false
		}
		if c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
