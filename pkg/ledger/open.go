package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// Options say how a ledger is opened.
type Options struct {
	// Create is the header of the ledger if there is none yet; its Salt and
	// Created are filled in. Nil: a missing ledger is ErrMissing.
	Create *Header
	// FS is where the ledger is; nil is Disk.
	FS FS
	// AllowNetwork opens a ledger on a network file system too. Whoever sets it
	// answers for its locks and its fsync.
	AllowNetwork bool
}

// Open locks, reads and repairs the ledger at path. A torn last frame is cut
// off; claims that were open are settled as unknown; all this is durable when
// Open returns, and opening again after a crash in between has the same result.
// A new ledger has its name only when it is whole, so a file that is empty or
// too short was damaged.
//
// Errors: [LockedError], [DamageError], [NetworkError], [WriteError],
// [ErrNotLedger], [ErrFormat], [ErrMissing], [ErrReplaced], or of the file
// system.
func Open(path string, o Options) (*Ledger, error) {
	if o.FS == nil {
		o.FS = Disk
	}
	l := &Ledger{Book: Book{path: path, fs: o.FS}}
	if err := l.find(o); err != nil {
		return nil, err
	}
	if err := l.open(); err != nil {
		l.file.Close()
		return nil, err
	}
	return l, nil
}

// find opens and locks the file, or makes it.
func (l *Ledger) find(o Options) error {
	f, err := o.FS.Open(l.path, false)
	if errors.Is(err, fs.ErrNotExist) && o.Create != nil {
		l.file, err = build(l.path, o, *o.Create, func(*aside) error { return nil })
		l.created = err == nil
		if !errors.Is(err, ErrExists) {
			return err
		}
		f, err = o.FS.Open(l.path, false) // another process was faster
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrMissing, l.path)
	}
	if err != nil {
		return err
	}
	if err := lock(f, l.path, o.AllowNetwork); err != nil {
		f.Close()
		return err
	}
	l.file = f
	return nil
}

// lock locks the file at path. Another process may have put another file there
// while it waited for this one.
func lock(f File, path string, allowNetwork bool) error {
	if kind, err := f.Network(); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	} else if kind != "" && !allowNetwork {
		return &NetworkError{Path: path, Kind: kind}
	}
	if err := f.Lock(); err != nil {
		if !errors.Is(err, errLocked) {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		front, _ := readFront(f, path) // unreadable: the holder is not known
		return &LockedError{Path: path, Holder: front.holder}
	}
	switch same, err := f.IsAt(path); {
	case err != nil:
		return fmt.Errorf("open %s: %w", path, err)
	case !same:
		return fmt.Errorf("%w: %s", ErrReplaced, path)
	}
	return nil
}

// open folds and repairs the file.
func (l *Ledger) open() error {
	front, err := readFront(l.file, l.path)
	if err != nil {
		return err
	}
	s, err := scan(l.file, l.path, front)
	if err != nil {
		return err
	}
	l.fold = s.fold
	if err := l.repair(s); err != nil {
		return &WriteError{Path: l.path, Err: err}
	}
	l.whole = front.holder.Clean > 0 && front.holder.Clean == s.end
	l.log = newLog(l.path, l.file, s.end)
	if err := l.settleOpen(); err != nil {
		_ = l.log.close()
		return err
	}
	return nil
}

// repair cuts off what is behind the last whole frame, says who has the file
// open, and writes that frame again: its fsync may have failed, and then what was
// just read was in memory only. Frames before it had their fsync, since nothing
// is written after one that failed.
func (l *Ledger) repair(s *scanned) error {
	if s.more {
		if err := l.file.Truncate(s.end); err != nil {
			return err
		}
	}
	frame := make([]byte, s.end-s.last)
	if _, err := l.file.ReadAt(frame, s.last); err != nil {
		return err
	}
	if _, err := l.file.WriteAt(frame, s.last); err != nil {
		return err
	}
	if err := l.writeHolder(0); err != nil {
		return err
	}
	if _, err := l.file.WriteAt(encodeMark(s.end), markAt); err != nil {
		return err
	}
	// Whoever gave the file its name may have died before the folder had it.
	return l.fs.SyncDir(filepath.Dir(l.path))
}

func (l *Ledger) writeHolder(clean int64) error {
	if _, err := l.file.WriteAt(newHolder(clean, l.fold.index.Len()).encode(), page); err != nil {
		return err
	}
	return l.file.Sync()
}

// settleOpen settles as unknown what was in flight when the last holder died.
func (l *Ledger) settleOpen() error {
	if l.recovered = l.fold.open.len; l.recovered == 0 {
		return nil
	}
	o := Outcome{Status: Unknown, Code: Interrupted, Attempts: 1, FinishedAt: time.Now().UTC(),
		ErrorMessage: "herald ended before the answer came"}
	for n, c := range l.fold.open.all() {
		o.Variant = l.fold.variantBefore(c)
		if err := l.settle(n, &o, false); err != nil {
			return err
		}
	}
	return l.log.flush()
}

// Holding returns who has the ledger at path open now, and whether anybody has.
// It reads no more than that, and changes nothing.
func Holding(path string, fsys FS) (Holder, bool, error) {
	if fsys == nil {
		fsys = Disk
	}
	f, err := openRead(path, fsys)
	if err != nil {
		return Holder{}, false, err
	}
	defer f.Close() // and give back the lock that nobody else has
	front, err := readFront(f, path)
	if err != nil {
		return Holder{}, false, err
	}
	switch err := f.Lock(); {
	case errors.Is(err, errLocked):
		return front.holder, true, nil
	case err != nil:
		return Holder{}, false, fmt.Errorf("lock %s: %w", path, err)
	}
	return Holder{}, false, nil
}
