package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// asideFrame is how large a frame of a ledger that is written in one go becomes.
const asideFrame = 1 << 20

// An aside is a ledger that is being written under another name and gets its
// own when it is whole and durable: a crash at any point leaves what was there
// before, or the new one.
type aside struct {
	path string // that it will have
	fs   FS
	file File
	at   int64
	buf  []byte
}

// newAside locks and empties the file that becomes the ledger at path. Whoever
// has that lock is the only one to give a ledger its name.
func newAside(path string, o Options) (*aside, error) {
	a := &aside{path: path, fs: o.FS, at: preambleSize, buf: newFrame(nil)}
	f, err := o.FS.Open(a.name(), true)
	if err != nil {
		return nil, err
	}
	a.file = f
	if err := lock(f, a.name(), o.AllowNetwork); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func (a *aside) name() string { return a.path + ".new" }

// begin empties the file, which a crash may have left, and writes the preamble.
func (a *aside) begin() error {
	if err := a.file.Truncate(0); err != nil {
		return err
	}
	_, err := a.file.WriteAt(preamble(), 0)
	return err
}

// add appends records; full frames are written.
func (a *aside) add(record func([]byte) []byte) error {
	if a.buf = record(a.buf); len(a.buf) < asideFrame {
		return nil
	}
	return a.flush()
}

func (a *aside) flush() error {
	if len(a.buf) == frameHead {
		return nil
	}
	sealFrame(a.buf)
	if _, err := a.file.WriteAt(a.buf, a.at); err != nil {
		return err
	}
	a.at += int64(len(a.buf))
	a.buf = newFrame(a.buf)
	return nil
}

// finish makes the file durable and gives it its name.
func (a *aside) finish() error {
	if err := a.flush(); err != nil {
		return err
	}
	if err := a.file.Sync(); err != nil {
		return err
	}
	if _, err := a.file.WriteAt(encodeMark(a.at), markAt); err != nil {
		return err
	}
	if err := a.file.Sync(); err != nil {
		return err
	}
	if err := a.fs.Rename(a.name(), a.path); err != nil {
		return err
	}
	return a.fs.SyncDir(filepath.Dir(a.path))
}

// discard gives up: what was there before stays.
func (a *aside) discard() {
	_ = a.fs.Remove(a.name()) // what is left of it is emptied the next time
	_ = a.file.Close()
}

// build makes a new ledger of a header and what fill adds to it, and returns
// its file, locked; ErrExists if there is one.
func build(path string, o Options, h Header, fill func(*aside) error) (File, error) {
	a, err := newAside(path, o)
	if err != nil {
		return nil, err
	}
	there, err := o.FS.OpenRead(path)
	switch {
	case err == nil:
		there.Close()
		err = fmt.Errorf("%w: %s", ErrExists, path)
	case errors.Is(err, fs.ErrNotExist):
		err = a.create(h, fill)
	}
	if err != nil {
		a.discard()
		return nil, err
	}
	return a.file, nil
}

func (a *aside) create(h Header, fill func(*aside) error) error {
	h.Salt = make([]byte, 16)
	_, _ = rand.Read(h.Salt) // never fails, by its documentation
	h.Created = time.Now().UTC()
	text, err := appendJSON(nil, kindHeader, h)
	if err != nil {
		return err
	}
	err = a.begin()
	if err == nil {
		err = a.add(func(b []byte) []byte { return append(b, text...) })
	}
	if err == nil {
		err = fill(a)
	}
	if err == nil {
		err = a.finish()
	}
	if err != nil && !errors.As(err, new(*sourceError)) {
		return &WriteError{Path: a.path, Err: err}
	}
	return err
}

// A sourceError is an error of what a ledger is made from, not of writing it.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }
