package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantKind checks that err is a *FileError of this kind that names the file.
func wantKind(t *testing.T, err error, kind Kind, path string) *FileError {
	t.Helper()
	var file *FileError
	if !errors.As(err, &file) {
		t.Fatalf("error %v is no *FileError", err)
	}
	if file.Kind != kind || file.Path != path {
		t.Fatalf("kind %d of %q, want %d of %q: %v", file.Kind, file.Path, kind, path, err)
	}
	return file
}

func TestNoOutputBeforeThereIsOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(results.Flush(), results.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file without rows was created: %v", err)
	}
}

func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions")
	}
	dir := t.TempDir()
	appended, anew := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.jsonl")
	appendAll(t, appended, fullRow())
	if err := WriteResults(anew, sequence(fullRow())); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{appended, anew} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(path), got)
		}
	}
}

// writes records what each write to it got.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

func TestEachWriteIsWholeLines(t *testing.T) {
	for _, name := range []string{"r.csv", "r.jsonl"} {
		var out writes
		l := newLines(name, &out)
		row := fullRow()
		row.ErrorMessage = strings.Repeat("x\n\"", 2000)
		for range 400 {
			if err := l.add(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.flush(); err != nil {
			t.Fatal(err)
		}
		if len(out) < 3 {
			t.Fatalf("%s: more than 2 MiB came in %d writes", name, len(out))
		}
		for i, text := range out {
			if len(text) > maxWrite+maxRecord {
				t.Errorf("%s: write %d has %d bytes", name, i, len(text))
			}
			end, err := endOfRows(strings.NewReader(text), name == "r.csv")
			if err != nil || int(end) != len(text) {
				t.Errorf("%s: write %d is not whole rows: %d of %d, %v", name, i, end, len(text), err)
			}
		}
	}
}

// A file cut at any byte and opened again has the rows whose bytes are all there
// and can be appended to.
func TestTornAnywhere(t *testing.T) {
	for _, name := range []string{"r.csv", "r.jsonl"} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join(t.TempDir(), name)
			rows := []Row{fullRow(), {Key: "b", Status: Sent}, fullRow()}
			var ends []int // size of the file after each row
			for _, row := range rows {
				appendAll(t, whole, row)
				ends = append(ends, len(read(t, whole)))
			}
			text := read(t, whole)
			for cut := range len(text) + 1 {
				path := write(t, name, text[:cut])
				appendAll(t, path, Row{Key: "next", Status: Sent})
				var want []Row
				for i, end := range ends {
					if end <= cut {
						want = append(want, rows[i])
					}
				}
				want = append(want, Row{Key: "next", Status: Sent})
				if diff := cmp.Diff(want, readAll(t, path)); diff != "" {
					t.Fatalf("cut at byte %d of %d (-want +got):\n%s", cut, len(text), diff)
				}
			}
		})
	}
}

func TestOpenRefusesWhatIsNotItsOwn(t *testing.T) {
	header := strings.Join(Columns(), ",") + "\n"
	for what, test := range map[string]struct {
		name, text string
		kind       Kind
		got        string
	}{
		"contacts":           {"c.csv", "key,first_name\na,Zoë\n", NotResults, "key,first_name"},
		"reordered":          {"r.csv", "line," + header, NotResults, ""},
		"semicolons":         {"r.csv", strings.ReplaceAll(header, ",", ";"), NotResults, ""},
		"bom":                {"r.csv", "\uFEFF" + header, NotResults, ""},
		"crlf":               {"r.csv", strings.TrimSpace(header) + "\r\n", NotResults, ""},
		"binary":             {"r.csv", "PK\x03\x04\x1b[31m\n", NotResults, "PK [31m"},
		"contacts as JSON":   {"c.jsonl", `{"key":"a","email":"a@b.c"}` + "\n", NotResults, ""},
		"one line of it":     {"c.jsonl", `{"key":"a","email":"a@b.c"}`, NotResults, ""},
		"an array":           {"c.jsonl", `[{"key":"a"`, NotResults, ""},
		"other JSON":         {"c.jsonl", "{}\n", NotResults, ""},
		"a stray quote":      {"r.csv", header + "a\"," + strings.Repeat(",,sent\n", maxTorn/7), Damaged, ""},
		"an endless line":    {"r.jsonl", `{"key":"a","status":"sent"}` + "\n" + strings.Repeat("x", maxTorn+1), Damaged, ""},
		"an endless 1st one": {"r.jsonl", `{"key":"` + strings.Repeat("x", maxTorn), Damaged, ""},
	} {
		t.Run(what, func(t *testing.T) {
			path := write(t, test.name, test.text)
			_, err := OpenResults(path)
			file := wantKind(t, err, test.kind, path)
			if test.got != "" && file.Got != test.got {
				t.Errorf("it shows %q, want %q", file.Got, test.got)
			}
			if read(t, path) != test.text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestOpenNeedsARegularFile(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenResults(dir)
	wantKind(t, err, Unreachable, dir)
	if want := "open " + dir + ": not a regular file"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestAFailureIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere", "r.csv")
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := results.Append(fullRow()); err != nil {
		t.Errorf("append failed before anything was written: %v", err)
	}
	for range 2 {
		err := results.Flush()
		wantKind(t, err, Unreachable, path)
		if !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("error %q", err)
		}
	}
	for range 2*maxWaiting + 1 {
		_ = results.Append(fullRow()) // reported below
	}
	if n := len(results.waiting); n > maxWaiting {
		t.Errorf("%d rows wait for a file that can't be written", n)
	}
	wantKind(t, results.Close(), Unreachable, path)
}

func TestAFileThatAppearsMeanwhileIsNotTouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = results.Append(fullRow()) // only puts it aside
	if err := results.Close(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want that the file exists", err)
	}
	if read(t, path) != "mine" {
		t.Error("somebody's file was changed")
	}
}

func TestNothingAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = results.Append(fullRow()) // reported by Close
	if err := results.Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	_ = results.Append(fullRow()) // reported by Flush
	wantKind(t, results.Flush(), Unreachable, path)
	wantKind(t, results.Close(), Unreachable, path)
	if read(t, path) != before {
		t.Error("written after close")
	}
}

func TestManyAppendersOneTicker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 3000
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				if err := results.Append(Row{Key: fmt.Sprint(w, "-", i), Status: Sent}); err != nil {
					t.Error(err)
				}
				if i%100 == 0 {
					if err := results.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	if err := results.Close(); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{} // per worker: rows stay in order
	for _, row := range readAll(t, path) {
		w, i, _ := strings.Cut(row.Key, "-")
		if i != fmt.Sprint(next[w]) {
			t.Fatalf("worker %s: row %s where %d was due", w, i, next[w])
		}
		next[w]++
	}
	for w, n := range next {
		if n != each {
			t.Errorf("worker %s: %d rows of %d", w, n, each)
		}
	}
	if len(next) != workers {
		t.Errorf("rows of %d workers", len(next))
	}
}

func TestWriteResultsIsAllOrNothing(t *testing.T) {
	path := write(t, "r.csv", "old")
	cause := errors.New("the ledger is unreadable")
	err := WriteResults(path, func(yield func(Row, error) bool) {
		_ = yield(fullRow(), nil) && yield(Row{}, cause)
	})
	if !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	if read(t, path) != "old" {
		t.Error("the old file is gone")
	}
	onlyFile(t, path)

	// What a crash left aside is in nobody's way.
	if err := os.WriteFile(path+".new", []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteResults(path, sequence()); err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(Columns(), ",") + "\n"; read(t, path) != want {
		t.Errorf("no rows gave %q", read(t, path))
	}
	onlyFile(t, path)
}

func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d files where one was due: %v", len(entries), entries)
	}
}

func TestWriteResultsNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere", "r.csv")
	err := WriteResults(path, sequence(fullRow()))
	wantKind(t, err, Unreachable, path)

	dir := filepath.Join(t.TempDir(), "full")
	if err := os.MkdirAll(filepath.Join(dir, "file"), 0o700); err != nil {
		t.Fatal(err)
	}
	err = WriteResults(dir, sequence(fullRow()))
	wantKind(t, err, Unreachable, dir)
	if strings.Contains(err.Error(), ".new") {
		t.Errorf("error names the file aside: %v", err)
	}
	onlyFile(t, dir)
}
