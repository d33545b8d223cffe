package source

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// records is what the formats share: a stream of records, each some whole
// lines of text, with the places at which they start.
type records struct {
	*window
	file      string
	limit     int    // the most bytes a record may have
	startLine int    // physical line at which the last record started, from 1
	nextLine  int    // physical line at which the next one starts
	raw       []byte // the last record, valid until the window is filled
}

func newRecords(w *window, file string, limit int) *records {
	return &records{window: w, file: file, limit: limit, startLine: 1, nextLine: 1}
}

// take consumes a record of n bytes, which must be text.
func (r *records) take(n int) error {
	r.raw = r.peek(n)
	if err := r.checkText(r.raw); err != nil {
		return err
	}
	r.skip(n)
	r.startLine = r.nextLine
	r.nextLine += lineCount(r.raw)
	return nil
}

// lineCount returns on how many lines a record stands.
func lineCount(record []byte) int {
	n := bytes.Count(record, []byte{'\n'})
	if !bytes.HasSuffix(record, []byte{'\n'}) {
		n++
	}
	return n
}

// takeTooLong consumes the line the window starts with, whose end is out of
// reach, and returns the error for it.
func (r *records) takeTooLong() *RowError {
	r.skipLine()
	r.raw, r.startLine = nil, r.nextLine
	r.nextLine++
	return r.rowError(0, TooLong, "longer than "+sizeText(r.limit)+", the most a record may have")
}

// rowError returns an error for the record that was taken last. The offset is
// a place in it.
func (r *records) rowError(offset int, kind RowKind, reason string) *RowError {
	column := 0
	if line, c := position(r.raw, offset); r.raw != nil && line == 0 {
		column = c
	}
	return &RowError{File: r.file, Line: r.startLine, Column: column, Kind: kind, Reason: reason}
}

// fault returns an error for the whole source, at an offset from the start of
// the next record.
func (r *records) fault(offset int, kind Kind, reason string) *Error {
	line, column := position(r.rest(), offset)
	return &Error{File: r.file, Line: r.nextLine + line, Column: column, Kind: kind, Reason: reason}
}

// position returns the line, from 0, and the column, from 1, of an offset.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}), utf8.RuneCount(before[start:]) + 1
}

// checkText refuses a record that isn't text. It starts the window.
func (r *records) checkText(record []byte) error {
	if i := bytes.IndexByte(record, 0); i >= 0 {
		return r.fault(i, Binary, "not a text file: it contains a NUL byte")
	}
	if utf8.Valid(record) {
		return nil
	}
	at := invalidAt(record)
	err := r.fault(at, WrongEncoding, "not UTF-8")
	if sample, ok := asWindows1252(record, at); ok {
		err.Encoding, err.Sample = "windows-1252", sample
	}
	return err
}

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(text []byte) int {
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(text)
}

// asWindows1252 returns how the line around an offset would read in
// Windows-1252, by far the commonest encoding of what isn't UTF-8, and whether
// it could be that.
func asWindows1252(text []byte, at int) (string, bool) {
	const around = 40 // bytes, to either side
	start := max(bytes.LastIndexByte(text[:at], '\n')+1, at-around)
	for start < at && !utf8.RuneStart(text[start]) {
		start++
	}
	line, _, _ := bytes.Cut(text[start:min(len(text), at+around)], []byte{'\n'})
	for _, b := range line {
		if strings.IndexByte("\x81\x8d\x8f\x90\x9d", b) >= 0 { // it has no such characters
			return "", false
		}
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(line)
	return strings.Map(printable, string(decoded)), err == nil
}

func printable(c rune) rune {
	if unicode.IsPrint(c) {
		return c
	}
	return ' '
}

// trimLineEnd removes LF or CRLF, and the CR of a last line that lacks its LF,
// as encoding/csv does.
func trimLineEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}
