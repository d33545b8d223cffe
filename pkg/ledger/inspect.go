package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// A Record is one record of a ledger.
type Record struct {
	Offset int64  // where it starts in the file, in bytes
	Frame  int64  // where its frame starts: records of one frame became durable together
	Kind   string // "header", "run", "claim" ...
	// Value is a Header, Run, End, Claim, Release, Settled, HandSettled,
	// Replacement, Forgetting, Erasure, ResultsFile or Block; nil for the end of
	// blocks, which says no more.
	Value any
}

// A Settled is an outcome as it is recorded.
type Settled struct {
	Claim   uint64  `json:"claim,omitzero"` // its number
	Outcome Outcome `json:"outcome,omitzero"`
}

// Records yields everything that is in the ledger at path, without locking or
// changing it. A frame that is damaged yields a [DamageError] that says where
// it is; if a whole frame follows, the records of that come next. A torn end
// yields a [DamageError] too, as the last thing.
func Records(path string, fsys FS) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, frames, err := openScanner(path, fsys)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer f.Close()
		for {
			payload, err := frames.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = eachRecord(frames.last, payload, func(r Record) bool { return yield(r, nil) })
			}
			if errors.Is(err, errStop) || err != nil && (!yield(Record{}, frames.explain(path, err)) || !frames.skip(err)) {
				return
			}
		}
	}
}

var errStop = errors.New("the caller wants no more")

// eachRecord calls do for each record of a frame.
func eachRecord(frame int64, payload []byte, do func(Record) bool) error {
	at := frame + frameHead
	for len(payload) > 0 {
		k, body, rest, err := nextRecord(payload)
		if err == nil {
			var value any
			if value, err = readValue(k, body); err == nil && !do(Record{at, frame, k.String(), value}) {
				return errStop
			}
		}
		if err != nil {
			return &DamageError{Offset: at, Reason: err.Error()}
		}
		at += int64(len(payload) - len(rest))
		payload = rest
	}
	return nil
}

// explain turns what next returned into what a caller is told.
func (s *scanner) explain(path string, err error) error {
	damage := (*DamageError)(nil)
	switch {
	case errors.Is(err, errTorn):
		return &DamageError{Path: path, Offset: s.at, Reason: "the last frame was not written to its end"}
	case errors.As(err, &damage):
		damage.Path = path
		return damage
	}
	return fmt.Errorf("read %s: %w", path, err)
}

// skip goes on behind what is damaged, if anything whole follows.
func (s *scanner) skip(err error) bool {
	damage := (*DamageError)(nil)
	if !errors.As(err, &damage) {
		return false
	}
	if damage.Offset < s.at { // in a frame with the right checksum: the next one follows
		return true
	}
	tail, err := s.tail()
	if err != nil {
		return false
	}
	next := s.following(tail)
	if next == 0 {
		return false
	}
	s.seek(next)
	return true
}

func openScanner(path string, fsys FS) (File, *scanner, error) {
	f, err := openRead(path, fsys)
	if err != nil {
		return nil, nil, err
	}
	front, err := readFront(f, path)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	size, err := f.Size()
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return f, newScanner(f, size, front.durable()), nil
}

// openRead opens a file that must be there.
func openRead(path string, fsys FS) (File, error) {
	if fsys == nil {
		fsys = Disk
	}
	f, err := fsys.OpenRead(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrMissing, path)
	}
	return f, err
}

// A Report is what [Verify] finds.
type Report struct {
	Path    string         `json:"path"`
	Header  Header         `json:"header"`
	Holder  Holder         `json:"holder"`  // who has it open, or had it last
	Size    int64          `json:"size"`    // of the file, in bytes
	Durable int64          `json:"durable"` // as far as it is known to have been on the disk
	End     int64          `json:"end"`     // of the last frame before the damage, or of the last one
	Frames  int            `json:"frames"`  // up to End
	Records map[string]int `json:"records"` // up to End, by kind
	Keys    map[string]int `json:"keys"`    // up to End, by status
	Runs    int            `json:"runs"`
	Torn    int64          `json:"torn"` // bytes behind End, if they are not just room; opening cuts them
	Damage  *DamageError   `json:"-"`    // nil if there is none; such a ledger is not opened
}

// Verify reads the whole ledger at path, without locking or changing it, and
// says what is in it. Damage is a finding, not an error: the errors are
// [ErrMissing], [ErrNotLedger], [ErrFormat], and those of reading; and a
// [DamageError] for a file that is too short to say anything else about.
func Verify(path string, fsys FS) (Report, error) {
	f, frames, err := openScanner(path, fsys)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	front, err := readFront(f, path)
	if err != nil {
		return Report{}, err
	}
	r := Report{Path: path, Holder: front.holder, Records: make(map[string]int), Keys: make(map[string]int)}
	book := &Book{path: path}
	if err := r.read(frames, &book.fold); err != nil {
		return Report{}, err
	}
	r.Size, r.Durable = frames.size, frames.durable
	r.Header, r.Runs = book.fold.header, len(book.fold.runs)
	if book.fold.index != nil {
		book.fold.holdOpen()
		for state, n := range book.Counts() {
			r.Keys[state.Status.String()] += n
		}
	}
	return r, nil
}

// read folds the frames up to their end or to the first damage.
func (r *Report) read(frames *scanner, f *fold) error {
	for {
		r.End = frames.at
		payload, err := frames.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, errTorn) {
			r.Torn = frames.size - r.End
			return nil
		}
		if err == nil {
			err = eachRecord(frames.last, payload, func(rec Record) bool { r.Records[rec.Kind]++; return true })
		}
		if err == nil {
			if err = f.frame(payload); err != nil {
				err = &DamageError{Offset: frames.last, Reason: err.Error()}
			}
		}
		if errors.As(err, &r.Damage) {
			r.Damage.Path = r.Path
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", r.Path, err)
		}
		r.Frames++
	}
}
