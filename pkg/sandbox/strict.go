package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// encoding/json alone is too kind for a judge: it takes "BODY" for "body", lets
// the last of two equal members win, mends bad UTF-8, and reads null as
// "leave it". So objects are taken apart here, and each value is checked for
// its JSON type before it is decoded.

// object is a JSON object's members in their order, with exact names and valid
// JSON values that have no blanks around them.
type object []member

type member struct {
	name  []byte
	value json.RawMessage
}

// get returns the value of a member, nil if there is none.
func (o object) get(name string) json.RawMessage {
	for i := range o {
		if string(o[i].name) == name {
			return o[i].value
		}
	}
	return nil
}

// parseObject takes one JSON object apart. Blanks may surround it, nothing else.
func parseObject(text []byte) (object, error) {
	if !json.Valid(text) {
		return nil, fmt.Errorf("the body is not valid JSON")
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("the body is not valid UTF-8")
	}
	text = bytes.Trim(text, blanks)
	if text[0] != '{' {
		return nil, fmt.Errorf("the body is not a JSON object")
	}
	return members(text)
}

// members takes apart an object that is known to be valid JSON.
func members(text []byte) (object, error) {
	found := make(object, 0, 8)
	for rest := skipBlanks(text[1:]); rest[0] != '}'; {
		end := valueEnd(rest)
		name, ok := unquote(rest[:end])
		if !ok {
			return nil, fmt.Errorf("a member's name is not a string")
		}
		rest = skipBlanks(skipBlanks(rest[end:])[1:]) // the colon
		end = valueEnd(rest)
		if found.get(string(name)) != nil {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		found = append(found, member{name, json.RawMessage(rest[:end])})
		rest = skipBlanks(rest[end:])
		if rest[0] == ',' {
			rest = skipBlanks(rest[1:])
		}
	}
	return found, nil
}

// elements takes apart an array that is known to be valid JSON.
func elements(text json.RawMessage) []json.RawMessage {
	var found []json.RawMessage
	for rest := skipBlanks(text[1:]); rest[0] != ']'; {
		end := valueEnd(rest)
		found = append(found, json.RawMessage(rest[:end]))
		rest = skipBlanks(rest[end:])
		if rest[0] == ',' {
			rest = skipBlanks(rest[1:])
		}
	}
	return found
}

const blanks = " \t\r\n"

func skipBlanks(text []byte) []byte { return bytes.TrimLeft(text, blanks) }

// valueEnd is the length of the value that text, valid JSON, begins with.
func valueEnd(text []byte) int {
	switch text[0] {
	case '"':
		return stringEnd(text)
	case '{', '[':
		return nestedEnd(text)
	}
	if end := bytes.IndexAny(text, ",:]}"+blanks); end >= 0 {
		return end
	}
	return len(text)
}

func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

func nestedEnd(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
}

// unquote decodes a JSON string; false means that value is something else. The
// result may share memory with value.
func unquote(value []byte) ([]byte, bool) {
	if value[0] != '"' {
		return nil, false
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	var text string
	err := json.Unmarshal(value, &text)
	return []byte(text), err == nil
}

// asString is unquote for text that is to be kept.
func asString(value []byte) (string, bool) {
	text, ok := unquote(value)
	return string(text), ok
}

// asInteger decodes a JSON number without fraction and exponent.
func asInteger(value []byte) (int64, bool) {
	var number int64
	if bytes.Equal(value, []byte("null")) || json.Unmarshal(value, &number) != nil {
		return 0, false
	}
	return number, true
}
