package source

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Place returns where the field of the record that Next returned last starts:
// its physical line, and its character in that line, both from 1. A value that
// is quoted starts at its quote. For JSONL name may be a path, a.b for b in the
// object a. The last result is false if the record has no such field.
func (r *Reader) Place(name string) (line, column int, ok bool) {
	if r.raw == nil || !r.placed {
		return 0, 0, false
	}
	offset := -1
	if r.csv != nil {
		if i, known := r.header.Index(name); known {
			offset = r.csv.offsetOf(i)
		}
	} else {
		offset = memberOffset(r.raw, strings.Split(name, "."))
	}
	if offset < 0 {
		return 0, 0, false
	}
	line, column = position(r.raw, offset)
	return r.records.startLine + line, column, true
}

// memberOffset returns the offset of the value that a path leads to in a JSON
// object, -1 if there is none. A name also fits in its snake_case form, as in
// Recipient.Value.
func memberOffset(text []byte, path []string) int {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return -1
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return -1
		}
		start := valueStart(text, int(decoder.InputOffset()))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return -1
		}
		if name != path[0] && Snake(name) != path[0] {
			continue
		}
		if len(path) == 1 {
			return start
		}
		if inner := memberOffset(value, path[1:]); inner >= 0 {
			return start + inner
		}
	}
	return -1
}

// valueStart returns the offset of a value that follows a name and a colon.
func valueStart(text []byte, offset int) int {
	for offset < len(text) && strings.IndexByte(jsonSpace+":", text[offset]) >= 0 {
		offset++
	}
	return offset
}
