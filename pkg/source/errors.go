package source

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kind says what is wrong with a source as a whole, for callers that want to
// add advice of their own.
type Kind string

// What may be wrong with a source.
const (
	NotFound        Kind = "not_found"        // no such file
	NotAFile        Kind = "not_a_file"       // a folder, pipe or device: it can't be read twice
	Unreadable      Kind = "unreadable"       // no permission, or reading failed on the way
	Empty           Kind = "empty"            // not even a header; a header without rows is no error
	Workbook        Kind = "workbook"         // a spreadsheet program's own file
	Binary          Kind = "binary"           // no text at all
	Markup          Kind = "markup"           // HTML or XML, as a failed download leaves it
	WrongEncoding   Kind = "wrong_encoding"   // bytes that don't fit; see Error.Encoding and Error.Sample
	UnknownEncoding Kind = "unknown_encoding" // Options.Encoding names none that is known
	UnknownFormat   Kind = "unknown_format"   // neither the name nor Options say which format it is
	BadHeader       Kind = "bad_header"       // a column without a name, two of one name, or no valid CSV
	WrongDelimiter  Kind = "wrong_delimiter"  // see Error.Delimiter
	LineEnds        Kind = "line_ends"        // lines end in a lone CR, as on a very old Mac
	NotLines        Kind = "not_lines"        // JSON, but not one object a line
	Corrupt         Kind = "corrupt"          // compressed data that is damaged or cut off
)

// An Error is why a source can't be read, or can't be read on.
type Error struct {
	File   string // Options.Name
	Line   int    // physical line, from 1; 0 if the file as a whole is meant
	Column int    // character in the line, from 1; 0 if the line as a whole is meant
	Kind   Kind
	Reason string // a clause in lower case

	// Encoding is what Options.Encoding might have to be; empty if nothing
	// suggests one.
	Encoding string
	// Sample is the part of the line around Column as it reads in Encoding. It
	// is contact data.
	Sample string
	// Delimiter is what Options.Delimiter might have to be, or 0.
	Delimiter rune

	// Err is the cause, if it came from the operating system.
	Err error
}

// Error returns "file:line:column: reason", followed by the sample if any.
func (e *Error) Error() string {
	s := place(e.File, e.Line, e.Column) + e.Reason
	if e.Sample != "" {
		s += fmt.Sprintf("; as %s it reads %q", e.Encoding, e.Sample)
	}
	return s
}

// Unwrap returns the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *Error) Unwrap() error { return e.Err }

// A RowKind says what is wrong with one row.
type RowKind string

// What may be wrong with a row.
const (
	Ragged       RowKind = "ragged"        // more or fewer columns than the header
	StrayQuote   RowKind = "stray_quote"   // a quote within an unquoted value, or text after the closing one
	OpenQuote    RowKind = "open_quote"    // opened, and not closed in the file or within MaxRecord
	TooLong      RowKind = "too_long"      // longer than MaxRecord
	NotJSON      RowKind = "not_json"      // a line that is not valid JSON
	NotObject    RowKind = "not_object"    // valid perhaps, but not one object
	DuplicateKey RowKind = "duplicate_key" // an object that has a name twice
)

// A RowError is why one row can't be used. The rows after it can.
type RowError struct {
	File   string
	Line   int // physical line at which the row starts, from 1
	Column int // character in that line, from 1; 0 if not known or on a later line
	Field  int // number of the CSV column concerned, from 1; 0 if none or not known
	Kind   RowKind
	Reason string // a clause in lower case; quotes no values
}

// Error returns "file:line:column: reason".
func (e *RowError) Error() string { return place(e.File, e.Line, e.Column) + e.Reason }

// A HeaderError is why names can't be the columns of a header.
type HeaderError struct {
	Column int    // the column at fault, from 1
	Name   string // its name, empty if it has none
	First  int    // the column, from 1, that already has this name; 0 if none
}

// Error describes the column.
func (e *HeaderError) Error() string {
	if e.First == 0 {
		return fmt.Sprintf("column %d has no name", e.Column)
	}
	return fmt.Sprintf("columns %d and %d are both named %q", e.First, e.Column, e.Name)
}

// place returns the start of an error message: whatever is known of where.
func place(file string, line, column int) string {
	parts := make([]string, 0, 4)
	if file != "" {
		parts = append(parts, file)
	}
	for _, n := range []int{line, column} {
		if n == 0 {
			break
		}
		parts = append(parts, strconv.Itoa(n))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ":") + ": "
}
