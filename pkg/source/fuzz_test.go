package source

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzCSV compares with encoding/csv: where it reads the whole input, so does
// csvRecords, and to the same values; where it does not, csvRecords refuses a
// record too. Either way the records are the input, byte by byte.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\n1,2\n", "a,b\r\n\"1\r\n\",\"\"\"\"\r\n", "a;b", "\"", "\"a\"b\n", "a\"b\n\n,\n", "\"a\nb\",c\r", "a\r\r\nb\r",
		"\"\"\n\"a\"\r\r\n", "1,\"x\n2,y\n3,\"z\"\n", "ä,\"§\"\n",
	} {
		f.Add(seed, ",")
		f.Add(seed, "§")
	}
	f.Fuzz(func(t *testing.T, in, delimiter string) {
		comma, size := utf8.DecodeRuneInString(delimiter)
		if size != len(delimiter) || !isDelimiter(comma) || !utf8.ValidString(in) || strings.ContainsRune(in, 0) || len(in) > DefaultMaxRecord {
			t.Skip()
		}
		want, refused := withEncodingCSV(in, comma)
		got, raw, faults := withCSVRecords(t, in, delimiter)
		if raw != in {
			t.Errorf("the records are %q", raw)
		}
		if (faults > 0) != refused {
			t.Fatalf("%d faults; refused by encoding/csv: %v", faults, refused)
		}
		if diff := cmp.Diff(want, got); faults == 0 && diff != "" {
			t.Error(diff)
		}
	})
}

func withEncodingCSV(in string, comma rune) (records [][]string, refused bool) {
	r := csv.NewReader(strings.NewReader(in))
	r.Comma, r.FieldsPerRecord = comma, -1
	records, err := r.ReadAll()
	return records, err != nil
}

// withCSVRecords returns all records that don't stand on an empty line, which
// encoding/csv passes over.
func withCSVRecords(t *testing.T, in, delimiter string) (records [][]string, raw string, faults int) {
	c := &csvRecords{records: newRecords(newWindow(strings.NewReader(in)), "f", DefaultMaxRecord), delimiter: delimiter}
	for {
		values, err := c.next()
		if err == io.EOF {
			break
		}
		if want := 1 + strings.Count(raw, "\n"); c.startLine != want {
			t.Errorf("record %q is said to be on line %d, want %d", c.raw, c.startLine, want)
		}
		raw += string(c.raw)
		var bad *RowError
		switch {
		case errors.As(err, &bad):
			faults++
		case err != nil:
			t.Fatal(err)
		case len(trimLineEnd(c.raw)) > 0:
			records = append(records, values)
		}
	}
	return records, raw, faults
}

// FuzzJSONL compares each line with what encoding/json makes of it.
func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, "{\"a\":[1,{\"b\":null}]}\n\n{\"a\":\"\\u00fc\\\\\\\"\"}\r\n", `{"a":1,"a":2}`, `{"a":1} {"b":2}`, `[1]`, `{"a":{"b":1,"b":2}}`, "{\"a\":\n1}", `{"":1e999}`, `{"\ud800":1,"\ud801":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !utf8.Valid(in) || bytes.IndexByte(in, 0) >= 0 || len(in) > DefaultMaxRecord {
			t.Skip()
		}
		j := newJSONRecords(newRecords(newWindow(bytes.NewReader(in)), "f", DefaultMaxRecord))
		for line := range bytes.Lines(in) {
			got, err := j.next()
			if !bytes.Equal(j.raw, line) {
				t.Fatalf("record %q, want %q", j.raw, line)
			}
			checkObject(t, line, objectOf(got), err)
		}
		if _, err := j.next(); err != io.EOF {
			t.Errorf("after the last line: %v", err)
		}
	})
}

// objectOf returns all members of a row, nil of none.
func objectOf(row *Recipient) map[string]any {
	if row == nil {
		return nil
	}
	object := map[string]any{}
	for _, name := range row.Names() {
		object[name], _ = row.Value(name)
	}
	return object
}

func checkObject(t *testing.T, line []byte, got map[string]any, err error) {
	t.Helper()
	want, isObject := withEncodingJSON(line)
	var bad *RowError
	switch {
	case err == nil && got == nil:
		if len(bytes.Trim(line, jsonSpace)) > 0 {
			t.Errorf("%q was taken for a blank line", line)
		}
	case err == nil:
		if diff := cmp.Diff(want, got); diff != "" || !isObject {
			t.Errorf("%q: %s", line, diff)
		}
	case !errors.As(err, &bad):
		t.Errorf("%q: %v", line, err)
	case isObject != (bad.Kind == DuplicateKey):
		t.Errorf("%q was refused: %v", line, bad)
	case bad.Column < 1 || bad.Column > utf8.RuneCount(line)+1:
		t.Errorf("%q was refused at column %d", line, bad.Column)
	}
}

func withEncodingJSON(line []byte) (object map[string]any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, false
	}
	_, err := decoder.Token()
	return object, err == io.EOF
}
