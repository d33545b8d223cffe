package report

import (
	"errors"
	"os"
	"sync"
)

// maxWaiting is how many rows wait in memory before Append writes them itself.
const maxWaiting = 512

// Results appends rows to a results file. Append only puts a row aside; Flush,
// which the owner calls from a ticker a few times a second, makes lines of what
// has come together and writes them. After a failed write nothing more is
// written and Flush returns that error each time: a results file is a copy, and
// a run goes on without it.
//
// All methods may be called by several goroutines at once.
type Results struct {
	path string

	mu      sync.Mutex // guards waiting
	waiting []Row

	writing sync.Mutex // guards what follows; taken before mu
	spare   []Row      // what waiting was before the last flush, to be used again
	file    *os.File   // nil until there is something to write
	lines   *lines
	err     error // the first failure, or that it is closed
}

var errClosed = errors.New("file already closed")

// OpenResults prepares to append to the results file at path: CSV, or JSON lines
// if the name ends in .jsonl or .ndjson. A file that does not exist is created,
// readable by its owner only, when the first rows are written. If the last write
// to an existing file was cut short by a crash, the torn row is cut off: the
// ledger has it. The error is a *FileError; its Kind is NotResults or Damaged
// if the file is not one that this package wrote last, and it is left as it is.
func OpenResults(path string) (*Results, error) {
	r := &Results{path: path}
	file, size, err := openExisting(path)
	if err != nil {
		return nil, err
	}
	if file != nil {
		r.use(file, size)
	}
	return r, nil
}

// use takes a file of that size for writing. An empty one gets its header with
// the first rows, in the same write.
func (r *Results) use(file *os.File, size int64) {
	r.file = file
	r.lines = newLines(r.path, file)
	if size == 0 {
		r.lines.header()
	}
}

// Append takes one row. It does not wait for the disk, unless hundreds of rows
// have come together because nobody calls Flush; only then can it fail.
func (r *Results) Append(row Row) error {
	r.mu.Lock()
	r.waiting = append(r.waiting, row)
	full := len(r.waiting) >= maxWaiting
	r.mu.Unlock()
	if full {
		return r.Flush()
	}
	return nil
}

// Flush writes the rows appended so far: whole lines only, and in one write (or
// one for each MiB), so that a crash can tear the last write at most. It does
// not make them durable.
func (r *Results) Flush() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	rows := r.take()
	if r.err == nil && len(rows) > 0 {
		r.err = r.write(rows)
	}
	clear(rows) // or their text would live until the slice is full again
	return r.err
}

// take swaps the waiting rows for an empty slice, so that Append can go on while
// they are written.
func (r *Results) take() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows := r.waiting
	r.waiting, r.spare = r.spare[:0], rows
	return rows
}

func (r *Results) write(rows []Row) error {
	if r.file == nil {
		// O_EXCL: a file that appeared since OpenResults looked is not ours.
		file, err := os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return unreachable("create", r.path, err)
		}
		r.use(file, 0)
	}
	for _, row := range rows {
		if err := r.lines.add(row); err != nil {
			return unreachable("write", r.path, err)
		}
	}
	if err := r.lines.flush(); err != nil {
		return unreachable("write", r.path, err)
	}
	return nil
}

// Close writes what is left, makes the file durable and closes it. It returns
// what Flush would if a write has failed before. A file that never had a row is
// not created.
func (r *Results) Close() error {
	err := r.Flush()
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.file != nil {
		if synced := errors.Join(r.file.Sync(), r.file.Close()); synced != nil && err == nil {
			err = unreachable("write", r.path, synced)
		}
		r.file = nil
	}
	r.err = unreachable("write", r.path, errClosed)
	return err
}
