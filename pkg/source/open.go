package source

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// A Format is how rows are written.
type Format int

// The formats. A file's name, without a suffix of compression, decides unless
// Options says more; letter case doesn't matter.
const (
	Auto    Format = iota // by name: .csv, .tsv or .tab, .jsonl or .ndjson
	CSV                   // comma-separated, or semicolons, or whatever
	TSV                   // CSV with tabs
	JSONL                 // one JSON object a line
	Content               // by the first character, JSONL if it is {, else CSV: for input without a name
)

// String returns the format's usual name.
func (f Format) String() string {
	switch f {
	case CSV:
		return "CSV"
	case TSV:
		return "TSV"
	case JSONL:
		return "JSONL"
	}
	return "unknown"
}

// DefaultMaxRecord is the most bytes a record has unless Options says
// otherwise: 1 MiB.
const DefaultMaxRecord = 1 << 20

// Options say how to read a source. The zero value is useful: all that can be
// told from the file is told from it.
type Options struct {
	// Name is what errors call the file. Open's default is the last element of
	// its path, NewReader's is none.
	Name string
	// Format is how rows are written.
	Format Format
	// Encoding is the name of the text's encoding, as browsers or IANA know it
	// ("windows-1252"). Empty or "utf-8" is UTF-8, or UTF-16 with a byte order
	// mark.
	Encoding string
	// Delimiter separates the values of a CSV record; 0 is to find it out. It
	// counts for more than a first line sep=;.
	Delimiter rune
	// MaxRecord is the most bytes a record may have as UTF-8, its line end
	// included. 0 is DefaultMaxRecord.
	MaxRecord int
	// Digest says that [Reader.Digest] will be asked for.
	Digest bool

	// Block, if set, is told of each block of the text, in order and by Next, once
	// the rows that start before its line have been returned or passed over.
	Block func(Block)
	// Known, if set, is what is known of the source. While its text is the same as
	// it was then, Next passes over the rows that need not be looked at.
	Known *Known
	// BlockSize is how many bytes a block has; 0 is DefaultBlockSize.
	BlockSize int
}

// Open opens a source and reads its header, if its format has one. Its errors
// are of type *Error. The file must be a regular one: see [Spool] for streams.
func Open(path string, o Options) (*Reader, error) {
	o.Name = cmp.Or(o.Name, filepath.Base(path))
	file, size, err := openFile(path)
	if err != nil {
		err.File = o.Name
		return nil, err
	}
	r, openErr := newReader(file, path, o)
	if openErr != nil {
		file.Close()
		return nil, openErr
	}
	r.size = size
	r.closers = append(r.closers, file)
	return r, nil
}

// NewReader is Open for a stream, whose Format is told by Options.Name unless
// Options say it. Closing the Reader doesn't close in.
func NewReader(in io.Reader, o Options) (*Reader, error) { return newReader(in, o.Name, o) }

func newReader(in io.Reader, path string, o Options) (*Reader, error) {
	r := &Reader{name: o.Name, in: newMeter(in, o.Digest), encoding: cmp.Or(o.Encoding, "UTF-16")}
	if err := r.start(path, o); err != nil {
		err = r.explain(err)
		r.Close()
		return nil, err
	}
	return r, nil
}

// start builds what the bytes of a file run through on their way to Next, and
// reads the header:
//
//	file -> meter -> decompress -> decodeText -> blocks -> window -> records -> format
func (r *Reader) start(path string, o Options) error {
	plain, plainPath, err := r.decompress(path)
	if err != nil {
		return err
	}
	head, err := plain.Peek(headSize)
	if err != nil && err != io.EOF {
		return err
	}
	if err := checkForeign(head); err != nil {
		return err
	}
	format := cmp.Or(o.Format, formatNamed(plainPath))
	if format == Auto {
		return unknownFormat(plainPath)
	}
	text, err := decodeText(plain, o.Encoding)
	if err != nil {
		return err
	}
	limit := o.MaxRecord
	if limit <= 0 {
		limit = DefaultMaxRecord
	}
	if o.Block != nil || o.Known != nil {
		r.blocks = newBlocks(text, o)
		text = r.blocks
	}
	if o.Known != nil {
		r.known = o.Known.Has
	}
	r.records = newRecords(newWindow(text), o.Name, limit)
	return r.startFormat(format, o.Delimiter)
}

// decompress returns what the file holds, and its name without the suffix of
// the compression.
func (r *Reader) decompress(path string) (*bufio.Reader, string, error) {
	promised, plainPath := compressionNamed(path)
	stored := bufio.NewReader(r.in)
	plain, compression, closer, err := decompress(stored)
	r.compression = compression
	if err != nil {
		return nil, "", err
	}
	if closer != nil {
		r.closers = append(r.closers, closer)
	}
	if _, err := stored.Peek(1); promised != "" && compression == "" && err == nil {
		return nil, "", &Error{Kind: Corrupt, Reason: fmt.Sprintf("the name says %s, but the data is not", promised)}
	}
	return plain, plainPath, nil
}

// formatNamed returns the format that a file name shows, Auto if none.
func formatNamed(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return CSV
	case ".tsv", ".tab":
		return TSV
	case ".jsonl", ".ndjson":
		return JSONL
	}
	return Auto
}

func unknownFormat(path string) *Error {
	reason := "the name has no extension that says whether it is CSV or JSONL"
	if ext := filepath.Ext(path); ext != "" {
		reason = fmt.Sprintf("the extension %s does not say whether it is CSV or JSONL", ext)
	}
	return &Error{Kind: UnknownFormat, Reason: reason}
}

// startFormat starts reading rows.
func (r *Reader) startFormat(format Format, delimiter rune) error {
	sample := bytes.TrimLeft(r.records.sample(), jsonSpace)
	if len(sample) == 0 && r.records.err == io.EOF && len(r.records.rest()) == 0 {
		return &Error{Kind: Empty, Reason: "is empty"}
	}
	if format == Content {
		format = CSV
		if bytes.HasPrefix(sample, []byte{'{'}) || bytes.HasPrefix(sample, []byte{'['}) {
			format = JSONL
		}
	}
	r.format = format
	if format == JSONL {
		return r.startJSONL(sample)
	}
	if format == TSV && delimiter == 0 {
		delimiter = '\t'
	}
	rows, err := newCSVRows(r.records, delimiter)
	if err != nil {
		return err
	}
	r.header, r.headerRaw, r.delimiter = rows.header, rows.headerRaw, rows.delimiter
	r.blank, r.next, r.csv = rows.blank, rows.next, rows.csvRecords
	return nil
}

// startJSONL refuses JSON that is laid out over many lines: each of them would
// be a bad row.
func (r *Reader) startJSONL(sample []byte) error {
	first, _, _ := bytes.Cut(sample, []byte{'\n'})
	first = bytes.TrimRight(first, jsonSpace)
	if bytes.HasPrefix(first, []byte{'['}) || string(first) == "{" {
		return &Error{Kind: NotLines, Reason: "is JSON, but not one object a line"}
	}
	if hasLoneCR(first) {
		return &Error{Kind: LineEnds, Reason: loneCR}
	}
	r.next = newJSONRecords(r.records).next
	return nil
}

// explain returns the error for what ended reading before the end.
func (r *Reader) explain(err error) error {
	var fault *Error
	switch {
	case errors.As(err, &fault):
		fault.File = r.name
		return fault
	case r.in.failed():
		fault = systemError(r.in.err)
	case errors.Is(err, errUndecodable):
		fault = &Error{Kind: WrongEncoding, Reason: "not " + r.encoding + " from here on"}
	case r.compression != "":
		fault = corruptError(r.compression, err)
	default:
		fault = systemError(err)
	}
	fault.File = r.name
	if r.records != nil { // all that was read is in the window
		rest := r.records.rest()
		line, column := position(rest, len(rest))
		fault.Line, fault.Column = r.records.nextLine+line, column
	}
	return fault
}

// sizeText returns a number of bytes as people write it.
func sizeText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
