package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// jsonSpace is what JSON calls white space.
const jsonSpace = " \t\r\n"

// jsonRecords reads a stream of JSON objects, one a line.
type jsonRecords struct {
	*records
	input   bytes.Reader  // the object that is being decoded
	decoder *json.Decoder // reads input, as one long stream of objects
	decoded int64         // how many bytes of that stream are decoded
}

func newJSONRecords(r *records) *jsonRecords {
	j := &jsonRecords{records: r}
	j.reset()
	return j
}

// reset makes the decoder forget what it was fed, after an error.
func (j *jsonRecords) reset() {
	j.decoder, j.decoded = json.NewDecoder(&j.input), 0
	j.decoder.UseNumber()
}

// next returns the object on the next line, nil for a blank line. It returns a
// *RowError for a line that was consumed but can't be used.
func (j *jsonRecords) next() (map[string]any, error) {
	n, err := j.line(0, j.limit)
	if err == errTooLong {
		return nil, j.takeTooLong()
	}
	if err != nil {
		return nil, err
	}
	if err := j.take(n); err != nil {
		return nil, err
	}
	text := bytes.Trim(j.raw, jsonSpace)
	switch {
	case len(text) == 0:
		return nil, nil
	case text[0] != '{':
		return nil, j.rowError(bytes.IndexByte(j.raw, text[0]), NotObject, "not a JSON object")
	}
	return j.decode(text)
}

// decode decodes the one object that text must be.
func (j *jsonRecords) decode(text []byte) (map[string]any, error) {
	j.input.Reset(text)
	var object map[string]any
	if err := j.decoder.Decode(&object); err != nil {
		j.reset()
		return nil, j.syntaxError(text)
	}
	size := int(j.decoder.InputOffset() - j.decoded)
	if size != len(text) {
		j.reset()
		rest := bytes.TrimLeft(text[size:], jsonSpace)
		return nil, j.errorAt(text, len(text)-len(rest), NotObject, "more than one JSON object on a line")
	}
	j.decoded += int64(size)
	if countKeys(text) != countMembers(object) {
		name, at := duplicateKey(text)
		return nil, j.errorAt(text, at, DuplicateKey, fmt.Sprintf("the name %q appears twice in an object", name))
	}
	return object, nil
}

// errorAt returns an error for a place in text, which is the last record
// without the space around it.
func (j *jsonRecords) errorAt(text []byte, offset int, kind RowKind, reason string) *RowError {
	before := len(j.raw) - len(bytes.TrimLeft(j.raw, jsonSpace))
	return j.rowError(before+min(offset, len(text)), kind, reason)
}

// syntaxError says where text stops being JSON.
func (j *jsonRecords) syntaxError(text []byte) *RowError {
	// With a line end after it, text that stops too early fails there.
	line := append(bytes.Clone(text), '\n')
	offset := len(text)
	var syntax *json.SyntaxError
	if err := json.Unmarshal(line, new(any)); errors.As(err, &syntax) {
		offset = int(syntax.Offset) - 1
	}
	if offset >= len(text) {
		return j.errorAt(text, len(text), NotJSON, "not valid JSON: the line ends too early")
	}
	if leadingZero(text, offset) {
		return j.errorAt(text, offset-1, NotJSON, "not valid JSON: a number can't begin with 0; put quotes around it")
	}
	c, _ := utf8.DecodeRune(text[offset:])
	return j.errorAt(text, offset, NotJSON, fmt.Sprintf("not valid JSON: unexpected %q", c))
}

// leadingZero reports whether the digit at an offset is refused because a number
// begins with the zero before it, as an id that nobody quoted may.
func leadingZero(text []byte, offset int) bool {
	if offset < 2 || text[offset-1] != '0' || text[offset] < '0' || text[offset] > '9' {
		return false
	}
	return bytes.IndexByte([]byte(jsonSpace+":,[-"), text[offset-2]) >= 0
}

// countKeys returns how many names all objects in valid JSON text have, those
// that are there twice included: each is followed by the only colons that
// aren't part of a string.
func countKeys(text []byte) int {
	n := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ':':
			n++
		case '"':
			i = stringEnd(text, i)
		}
	}
	return n
}

// stringEnd returns the offset of the quote that closes the JSON string at an
// offset.
func stringEnd(text []byte, start int) int {
	for i := start + 1; ; i++ {
		i += bytes.IndexByte(text[i:], '"')
		escapes := 0
		for text[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

// countMembers returns how many names all objects in a decoded value have.
func countMembers(value any) int {
	n := 0
	switch value := value.(type) {
	case map[string]any:
		n = len(value)
		for _, member := range value {
			n += countMembers(member)
		}
	case []any:
		for _, element := range value {
			n += countMembers(element)
		}
	}
	return n
}

// duplicateKey returns the first name that an object in valid JSON text has
// for the second time, and its offset.
func duplicateKey(text []byte) (name string, offset int) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var seen []map[string]bool // of each open object; nil for an array
	isKey := false             // the next token is a name, or ends the object
	for {
		offset = int(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			return "", 0
		}
		top := len(seen) - 1
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				seen = append(seen, map[string]bool{})
			case '[':
				seen = append(seen, nil)
			default:
				seen = seen[:top]
			}
		case string:
			if isKey && seen[top][token] {
				return token, offset + bytes.IndexByte(text[offset:], '"')
			}
			if isKey {
				seen[top][token], isKey = true, false
				continue
			}
		}
		isKey = len(seen) > 0 && seen[len(seen)-1] != nil
	}
}
