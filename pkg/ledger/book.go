package ledger

import (
	"crypto/rand"
	"sync"
)

// A Book is what a ledger says, in memory: the state of every key. It belongs
// to an open [Ledger], or stands alone after [Load]. Its methods may be called
// by many goroutines at once.
type Book struct {
	path string
	fs   FS

	mu   sync.Mutex // guards what follows
	fold fold
	pass uint8

	passOver bool // the rows of lined keys
}

// Load reads the ledger at path without locking or changing it, also while a
// run is writing to it: claims without outcome are then Claimed. Errors as of
// [Open].
func Load(path string, fsys FS) (*Book, error) {
	if fsys == nil {
		fsys = Disk
	}
	f, err := openRead(path, fsys)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	front, err := readFront(f, path)
	if err != nil {
		return nil, err
	}
	s, err := scan(f, path, front)
	if err != nil {
		return nil, err
	}
	return &Book{path: path, fs: fsys, fold: s.fold}, nil
}

// NewBook returns an empty book, for a pass over a source without a ledger.
func NewBook() *Book {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails, by its documentation
	return &Book{fold: fold{index: NewIndex(salt)}}
}

// Header returns the ledger's header.
func (b *Book) Header() Header { return b.fold.header }

// Path returns the ledger's path as it was opened.
func (b *Book) Path() string { return b.path }

// Runs returns the runs so far, oldest first.
func (b *Book) Runs() []Run {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Run(nil), b.fold.runs...)
}

// Results returns the results file as it was when it had every outcome, nil if
// nothing says that it has.
func (b *Book) Results() *ResultsFile {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fold.results
}

// BeginPass starts a pass over a source: no key has been seen yet. Passes
// follow each other; they don't overlap.
func (b *Book) BeginPass() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passOver = false
	if b.pass++; b.pass == 0 { // the numbers are used up: forget them all
		b.fold.index.each(func(s bits) bits { return s.withPass(0) })
		b.pass = 1
	}
}

// Visit returns the state of a key and marks it as seen in this pass.
func (b *Book) Visit(key string) State {
	h := b.fold.index.Hash(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	var before bits
	b.fold.index.update(h, func(now bits) bits {
		before = now
		return now.withPass(b.pass)
	})
	s := b.fold.state(before)
	s.Seen = before != 0 && before.pass() == b.pass || b.passOver && before&lined != 0
	return s
}

// Lookup returns the state of a key.
func (b *Book) Lookup(key string) State {
	h := b.fold.index.Hash(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fold.state(b.fold.index.lookup(h))
}

// Counts returns how many keys have each state that a claim led to; Seen is
// always false in it.
func (b *Book) Counts() map[State]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := make(map[State]int)
	b.fold.index.each(func(now bits) bits {
		if now.status() != Pending {
			n[b.fold.state(now)]++
		}
		return now
	})
	return n
}
