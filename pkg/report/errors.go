package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Kind says what is wrong with a results file, for callers that branch on it.
type Kind int

const (
	// Unreachable: the file could not be opened, read, written or put in place.
	// FileError.Err has the cause.
	Unreachable Kind = iota
	// NotResults: there is a file, and it is not a results file with these
	// columns in this order. FileError.Got shows how it begins.
	NotResults
	// Damaged: it was a results file, and so much of its end is not whole rows
	// that a crash can't be the reason; or a cell is opened and never closed.
	Damaged
)

// FileError is a results file that can't be used. After it nothing more is
// read from, or written to, the file.
type FileError struct {
	Op   string // what was tried: open, create, read, write, ...
	Path string
	Kind Kind
	Got  string // NotResults: the beginning of the file, printable and short
	Line int    // Damaged while reading: a line near the damage, else 0
	Err  error  // Unreachable: the cause
}

func (e *FileError) Error() string {
	switch e.Kind {
	case NotResults:
		return fmt.Sprintf("%s %s: not a results file: begins with %q", e.Op, e.Path, e.Got)
	case Damaged:
		if e.Line > 0 {
			return fmt.Sprintf("%s %s: damaged: a row near line %d has no end", e.Op, e.Path, e.Line)
		}
		return fmt.Sprintf("%s %s: damaged: its end is not whole rows", e.Op, e.Path)
	}
	return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err)
}

// Unwrap gives the cause, so that errors.Is finds fs.ErrPermission and the like.
func (e *FileError) Unwrap() error { return e.Err }

// unreachable wraps an error of the operating system. Its own mention of the
// path is dropped: FileError names it.
func unreachable(op, path string, err error) *FileError {
	var named *fs.PathError
	var moved *os.LinkError
	switch {
	case errors.As(err, &named):
		err = named.Err
	case errors.As(err, &moved):
		err = moved.Err
	}
	return &FileError{Op: op, Path: path, Kind: Unreachable, Err: err}
}

// RowError is one row of a results file that can't be read. Reading goes on
// with the next row.
type RowError struct {
	Path   string
	Line   int    // 1-based physical line where the row begins
	Column string // the column at fault, empty if it is the whole row
	Reason string // in words
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.Path, e.Line, e.Column, e.Reason)
}
