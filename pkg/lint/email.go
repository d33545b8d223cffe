package lint

import "strings"

// isAddress reports whether a text can be somebody's email address: as RFC 5321
// has them, without quoted local parts and address literals, which nobody uses;
// with the characters of RFC 6531.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	return isLocalPart(s[:at]) && isDomain(s[at+1:])
}

func isLocalPart(s string) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&(hasControl|hasBreak|hasBlank|hasAt|hasColon) != 0 {
			return false
		}
		if c := s[i]; c != '\'' && c != '`' && c != '{' && c != '}' && c != '|' && classes[c]&hasOdd != 0 {
			return false
		}
	}
	return s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// isDomain reports whether a text is a name with a dot that the public internet
// could have: the last part of it is no number.
func isDomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	labels, last := 0, ""
	for rest, more := s, true; more; labels++ {
		last, rest, more = strings.Cut(rest, ".")
		if !isLabel(last) {
			return false
		}
	}
	return labels > 1 && len(last) > 1 && scan(last)&hasDigit == 0 || labels > 1 && strings.HasPrefix(last, "xn--")
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x80 && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
