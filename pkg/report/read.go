package report

import (
	"bufio"
	"io"
	"iter"
	"os"
)

// maxRecord is the most bytes that one row of a file may have, give or take a
// buffer. It bounds memory when a quote is never closed and the rest of the
// file looks like one cell.
const maxRecord = 1 << 20

// ReadResults streams the rows of a results file, in the order of the file and
// in constant memory; a key that was tried again has several rows, of which the
// last one counts. A file that a spreadsheet has saved is read as well: columns
// in any order, some added, some missing (key and status must be there);
// semicolons or tabs for commas; a BOM; empty rows, which are passed over.
//
// A *RowError is one row that can't be read; reading goes on after it. A
// *FileError is the end: the file can't be read, or not any further.
func ReadResults(path string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Row{}, unreachable("open", path, err))
			return
		}
		defer file.Close()
		rows, err := newRowReader(path, file)
		for err == nil {
			var row Row
			row, err = rows.read()
			if bad, ok := err.(*RowError); ok {
				bad.Path = path
				if !yield(Row{}, bad) {
					return
				}
				err = nil
			} else if err == nil && !yield(row, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Row{}, readError(path, err))
		}
	}
}

// rowReader reads one row after the other. Its errors are io.EOF at the end,
// *RowError for one row, anything else when it can't go on.
type rowReader interface{ read() (Row, error) }

func newRowReader(path string, file io.Reader) (rowReader, error) {
	limit := &recordLimit{in: file, left: maxRecord}
	in := bufio.NewReaderSize(limit, 64<<10)
	if bom, _ := in.Peek(3); string(bom) == "\uFEFF" {
		_, _ = in.Discard(3) // just peeked at
	}
	if isJSONL(path) {
		return &jsonRows{in: in, limit: limit}, nil
	}
	return newCSVRows(in, limit)
}

func readError(path string, err error) error {
	if file, ok := err.(*FileError); ok {
		file.Op, file.Path = "read", path
		return file
	}
	return unreachable("read", path, err)
}

// recordLimit fails when more than left bytes are read before somebody sets left
// anew, which the readers do at the start of each row.
type recordLimit struct {
	in   io.Reader
	left int
	line int // near which the row begins
}

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &FileError{Kind: Damaged, Line: l.line}
	}
	n, err := l.in.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// begin says that a row begins near that line.
func (l *recordLimit) begin(line int) { l.left, l.line = maxRecord, line }
