package intercom

import (
	"bytes"
	"encoding/json"
)

// members calls take with the name, as it stands, and the value of each member
// of the JSON object that b is, and reports whether b is an object that is not
// cut short. It is for answers that repeat a whole message around the few words
// that matter: what is inside of a value is skipped, and not judged.
func members(b []byte, take func(name, value []byte)) (whole bool) {
	b = afterSpace(b)
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	if b = afterSpace(b[1:]); len(b) > 0 && b[0] == '}' {
		return isSpace(b[1:])
	}
	for {
		name := valueLength(b)
		if name < 2 || b[0] != '"' {
			return false
		}
		rest := afterSpace(b[name:])
		if len(rest) == 0 || rest[0] != ':' {
			return false
		}
		rest = afterSpace(rest[1:])
		value := valueLength(rest)
		if value == 0 {
			return false
		}
		take(b[1:name-1], rest[:value])
		rest = afterSpace(rest[value:])
		switch {
		case len(rest) == 0:
			return false
		case rest[0] == '}':
			return isSpace(rest[1:])
		case rest[0] != ',':
			return false
		}
		b = afterSpace(rest[1:])
	}
}

func afterSpace(b []byte) []byte {
	if len(b) > 0 && b[0] > ' ' { // as a rule there is none
		return b
	}
	return bytes.TrimLeft(b, " \t\r\n")
}

func isSpace(b []byte) bool { return len(afterSpace(b)) == 0 }

// valueLength returns the length of the JSON value that b begins with, 0 if
// there is none, or not all of it.
func valueLength(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '"':
		return stringLength(b)
	case b[0] == '{' || b[0] == '[':
		return nestLength(b)
	}
	n := bytes.IndexAny(b, ",}] \t\r\n")
	if n < 0 || !json.Valid(b[:n]) {
		return 0
	}
	return n
}

// stringLength is valueLength of a string.
func stringLength(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		start := i
		i += n
		escapes := i
		for escapes > start && b[escapes-1] == '\\' {
			escapes--
		}
		if (i-escapes)%2 == 0 {
			return i + 1
		}
	}
}

// nestLength is valueLength of an object or a list.
func nestLength(b []byte) int {
	for i, depth := 0, 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringLength(b[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
