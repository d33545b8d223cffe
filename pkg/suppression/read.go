package suppression

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A List is a file of people who must not be written to.
type List struct {
	Path string
	Set
}

// A ListError is why a list can't be used.
type ListError struct {
	Path   string
	Line   int // 0: the list as a whole
	Reason string
	Err    error // the cause, if it came from elsewhere
}

// Error returns "path:line: reason".
func (e *ListError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Reason)
}

// Unwrap returns the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *ListError) Unwrap() error { return e.Err }

// maxPlain is the longest line of a list without columns, in bytes.
const maxPlain = 64 << 10

// Read reads the list at path; the package comment says of which kinds. The
// error is a *ListError.
func Read(path string) (*List, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, listError(path, err)
	}
	if info.Size() == 0 && info.Mode().IsRegular() {
		return &List{Path: path}, nil
	}
	o := source.Options{Name: path}
	if !isTable(path) {
		log, err := isLog(path)
		if err != nil {
			return nil, listError(path, err)
		}
		if !log {
			return readPlain(path)
		}
		o.Format = source.CSV
	}
	return readTable(path, o)
}

// listError makes a ListError of what reading a file ended with.
func listError(path string, err error) error {
	var known *ListError
	var whole *source.Error
	var row *source.RowError
	var system *os.PathError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &whole):
		return &ListError{path, whole.Line, whole.Reason, err}
	case errors.As(err, &row):
		return &ListError{path, row.Line, row.Reason, err}
	case errors.As(err, &system):
		return &ListError{path, 0, system.Err.Error(), err}
	}
	return &ListError{path, 0, err.Error(), err}
}

// isTable reports whether a file's name says that it has rows with columns.
func isTable(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	for _, suffix := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return slices.Contains([]string{".csv", ".tsv", ".tab", ".jsonl", ".ndjson"}, filepath.Ext(name))
}

// readPlain reads a list with one identity a line.
func readPlain(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, listError(path, err)
	}
	defer f.Close()
	var b Builder
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxPlain)
	line := 0
	for lines.Scan() {
		line++
		text := lines.Text()
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, &ListError{path, line, "is not UTF-8 text: save the file as UTF-8", nil}
		}
		if id := Identify(text); !strings.HasPrefix(string(id), "#") {
			b.Add(id, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, &ListError{path, line + 1, err.Error(), err}
	}
	return &List{path, b.Set()}, nil
}

// readTable reads a list with columns, or a log.
func readTable(path string, o source.Options) (*List, error) {
	rows, err := source.Open(path, o)
	if err != nil {
		return nil, listError(path, err)
	}
	defer rows.Close()
	var b Builder
	take, err := taker(&b, path, rows.Header())
	if err != nil {
		return nil, err
	}
	read := 0
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = take(row)
		}
		if err != nil {
			return nil, listError(path, err)
		}
		read++
	}
	if read > 0 && len(b.entries) == 0 {
		return nil, &ListError{path, 0, "names nobody: no column is called id or external_id, and no value is an email address", nil}
	}
	return &List{path, b.Set()}, nil
}

// taker returns what takes the rows of a list with this header.
func taker(b *Builder, path string, h *source.Header) (func(*source.Recipient) error, error) {
	if h != nil && isLogHeader(h) {
		return func(row *source.Recipient) error { return takeChange(b, path, row) }, nil
	}
	fields := &Fields{persons: append(PersonColumns(), "who", "key"), header: h}
	fields.index()
	if h != nil && h.Len() == 1 {
		if name := h.Name(0); IsEmail(name) || strings.ContainsAny(name, "0123456789") {
			b.Add(Identify(name), 1) // no header, but a first row
		}
		fields.count[0] = true
	}
	if h != nil && slices.ContainsFunc(h.Names(), IsEmail) && h.Len() > 1 {
		return nil, &ListError{path, 1, "the first line has an email address where the names of columns belong: add a line with the names", nil}
	}
	return func(row *source.Recipient) error {
		for _, id := range fields.Append(nil, row) {
			b.Add(id, row.Line)
		}
		return nil
	}, nil
}
