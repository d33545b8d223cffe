package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outcomes reads a file and writes one line a row or error, the path left out.
func outcomes(path string) []string {
	var list []string
	for row, err := range ReadResults(path) {
		if err != nil {
			list = append(list, strings.ReplaceAll(err.Error(), path, "F"))
			continue
		}
		list = append(list, fmt.Sprintf("%s %d %s %s", row.Key, row.Line, row.Status, row.ErrorMessage))
	}
	return list
}

func TestReadWhatASpreadsheetSaved(t *testing.T) {
	for what, text := range map[string]string{
		"as we wrote it": "key,line,status,error_message\nä,7,failed,x\nb,8,sent,\n",
		"semicolons":     "key;line;status;error_message\nä;7;failed;x\nb;8;sent;\n",
		"tabs":           "key\tline\tstatus\terror_message\nä\t7\tfailed\tx\nb\t8\tsent\t\n",
		"BOM, CRLF":      "\uFEFFkey;line;status;error_message\r\nä;7;failed;x\r\nb;8;sent;\r\n",
		"BOM and quotes": "\uFEFF\"key\",\"line\",\"status\",\"error_message\"\n\"ä\",\"7\",\"failed\",\"x\"\n\"b\",\"8\",\"sent\",\"\"\n",
		"other order":    "error_message,status,mine,line,key\nx,failed,!,7,ä\n,sent,?,8,b\n",
		"empty rows":     "key,line,status,error_message\n\nä,7,failed,x\n,,,\n\nb,8,sent,\n,,,\n",
		"no last break":  "key,line,status,error_message\nä,7,failed,x\nb,8,sent,",
	} {
		t.Run(what, func(t *testing.T) {
			want := []string{"ä 7 failed x", "b 8 sent "}
			if diff := cmp.Diff(want, outcomes(write(t, "r.csv", text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestABadRowIsOneRow(t *testing.T) {
	const head = "key,line,status,created_at\n"
	for what, test := range map[string]struct {
		name, text string
		want       []string
	}{
		"cells":      {"r.csv", head + "a,1,sent\nb,2,sent,\n", []string{"F:2: the row does not have the 4 cells of the header", "b 2 sent "}},
		"number":     {"r.csv", head + "a,1e3,sent,\nb,010,sent,\n", []string{`F:2: line: "1e3" is not a whole number`, "b 10 sent "}},
		"time":       {"r.csv", head + "a,1,sent,22.11.2026\nb,2,sent,\n", []string{`F:2: created_at: "22.11.2026" is not a time such as 2026-11-22T18:45:00Z`, "b 2 sent "}},
		"status":     {"r.csv", head + "a,1,\x1b[2Jok,\nb,2,sent,\n", []string{`F:2: status: "\x1b[2Jok" is none of sent, failed, skipped, unknown, pending`, "b 2 sent "}},
		"encoding":   {"r.csv", head + "M\xfcller,1,sent,\nb,2,sent,\n", []string{`F:2: key: "M\xfcller" is not UTF-8`, "b 2 sent "}},
		"quote":      {"r.csv", head + "a\"b,1,sent,\nb,2,sent,\n", []string{"F:2: quotes don't match", "b 2 sent "}},
		"long quote": {"r.csv", head + "\"a,1,sent,\nb,2,sent,\n\"c,3,sent,\nd,4,sent,\n", []string{"F:2: quotes don't match; everything up to line 4 is part of this row", "d 4 sent "}},
		"torn":       {"r.csv", head + "a,1,sent,\nb,2,se", []string{"a 1 sent ", "F:3: the row does not have the 4 cells of the header"}},
		"after a line break": {"r.csv", head + "\"a\nb\",1,sent,\nc,x,sent,\n",
			[]string{"a\nb 1 sent ", `F:4: line: "x" is not a whole number`}},

		"JSON":         {"r.jsonl", "{\"key\":\"a\",\n\n{\"key\":\"b\",\"status\":\"sent\"}", []string{"F:1: not a whole JSON object", "b 0 sent "}},
		"JSON kind":    {"r.jsonl", `{"key":1,"status":"sent"}` + "\n[1]\n", []string{"F:1: key: a JSON number can't stand here", "F:2: a JSON array and not an object"}},
		"JSON time":    {"r.jsonl", `{"key":"a","status":"sent","created_at":"now"}`, []string{`F:1: "now" is not a time such as 2026-11-22T18:45:00Z`}},
		"JSON status":  {"r.ndjson", `{"key":"a"}` + "\r\n" + `{"key":"b","status":"sent"}` + "\r\n", []string{`F:1: status: "" is none of sent, failed, skipped, unknown, pending`, "b 0 sent "}},
		"JSON, BOM":    {"r.jsonl", "\uFEFF" + `{"key":"a","status":"sent"}`, []string{"a 0 sent "}},
		"JSON latin-1": {"r.jsonl", "{\"key\":\"M\xfcller\",\"status\":\"sent\"}\n", []string{"F:1: not UTF-8"}},
	} {
		t.Run(what, func(t *testing.T) {
			path := write(t, test.name, test.text)
			if diff := cmp.Diff(test.want, outcomes(path)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadStopsAtWhatIsNoResultsFile(t *testing.T) {
	for what, test := range map[string]struct {
		name, text string
		kind       Kind
		rows       int
	}{
		"contacts":       {"r.csv", "email,first_name\na@b.c,Zoë\n", NotResults, 0},
		"no status":      {"r.csv", "key,line\na,1\n", NotResults, 0},
		"a column twice": {"r.csv", "key,status,line,line\na,sent,1,2\n", NotResults, 0},
		"broken header":  {"r.csv", "key\"\nx\n", NotResults, 0},
		"endless cell":   {"r.csv", "key,status\na,sent\n\"b" + strings.Repeat(",x\n", maxRecord/2), Damaged, 1},
		"endless header": {"r.csv", "key,status" + strings.Repeat(",x", maxRecord), Damaged, 0},
		"endless line":   {"r.jsonl", `{"key":"a","status":"sent"}` + "\n" + strings.Repeat("x", 2*maxRecord), Damaged, 1},
	} {
		t.Run(what, func(t *testing.T) {
			path := write(t, test.name, test.text)
			rows := 0
			var last error
			for _, err := range ReadResults(path) {
				if last != nil {
					t.Fatalf("reading went on after %v", last)
				}
				if last = err; err == nil {
					rows++
				}
			}
			wantKind(t, last, test.kind, path)
			if rows != test.rows {
				t.Errorf("%d rows before that, want %d", rows, test.rows)
			}
		})
	}
}

func TestReadErrorsAreNotTheEnd(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "r.csv")
	for _, path := range []string{missing, t.TempDir()} { // a folder opens, but can't be read
		var last error
		for _, err := range ReadResults(path) {
			last = err
		}
		wantKind(t, last, Unreachable, path)
	}
	for _, err := range ReadResults(missing) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	}
}

func TestAnEmptyFileHasNoRows(t *testing.T) {
	for _, name := range []string{"r.csv", "r.jsonl"} {
		if got := outcomes(write(t, name, "")); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestReadingMayStopAnywhere(t *testing.T) {
	path := write(t, "r.csv", "key,status\na,x\nb,sent\nc,sent\n")
	for stop := range 3 {
		n := 0
		for range ReadResults(path) {
			if n++; n > stop {
				break
			}
		}
	}
}

// FuzzReadResults: whatever is in a file, reading it ends, without a panic, and
// what it gives is clean. Opening it for appending leaves it whole or as it was.
func FuzzReadResults(f *testing.F) {
	header := strings.Join(Columns(), ",") + "\n"
	f.Add([]byte(header+"a,1,sent,,,,,,,,,,,,,\n"), false)
	f.Add([]byte(header+"\"a\nb\",1,fai"), false)
	f.Add([]byte("\uFEFFkey;status\na;sent\n;;\n"), false)
	f.Add([]byte(`{"key":"a","status":"sent","line":1}`+"\n{"), true)
	f.Fuzz(func(t *testing.T, text []byte, jsonl bool) {
		name := "r.csv"
		if jsonl {
			name = "r.jsonl"
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for row, err := range ReadResults(path) {
			if err == nil && (row.check() != nil || row.CreatedAt != cleanTime(row.CreatedAt)) {
				t.Errorf("odd row %+v", row)
			}
		}
		results, err := OpenResults(path)
		if err != nil {
			if got := read(t, path); got != string(text) {
				t.Errorf("refused with %v, and changed to %q", err, got)
			}
			return
		}
		if err := results.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); !strings.HasPrefix(string(text), got) {
			t.Errorf("opening made %q of it", got)
		}
	})
}
