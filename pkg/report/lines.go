package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"

	"github.com/gocarina/gocsv"
)

// maxWrite is how many bytes of whole lines are handed on in one write, give or
// take a line. It bounds both the buffer and what a crash can tear.
const maxWrite = 1 << 20

// Columns returns the names of the columns of a results file, in order.
func Columns() []string {
	header, _, _ := bytes.Cut(csvHeader(), []byte("\n"))
	return strings.Split(string(header), ",")
}

// csvHeader is the first line of a CSV results file.
func csvHeader() []byte {
	var header bytes.Buffer
	// A write to memory can't fail, and record is a type gocsv knows.
	_ = gocsv.MarshalCSV([]record{}, csv.NewWriter(&header))
	return header.Bytes()
}

// isJSONL tells the format by the name; anything but .jsonl and .ndjson is CSV.
func isJSONL(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jsonl", ".ndjson":
		return true
	}
	return false
}

// lines turns rows into lines and writes them to out, whole lines at a time.
type lines struct {
	out  io.Writer
	buf  bytes.Buffer
	csv  *csv.Writer // one of these two writes into buf
	json *json.Encoder
}

func newLines(path string, out io.Writer) *lines {
	l := &lines{out: out}
	if isJSONL(path) {
		l.json = json.NewEncoder(&l.buf)
		l.json.SetEscapeHTML(false)
	} else {
		l.csv = csv.NewWriter(&l.buf)
	}
	return l
}

// header adds the header, if the format has one.
func (l *lines) header() {
	if l.csv != nil {
		l.buf.Write(csvHeader())
	}
}

// add appends one row, and writes if enough has come together.
func (l *lines) add(r Row) error {
	if err := l.encode(r.clean()); err != nil {
		return err
	}
	if l.buf.Len() < maxWrite {
		return nil
	}
	return l.flush()
}

func (l *lines) encode(r Row) error {
	if l.json != nil {
		return l.json.Encode(r)
	}
	// An array, not a slice: the cells of a slice's element are addressable, and
	// reflection copies each of them to the heap to look at it.
	return gocsv.MarshalCSVWithoutHeaders([1]record{newRecord(r)}, l.csv)
}

// flush hands everything on in a single write.
func (l *lines) flush() error {
	if l.buf.Len() == 0 {
		return nil
	}
	_, err := l.out.Write(l.buf.Bytes())
	l.buf.Reset()
	return err
}
