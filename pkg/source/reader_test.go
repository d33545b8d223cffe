package source

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// dump reads all of r: a line for each row and each bad row, the blank ones'
// count, and a last line if reading failed.
func dump(t *testing.T, r *Reader) []string {
	t.Helper()
	var lines []string
	for {
		recipient, err := r.Next()
		var bad *RowError
		switch {
		case err == io.EOF:
			if n := r.Blank(); n > 0 {
				lines = append(lines, fmt.Sprintf("%d blank", n))
			}
			return lines
		case errors.As(err, &bad):
			lines = append(lines, fmt.Sprintf("%v (%s, field %d)", bad, bad.Kind, bad.Field))
		case err != nil:
			return append(lines, "end: "+err.Error())
		default:
			lines = append(lines, fmt.Sprintf("%d %q", recipient.Line, values(recipient)))
		}
	}
}

func values(r *Recipient) []string {
	var values []string
	for _, name := range r.Names() {
		value, _ := r.Value(name)
		values = append(values, fmt.Sprint(value))
	}
	return values
}

func read(t *testing.T, text string, o Options) ([]string, error) {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return dump(t, r), nil
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name string
		in   string
		o    Options
		want []string
	}{
		{name: "commas and quotes", in: "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n",
			want: []string{`2 ["1,5" "say \"hi\""]`}},
		{name: "line break in a cell", in: "a,b\n1,\"x\ny\"\n2,z\n",
			want: []string{`2 ["1" "x\ny"]`, `4 ["2" "z"]`}},
		{name: "CRLF", in: "a,b\r\n1,2\r\n3,4\r\n",
			want: []string{`2 ["1" "2"]`, `3 ["3" "4"]`}},
		{name: "CRLF in a cell", in: "a,b\r\n1,\"x\r\n\r\ny\"\r\n2,z\r\n",
			want: []string{`2 ["1" "x\n\ny"]`, `5 ["2" "z"]`}},
		{name: "empty cells", in: "a,b,c\n,,1\n\"\",2,\n", want: []string{`2 ["" "" "1"]`, `3 ["" "2" ""]`}},
		{name: "blank rows", in: "a,b\n\n1,2\n,\n \n  ,\"\"\n,,,\n3,4\n\n", want: []string{`3 ["1" "2"]`, `8 ["3" "4"]`, "6 blank"}},
		{name: "blank rows before the header", in: "\n,,\na,b\n1,2\n", want: []string{`4 ["1" "2"]`, "2 blank"}},
		{name: "JSON in a cell", in: "a,b\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [1.5, 2]}\"\n",
			want: []string{`2 ["1" "{\"type\": \"Point\", \"at\": [1.5, 2]}"]`}},
		{name: "UTF-8", in: "a,b\nZoë,ʤ 日本\n", want: []string{`2 ["Zoë" "ʤ 日本"]`}},
		{name: "no last line end", in: "a,b\n1,2", want: []string{`2 ["1" "2"]`}},
		{name: "no last line end, quoted", in: "a,b\n1,\"2\"", want: []string{`2 ["1" "2"]`}},
		{name: "CR at the end", in: "a,b\r\n1,2\r", want: []string{`2 ["1" "2"]`}},
		{name: "byte order mark before a quote", in: "\ufeff\"a\",b\n1,2\n", want: []string{`2 ["1" "2"]`}},
		{name: "header only", in: "a,b\n", want: nil},
		{name: "quoted header over two lines", in: "\"a\nb\",c\n1,2\n", want: []string{`3 ["1" "2"]`}},
		{name: "semicolons", in: "a;b\n1,5;2\n", want: []string{`2 ["1,5" "2"]`}},
		{name: "tabs", in: "a\tb\n1,5\t2;3\n", want: []string{`2 ["1,5" "2;3"]`}},
		{name: "semicolons with a comma in the header", in: "id;name, first\n1;Ann\n2;Bob\n",
			want: []string{`2 ["1" "Ann"]`, `3 ["2" "Bob"]`}},
		{name: "two delimiters and no rows", in: "a;b,c;d\n", want: nil},
		{name: "sep=", in: "sep=;\r\na;b\r\n1,5;2\r\n", want: []string{`3 ["1,5" "2"]`}},
		{name: "quoted sep=", in: "\"sep=|\"\na|b\n1|2\n", want: []string{`3 ["1" "2"]`}},
		{name: "sep= outranked", in: "sep=;\na|b\n1|2\n", o: Options{Delimiter: '|'}, want: []string{`3 ["1" "2"]`}},
		{name: "a delimiter beyond ASCII", in: "a§b\n\"1§\"§2\n3§4\n", o: Options{Delimiter: '§'},
			want: []string{`2 ["1§" "2"]`, `3 ["3" "4"]`}},
		{name: "one column", in: "email\na@example.com\nb@example.com\n", want: []string{`2 ["a@example.com"]`, `3 ["b@example.com"]`}},
		{name: "TSV", in: "a\tb,c\n1\t\"x\ty\"\n", o: Options{Format: TSV}, want: []string{`2 ["1" "x\ty"]`}},
		{name: "trailing delimiters", in: "a,b,,\n1,2,,\n3,4\n5,6,\n7,8,,9\n1,2,,,\n1\n", want: []string{
			`2 ["1" "2"]`, `3 ["3" "4"]`, `4 ["5" "6"]`,
			"f:5:6: a value in column 4, which has no name in the header (ragged, field 4)",
			"f:6:7: 5 columns, the header has 2 (ragged, field 5)",
			"f:7:2: 1 column, the header has 2 (ragged, field 2)"}},
		{name: "ragged", in: "a,b\nä,2,3\n4\n\"5\",\"6\",7\n8,9\n", want: []string{
			"f:2:5: 3 columns, the header has 2 (ragged, field 3)",
			"f:3:2: 1 column, the header has 2 (ragged, field 2)",
			"f:4:9: 3 columns, the header has 2 (ragged, field 3)",
			`5 ["8" "9"]`}},
		{name: "ragged over two lines", in: "a,b\n\"1\n2\",\"3\",4\n5,6\n", want: []string{
			"f:2: 3 columns, the header has 2 (ragged, field 3)", `4 ["5" "6"]`}},
		{name: "stray quotes", in: "a,b\n1,x \"y\"\n2,\"x\" y\n3,z\n", want: []string{
			"f:2:5: a quote within a value that does not start with one (stray_quote, field 2)",
			"f:3:6: text after the closing quote of a value (stray_quote, field 2)",
			`4 ["3" "z"]`}},
		{name: "a quote that is never closed", in: "a,b\n1,\"x\n2,y\n3,z\n", want: []string{
			"f:2:3: a quote is opened here and never closed (open_quote, field 2)",
			`3 ["2" "y"]`, `4 ["3" "z"]`}},
		{name: "a quote that is not closed before the next", in: "a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n", want: []string{
			"f:2:3: a quote is opened here and not closed before the next one, on line 4 (open_quote, field 2)",
			`3 ["2" "y"]`, `4 ["3" "z"]`, `5 ["4" "w"]`}},
		{name: "a quote that is not closed within the limit", in: "a,b\n1,\"x\n2,yyyyyyyyyyyyyyyy\n3,z\n", o: Options{MaxRecord: 20}, want: []string{
			"f:2:3: a quote is opened here and not closed within 20 bytes (open_quote, field 2)",
			`3 ["2" "yyyyyyyyyyyyyyyy"]`, `4 ["3" "z"]`}},
		{name: "a long line", in: "a,b\n1,xxxxxxxxxxxxxxxxxx\n1,xxxxxxxx\n2,\"xxxxxxxxxxxxxxx\"\n3,z\n", o: Options{MaxRecord: 11}, want: []string{
			"f:2: longer than 11 bytes, the most a record may have (too_long, field 0)",
			`3 ["1" "xxxxxxxx"]`,
			"f:4: longer than 11 bytes, the most a record may have (too_long, field 0)",
			`5 ["3" "z"]`}},
		{name: "a long last line", in: "a,b\n1,xxxxxxxxxxxxxxxxxx", o: Options{MaxRecord: 11}, want: []string{
			"f:2: longer than 11 bytes, the most a record may have (too_long, field 0)"}},
		{name: "not UTF-8", in: "a,b\n1,2\nä,J\xfcrgen M\xfcller\n", want: []string{
			`2 ["1" "2"]`, `end: f:3:4: not UTF-8; as windows-1252 it reads "Ã¤,Jürgen Müller"`}},
		{name: "not UTF-8 nor Windows-1252", in: "a,b\n1,\x81\xff\n", want: []string{`end: f:2:3: not UTF-8`}},
		{name: "not UTF-8 within a cell of many lines", in: "a,b\n1,\"x\ny \xfc\"\n", want: []string{
			`end: f:3:3: not UTF-8; as windows-1252 it reads "y ü\""`}},
		{name: "a NUL", in: "a,b\n" + strings.Repeat("1,2\n", 200) + "1,\x00\n", want: append(numbered(200),
			"end: f:202:3: not a text file: it contains a NUL byte")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := test.o
			o.Name, o.Format = "f", max(o.Format, CSV)
			got, err := read(t, test.in, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func numbered(n int) (rows []string) {
	for i := range n {
		rows = append(rows, fmt.Sprintf(`%d ["1" "2"]`, i+2))
	}
	return rows
}

func TestJSONL(t *testing.T) {
	tests := []struct {
		name string
		in   string
		o    Options
		want []string
	}{
		{name: "values", in: `{"a":12345678901234567890.10,"b":"x","c":null,"d":true,"e":[1,{"f":2}],"g":{"h":1e400}}` + "\n",
			want: []string{`1 ["12345678901234567890.10" "x" "<nil>" "true" "[1 map[f:2]]" "map[h:1e400]"]`}},
		{name: "blank lines, CRLF, byte order mark, no last line end", in: "\ufeff{\"a\":1}\r\n\r\n \t\n  {\"a\":2}",
			want: []string{`1 ["1"]`, `4 ["2"]`, "2 blank"}},
		{name: "bad lines", in: strings.Join([]string{
			`{"a":1}`, `{"a":1`, `{"ä":1]`, ` {"a":1} x`, `{"a":1}{"a":2}`, `[1]`, `"x"`, `{"a":"` + "\t" + `"}`, `{a:1}`, `{"a":2}`}, "\n"),
			want: []string{`1 ["1"]`,
				"f:2:7: not valid JSON: the line ends too early (not_json, field 0)",
				"f:3:7: not valid JSON: unexpected ']' (not_json, field 0)",
				"f:4:10: more than one JSON object on a line (not_object, field 0)",
				"f:5:8: more than one JSON object on a line (not_object, field 0)",
				"f:6:1: not a JSON object (not_object, field 0)",
				"f:7:1: not a JSON object (not_object, field 0)",
				`f:8:7: not valid JSON: unexpected '\t' (not_json, field 0)`,
				"f:9:2: not valid JSON: unexpected 'a' (not_json, field 0)",
				`10 ["2"]`}},
		{name: "names twice", in: `{"a":1,"b":2,"a":3}` + "\n" + `{"a":{"b":[{"c":":{\"","c":1}]}}` + "\n" + `{"a":{"b":1},"b":{"a":1}, "c":"\\"}` + "\n" + `{"a":1,"\u0061":2}`,
			want: []string{
				`f:1:14: the name "a" appears twice in an object (duplicate_key, field 0)`,
				`f:2:24: the name "c" appears twice in an object (duplicate_key, field 0)`,
				`3 ["map[b:1]" "map[a:1]" "\\"]`,
				`f:4:8: the name "a" appears twice in an object (duplicate_key, field 0)`}},
		{name: "a long line", in: "{\"a\":1}\n{\"a\":\"xxxxxxxxxxxx\"}\n{\"a\":2}\n", o: Options{MaxRecord: 10},
			want: []string{`1 ["1"]`, "f:2: longer than 10 bytes, the most a record may have (too_long, field 0)", `3 ["2"]`}},
		{name: "not UTF-8", in: "{\"a\":1}\n{\"a\":\"\xfc\"}\n",
			want: []string{`1 ["1"]`, `end: f:2:7: not UTF-8; as windows-1252 it reads "{\"a\":\"ü\"}"`}},
		{name: "nothing but blanks", in: "\n \n", want: []string{"2 blank"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := test.o
			o.Name, o.Format = "f", JSONL
			got, err := read(t, test.in, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestContentTellsTheFormat(t *testing.T) {
	for in, want := range map[string]string{
		"a,b\n1,2\n":                  `2 ["1" "2"]`,
		" \n{\"a\":1,\"b\":2}\n":      `2 ["1" "2"]`,
		"\ufeff{\"a\":1,\"b\":2}\r\n": `1 ["1" "2"]`,
	} {
		if got, err := read(t, in, Options{Format: Content}); err != nil || got[0] != want {
			t.Errorf("%q: got %q, %v; want %s", in, got, err, want)
		}
	}
}

// TestOpenErrors has each way in which a file as a whole is of no use.
func TestOpenErrors(t *testing.T) {
	zipped := gzipped(t, "a,b\n1,2\n")
	tests := []struct {
		file string
		in   string
		o    Options
		kind Kind
		want string
	}{
		{"empty.csv", "", Options{}, Empty, "empty.csv: is empty"},
		{"mark.csv", "\ufeff", Options{}, Empty, "mark.csv: is empty"},
		{"empty.csv.gz", gzipped(t, ""), Options{}, Empty, "empty.csv.gz: is empty"},
		{"zero.csv.gz", "", Options{}, Empty, "zero.csv.gz: is empty"},
		{"blank.csv", "\n,\n", Options{}, Empty, "blank.csv: is empty: not even a header"},
		{"empty.jsonl", "", Options{}, Empty, "empty.jsonl: is empty"},
		{"list.xlsx", "PK\x03\x04\x14\x00", Options{}, Workbook, "list.xlsx: is a workbook (.xlsx, .ods) or another zip file, not text"},
		{"list.csv", "PK\x03\x04\x14\x00", Options{}, Workbook, "list.csv: is a workbook (.xlsx, .ods) or another zip file, not text"},
		{"list.xls", "\xd0\xcf\x11\xe0\xa1\xb1", Options{}, Workbook, "list.xls: is a workbook (.xls), not text"},
		{"page.csv", "<!DOCTYPE html>\n<html>", Options{}, Markup, "page.csv: is a web page, not a table"},
		{"photo.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\r", Options{}, Binary, "photo.csv: not a text file: it contains NUL bytes"},
		{"le.csv", "a\x00,\x00b\x00\n\x00", Options{}, WrongEncoding, "le.csv: not UTF-8; looks like utf-16le without a byte order mark"},
		{"be.csv", "\x00a\x00,\x00b\x00\n", Options{}, WrongEncoding, "be.csv: not UTF-8; looks like utf-16be without a byte order mark"},
		{"mark.csv", "\ufeffa,b\n", Options{Encoding: "windows-1252"}, WrongEncoding, "mark.csv: starts with the byte order mark of utf-8, but is said to be windows-1252"},
		{"odd.csv", "a,b\n", Options{Encoding: "klingon"}, UnknownEncoding, `odd.csv: no encoding "klingon" is known`},
		{"list.txt", "a,b\n", Options{}, UnknownFormat, "list.txt: the extension .txt does not say whether it is CSV or JSONL"},
		{"list", "a,b\n", Options{}, UnknownFormat, "list: the name has no extension that says whether it is CSV or JSONL"},
		{"twice.csv", "id,Name,ä, Name \n", Options{}, BadHeader, `twice.csv:1:11: in the header: columns 2 and 4 are both named "Name"`},
		{"nameless.csv", "a,,c\n", Options{}, BadHeader, "nameless.csv:1:3: in the header: column 2 has no name"},
		{"quote.csv", "\na,\"b\n1,2\n", Options{}, BadHeader, "quote.csv:2:3: in the header: a quote is opened here and never closed"},
		{"long.csv", strings.Repeat("a", 2000), Options{MaxRecord: 1024}, BadHeader, "long.csv:1:1: the header is longer than 1 KiB"},
		{"latin.csv", "id,stra\xdfe\n", Options{}, WrongEncoding, `latin.csv:1:8: not UTF-8; as windows-1252 it reads "id,straße"`},
		{"pipe.csv", "a|b\n1|2\n", Options{}, WrongDelimiter, `pipe.csv:1:2: the header is one column but contains "|"; the delimiter here is ","`},
		{"semi.csv", "a;b\n1;2\n", Options{Delimiter: ','}, WrongDelimiter, `semi.csv:1:2: the header is one column but contains ";"; the delimiter here is ","`},
		{"comma.tsv", "a,b\n1,2\n", Options{}, WrongDelimiter, `comma.tsv:1:2: the header is one column but contains ","; the delimiter here is "\t"`},
		{"bad.csv", "a,b\n", Options{Delimiter: '"'}, WrongDelimiter, `bad.csv: '"' can't be a delimiter`},
		{"mac.csv", "a,b\r1,2\r3,4\r", Options{}, LineEnds, "mac.csv:1:1: lines end in CR alone, as on a very old Mac"},
		{"mac.jsonl", "{\"a\":1}\r{\"a\":2}\r", Options{}, LineEnds, "mac.jsonl: lines end in CR alone, as on a very old Mac"},
		{"mac2.csv", strings.Repeat("a,b\r", 1000), Options{MaxRecord: 1000}, LineEnds, "mac2.csv:1:1: lines end in CR alone, as on a very old Mac"},
		{"array.jsonl", "[\n{\"a\":1}\n]\n", Options{}, NotLines, "array.jsonl: is JSON, but not one object a line"},
		{"array", "[{\"a\":1}]\n", Options{Format: Content}, NotLines, "array: is JSON, but not one object a line"},
		{"pretty.jsonl", "{\n  \"a\": 1\n}\n", Options{}, NotLines, "pretty.jsonl: is JSON, but not one object a line"},
		{"plain.csv.gz", "a,b\n1,2\n", Options{}, Corrupt, "plain.csv.gz: the name says gzip, but the data is not"},
		{"cut.csv.gz", zipped[:5], Options{}, Corrupt, "cut.csv.gz: the gzip data is cut off"},
		{"bits.csv.zst", "\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Options{}, Corrupt, "bits.csv.zst: the zstd data is damaged"},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			path := write(t, test.file, test.in)
			r, err := Open(path, test.o)
			if err == nil {
				defer r.Close()
				t.Fatalf("no error; rows %q", dump(t, r))
			}
			checkError(t, err, test.kind, test.want)
		})
	}
}

func checkError(t *testing.T, err error, kind Kind, want string) {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("got %T %v, want an *Error", err, err)
	}
	if fault.Kind != kind || err.Error() != want {
		t.Errorf("got  %s %s\nwant %s %s", fault.Kind, err, kind, want)
	}
}

func write(t *testing.T, name, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	writeFile(t, path, content)
	return path
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, Options{Name: "contacts"})
	checkError(t, err, NotAFile, "contacts: is a folder")

	_, err = Open(filepath.Join(dir, "none.csv"), Options{})
	checkError(t, err, NotFound, "none.csv: does not exist")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap fs.ErrNotExist", err)
	}
	if runtime.GOOS != "windows" {
		_, err = Open(os.DevNull, Options{})
		checkError(t, err, NotAFile, "null: is a pipe or a device, not a file")
	}
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t testing.TB, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSameRows reads the same rows in every way a file can hold them.
func TestSameRows(t *testing.T) {
	const csv = "id,name,note\n1,Zoë,\"a, \"\"b\"\"\nc\"\n2,François,\n"
	const jsonl = `{"id":1,"name":"Zoë","note":"a, \"b\"\nc"}` + "\n" + `{"id":2,"name":"Fran\u00e7ois","note":""}`
	want := []string{`["1" "Zoë" "a, \"b\"\nc"]`, `["2" "François" ""]`}
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) string { return encoded(t, unicode.UTF16(e, b), csv) }
	tests := []struct {
		file, content string
		o             Options
	}{
		{"a.csv", csv, Options{}},
		{"a.CSV", csv, Options{Encoding: "UTF-8"}},
		{"a.csv.gz", gzipped(t, csv), Options{}},
		{"two.csv.gz", gzipped(t, csv[:20]) + gzipped(t, csv[20:]), Options{}},
		{"a.csv.zst", zstandard(t, csv), Options{}},
		{"two.csv.zst", zstandard(t, csv[:20]) + "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard(t, csv[20:]), Options{}},
		{"skip.csv.zst", "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard(t, csv), Options{}},
		{"unsaid.csv", gzipped(t, csv), Options{}},
		{"a.jsonl", jsonl, Options{}},
		{"a.ndjson.gz", gzipped(t, jsonl), Options{}},
		{"a.jsonl.zst", zstandard(t, jsonl), Options{}},
		{"a.tsv", "id\tname\tnote\n1\tZoë\t\"a, \"\"b\"\"\nc\"\n2\tFrançois\t\n", Options{}},
		{"crlf.csv", strings.ReplaceAll(csv, "\n", "\r\n"), Options{}},
		{"mark.csv", "\ufeff" + csv, Options{}},
		{"le.csv", utf16(unicode.LittleEndian, unicode.UseBOM), Options{}},
		{"be.csv", utf16(unicode.BigEndian, unicode.UseBOM), Options{}},
		{"be.csv.gz", gzipped(t, utf16(unicode.BigEndian, unicode.UseBOM)), Options{Encoding: "utf-16"}},
		{"nomark.csv", utf16(unicode.BigEndian, unicode.IgnoreBOM), Options{Encoding: "utf-16be"}},
		{"1252.csv", encoded(t, charmap.Windows1252, csv), Options{Encoding: "windows-1252"}},
		{"850.csv", encoded(t, charmap.CodePage850, csv), Options{Encoding: "IBM850"}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			test.o.Digest = true
			test.o.Block, test.o.BlockSize = func(Block) {}, 7
			r, err := Open(write(t, test.file, test.content), test.o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []string
			for _, line := range dump(t, r) {
				_, row, _ := strings.Cut(line, " ")
				got = append(got, row)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			checkAccount(t, r, test.content)
		})
	}
}

// checkAccount checks what a Reader says about itself at the end.
func checkAccount(t *testing.T, r *Reader, content string) {
	t.Helper()
	digest, ok := r.Digest()
	if !ok || digest != sha256.Sum256([]byte(content)) {
		t.Errorf("digest %x, %v", digest, ok)
	}
	if n := int64(len(content)); r.Read() != n || r.Size() != n {
		t.Errorf("read %d of %d bytes, want %d", r.Read(), r.Size(), n)
	}
	if r.Rows() != 2 || r.Bad() != 0 {
		t.Errorf("%d rows, %d bad ones", r.Rows(), r.Bad())
	}
}

func TestWrongEncodingSaid(t *testing.T) {
	half := "\xff\xfea\x00,\x00b\x00\n\x001\x00,\x00\x00\xd8\n\x00"
	got, err := read(t, half, Options{Name: "f", Format: CSV})
	if err != nil || len(got) != 1 || got[0] != "end: f:2:3: not UTF-16 from here on" {
		t.Errorf("half a surrogate pair: got %q, %v", got, err)
	}
	shift := encoded(t, japanese.ShiftJIS, "a,b\n1,日本\n") + "2,\xff\xff\n"
	got, err = read(t, shift, Options{Name: "f", Format: CSV, Encoding: "shift_jis"})
	if err != nil || len(got) != 2 || got[1] != "end: f:3:3: not shift_jis from here on" {
		t.Errorf("shift_jis: got %q, %v", got, err)
	}
	said := encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "a\n\ufffd\n")
	if got, err = read(t, said, Options{Format: CSV}); err != nil || got[0] != "2 [\"\ufffd\"]" {
		t.Errorf("a replacement character that the file has: got %q, %v", got, err)
	}
}

// TestCutOff checks that data which ends too early is never taken for the end.
func TestCutOff(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,name\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "%d,%x\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	for name, content := range map[string]string{"a.csv.gz": gzipped(t, text.String()), "a.csv.zst": zstandard(t, text.String())} {
		for cut := 1; cut < len(content); cut += max(1, len(content)/97) {
			o := Options{Digest: true}
			if cut%2 == 0 {
				o.Block = func(Block) {}
			}
			r, err := Open(write(t, name, content[:cut]), o)
			for err == nil {
				_, err = r.Next()
			}
			var fault *Error
			if !errors.As(err, &fault) || fault.Kind != Corrupt {
				t.Errorf("%s cut at %d of %d: got %v", name, cut, len(content), err)
			}
			if r != nil {
				if _, ok := r.Digest(); ok {
					t.Errorf("%s cut at %d has a digest", name, cut)
				}
				r.Close()
			}
		}
	}
}

// TestReadError checks the same of reading that fails, at every byte.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is on fire")
	for _, content := range []string{"id,name\n1,\"Ann\nx\"\n2,Bob\n", "{\"id\":1}\n{\"id\":2}", gzipped(t, "id,name\n1,Ann\n"), zstandard(t, "id,name\n1,Ann\n")} {
		for at := range len(content) + 1 {
			in := io.MultiReader(strings.NewReader(content[:at]), iotest.ErrReader(broken))
			r, err := NewReader(in, Options{Name: "f", Format: Content})
			for err == nil {
				_, err = r.Next()
			}
			var fault *Error
			if !errors.As(err, &fault) || fault.Kind != Unreadable || !errors.Is(err, broken) {
				t.Errorf("%q failing at %d: got %v", content, at, err)
			}
			if r != nil {
				if _, again := r.Next(); again != err {
					t.Errorf("%q failing at %d: %v and then %v", content, at, err, again)
				}
			}
		}
	}
}

// TestSmallReads checks that nothing depends on how the bytes arrive.
func TestSmallReads(t *testing.T) {
	const text = "\ufeffsep=;\r\nid;name\r\n1;\"Ann\r\n\"\"x\"\"\"\r\n\r\n2;Zoë\r\n3\r\n"
	want, err := read(t, text, Options{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(text)), Options{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, dump(t, r)); diff != "" {
		t.Error(diff)
	}
}

func TestRaw(t *testing.T) {
	const text = "\ufeffsep=,\r\n\r\na,b\r\n1,\"x\r\ny\"\n\n2,3,4\n5,\"6\n7,8"
	r, err := NewReader(strings.NewReader(text), Options{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	raws := []string{string(r.HeaderRaw())}
	for {
		if _, err := r.Next(); err == io.EOF {
			break
		}
		raws = append(raws, string(r.Raw()))
	}
	want := []string{"sep=,\r\na,b\r\n", "1,\"x\r\ny\"\n", "2,3,4\n", "5,\"6\n", "7,8"}
	if diff := cmp.Diff(want, raws); diff != "" {
		t.Error(diff)
	}
	if r.Raw() != nil {
		t.Errorf("after the end: %q", r.Raw())
	}
}

func TestClosed(t *testing.T) {
	r, err := Open(write(t, "a.csv.zst", zstandard(t, "a,b\n1,2\n")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if _, err := r.Next(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("next after close: %v", err)
	}
}

// TestMemory reads 50 MB in each format, with a bad quote every thousand rows,
// and checks that the heap stays small.
func TestMemory(t *testing.T) {
	const size, most = 50 << 20, 8 << 20
	csvBlock := strings.Repeat("12345,\"Ann, of course\",ann@example.com,\"two\n"+strings.Repeat("long lines ", 50)+"\"\n", 999) + "1,\"open,2,3\n"
	jsonBlock := strings.Repeat(`{"id":12345,"name":"Ann, of course","email":"ann@example.com","tags":["`+strings.Repeat("long tags ", 50)+`"]}`+"\n", 1000)
	for name, test := range map[string]struct {
		head, block string
		format      Format
	}{
		"csv":   {"id,name,email,note\n", csvBlock, CSV},
		"jsonl": {"", jsonBlock, JSONL},
	} {
		t.Run(name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(test.head), &repeated{block: test.block, left: size / len(test.block)})
			r, err := NewReader(in, Options{Format: test.format})
			if err != nil {
				t.Fatal(err)
			}
			before, peak := heap(), uint64(0)
			for err != io.EOF {
				_, err = r.Next()
				if r.Rows()%10_000 == 1 {
					peak = max(peak, heap())
				}
			}
			if peak > before+most {
				t.Errorf("the heap grew from %d to %d bytes over %d rows", before, peak, r.Rows())
			}
			if r.Rows() < 80_000 {
				t.Errorf("only %d rows, %d bad", r.Rows(), r.Bad())
			}
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// repeated is a reader of one block many times.
type repeated struct {
	block string
	at    int
	left  int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.block[r.at:])
	if r.at += n; r.at == len(r.block) {
		r.at, r.left = 0, r.left-1
	}
	return n, nil
}

func TestAllocationsPerRow(t *testing.T) {
	for name, test := range map[string]struct {
		row  string
		most float64
	}{
		"plain":  {"12345,Ann,ann@example.com\n", 3},
		"quoted": {"12345,\"Ann, \"\"A\"\"\",ann@example.com\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader("id,name,email\n"), &repeated{block: test.row, left: 1 << 30})
			r, err := NewReader(in, Options{Format: CSV})
			if err != nil {
				t.Fatal(err)
			}
			got := testing.AllocsPerRun(1000, func() {
				if _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
			})
			if got > test.most {
				t.Errorf("%.0f allocations a row, at most %.0f are needed", got, test.most)
			}
		})
	}
}
