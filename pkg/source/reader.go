package source

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
)

// A Reader reads the recipients of a source one after the other. Only Read and
// Size may be called while another method runs.
type Reader struct {
	name        string
	size        int64
	in          *meter
	compression string // what in holds is compressed with, if at all
	encoding    string // what its text is in, if not UTF-8
	records     *records
	next        func() (*Recipient, error) // nil, nil for a blank row
	format      Format
	csv         *csvRecords // nil for JSONL
	blocks      *blocks     // nil: nobody asks for them
	known       func(line int) bool
	passed      int
	header      *Header
	headerRaw   []byte
	delimiter   string
	raw         []byte
	placed      bool // raw is a recipient's, so its fields have places
	rows        int
	bad         int
	blank       int
	err         error // what ended reading
	closers     []io.Closer
}

// Format returns how the rows are written: CSV, TSV or JSONL.
func (r *Reader) Format() Format { return r.format }

// Delimiter returns what stands between two values of a record, usually one
// byte; empty for JSONL.
func (r *Reader) Delimiter() string { return r.delimiter }

// Header returns the columns of the source, nil for JSONL.
func (r *Reader) Header() *Header { return r.header }

// HeaderRaw returns the bytes of the header line or lines as UTF-8, with their
// line ends and Excel's sep=; before them; nil for JSONL.
func (r *Reader) HeaderRaw() []byte { return r.headerRaw }

// Next returns the next recipient. Rows without any value are passed over, and
// rows that need not be looked at: see Options.Known.
//
// It returns io.EOF at the end of the source, and a *RowError for a row that
// can't be used: the next call goes on after it. Any other error is an *Error
// and final: what follows can't be read. Failing to read is never taken for the
// end.
func (r *Reader) Next() (*Recipient, error) {
	for r.err == nil {
		if r.known != nil {
			r.passed += r.passOver()
		}
		line := r.records.nextLine
		recipient, err := r.next()
		r.placed = recipient != nil
		r.raw = r.records.raw
		if r.blocks != nil {
			r.blocks.tellOf(r.records)
		}
		if r.known != nil {
			r.missed(line, r.records.nextLine)
		}
		if bad, ok := err.(*RowError); ok {
			r.bad++
			return nil, bad
		}
		if err != nil {
			r.end(err)
			break
		}
		if recipient != nil {
			r.rows++
			return recipient, nil
		}
		r.blank++
	}
	return nil, r.err
}

// end notes what ended reading.
func (r *Reader) end(err error) {
	r.raw = nil
	r.err = err
	if err != io.EOF {
		r.err = r.explain(err)
	}
}

// Raw returns the bytes of the record that Next returned or refused last, as
// UTF-8 and with its line end if it has one. They are valid until the next
// call. It returns nil for a record that is longer than Options.MaxRecord, and
// after the end.
func (r *Reader) Raw() []byte { return r.raw }

// Rows returns how many recipients Next has returned.
func (r *Reader) Rows() int { return r.rows }

// Bad returns how many rows Next has refused.
func (r *Reader) Bad() int { return r.bad }

// Blank returns how many rows without any value were passed over.
func (r *Reader) Blank() int { return r.blank }

// Skims reports whether Next may pass over rows because they are known.
func (r *Reader) Skims() bool { return r.known != nil }

// Passed returns how many rows Next has passed over because they are known:
// before the one that it returned last, after the end all of them.
func (r *Reader) Passed() int { return r.passed }

// Differs reports whether the text, or a row of it, turned out not to be what is
// known. From then
// on nothing is passed over; what was, stands before the row that Next returned
// last, in text that is the same.
func (r *Reader) Differs() bool { return r.blocks != nil && r.blocks.differs() }

// Read returns how many bytes of the file have been read so far, as they are
// stored. It may be called at any time, for a progress bar.
func (r *Reader) Read() int64 { return r.in.n.Load() }

// Size returns how many bytes the file had when it was opened, as they are
// stored; 0 if that is not known.
func (r *Reader) Size() int64 { return r.size }

// Digest returns the SHA-256 of the file's bytes as they are stored, and
// whether it is known: once Next has returned io.EOF, if Options.Digest was set.
func (r *Reader) Digest() (digest [sha256.Size]byte, ok bool) {
	if r.err != io.EOF || r.in.digest == nil {
		return digest, false
	}
	r.in.digest.Sum(digest[:0])
	return digest, true
}

// Close closes the file, and ends what reads ahead of Next where blocks are told of
// or known. It is not to be called while Next runs.
func (r *Reader) Close() error {
	if r.blocks != nil {
		r.blocks.close()
	}
	var err error
	for _, closer := range r.closers {
		err = errors.Join(err, closer.Close())
	}
	r.closers = nil
	if r.err == nil {
		r.err = &Error{File: r.name, Kind: Unreadable, Reason: "is closed", Err: fs.ErrClosed}
	}
	return err
}
