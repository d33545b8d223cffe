package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonSpace is what JSON calls white space.
const jsonSpace = " \t\r\n"

// jsonRecords reads a stream of JSON objects, one a line.
type jsonRecords struct {
	*records
	input   bytes.Reader // the object that is being read
	decoder *jsontext.Decoder
	names   []byte             // of the object, as they stand there
	values  []string           // likewise
	shapes  map[string]*Header // the names that objects had so far, by how they stand there
}

// mostShapes is how many different sets of names are remembered.
const mostShapes = 1000

func newJSONRecords(r *records) *jsonRecords {
	j := &jsonRecords{records: r, shapes: make(map[string]*Header)}
	j.decoder = jsontext.NewDecoder(&j.input)
	return j
}

// next returns the object on the next line, nil for a blank line. It returns a
// *RowError for a line that was consumed but can't be used.
func (j *jsonRecords) next() (*Recipient, error) {
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
	if err := j.split(text); err != nil {
		return nil, j.explain(text, err)
	}
	return &Recipient{Line: j.startLine, members: j.shape(), values: slices.Clone(j.values)}, nil
}

// split takes the one object that text must be apart into names and values, as
// they stand there: most of them nobody asks for.
func (j *jsonRecords) split(text []byte) error {
	j.input.Reset(text)
	// Half of a surrogate pair becomes U+FFFD, as encoding/json has it.
	j.decoder.Reset(&j.input, jsontext.AllowInvalidUTF8(true))
	if _, err := j.decoder.ReadToken(); err != nil {
		return err
	}
	all := string(text) // the row owns its values
	j.names, j.values = j.names[:0], j.values[:0]
	for j.decoder.PeekKind() != '}' {
		name, err := j.decoder.ReadValue()
		if err != nil {
			return err
		}
		j.names = append(j.names, name...)
		value, err := j.decoder.ReadValue()
		if err != nil {
			return err
		}
		end := int(j.decoder.InputOffset())
		j.values = append(j.values, all[end-len(value):end])
	}
	if _, err := j.decoder.ReadToken(); err != nil {
		return err
	}
	if int(j.decoder.InputOffset()) != len(text) {
		return errMore
	}
	return nil
}

var errMore = errors.New("more than one JSON object on a line")

// shape returns the names of the object that was split last.
func (j *jsonRecords) shape() *Header {
	if h := j.shapes[string(j.names)]; h != nil {
		return h
	}
	if len(j.shapes) == mostShapes {
		clear(j.shapes)
	}
	var names []string
	for rest := j.names; len(rest) > 0; {
		end := stringEnd(rest, 0) + 1
		names = append(names, unquote(string(rest[:end])))
		rest = rest[end:]
	}
	h := newMembers(names)
	j.shapes[string(j.names)] = h
	return h
}

// explain says what is wrong with text.
func (j *jsonRecords) explain(text []byte, err error) *RowError {
	if !json.Valid(text) {
		if size := firstObject(text); size > 0 {
			rest := bytes.TrimLeft(text[size:], jsonSpace)
			return j.errorAt(text, len(text)-len(rest), NotObject, errMore.Error())
		}
		return j.syntaxError(text)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		name, at := duplicateKey(text)
		return j.errorAt(text, at, DuplicateKey, fmt.Sprintf("the name %q appears twice in an object", name))
	}
	return j.rowError(0, NotJSON, "not valid JSON: "+err.Error())
}

// firstObject returns the size of the object that text begins with, 0 if that
// isn't valid.
func firstObject(text []byte) int {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(new(json.RawMessage)); err != nil {
		return 0
	}
	return int(decoder.InputOffset())
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

// jsonValue decodes a value that was read as valid, numbers as json.Number.
func jsonValue(text string) any {
	switch text[0] {
	case '"':
		return unquote(text)
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	case '{', '[':
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		_ = decoder.Decode(&value) // valid
		return value
	}
	return json.Number(text)
}

// unquote decodes a JSON string that was read as valid.
func unquote(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1]
	}
	var s string
	_ = json.Unmarshal([]byte(text), &s) // valid
	return s
}
