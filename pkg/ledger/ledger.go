// Package ledger is the truth of a campaign: an append-only log of claims,
// releases and outcomes that survives kill -9 and power loss.
//
// Before a key is POSTed it is claimed, and the claim is durable before
// [Ledger.Claim] returns. A claim ends in one of two ways: it is released,
// because its POST certainly did not happen, or it is settled with an outcome.
// Whoever opens a ledger finds the claims that did neither, because the
// process died in between: nobody can tell whether those messages were sent,
// so opening settles them as unknown. A key is never claimed against a status
// other than the one its caller last saw.
//
//	l, err := ledger.Open("spring.ledger", ledger.Options{Create: &ledger.Header{Campaign: "spring"}})
//	...
//	claim, err := l.Claim("6329f3…", 17, ledger.Pending) // durable
//	...                                                   // POST exactly once
//	err = l.Settle(claim, ledger.Outcome{Status: ledger.Sent, MessageID: "19"})
//
// Claims that are waiting while an fsync runs share the next one (group
// commit), so 64 workers pay for a few fsyncs and not for 64. Outcomes and
// releases ride with the next claim, or are committed after 50 ms.
//
// All access goes through the small file-system interface [FS]. If a write or
// an fsync fails, the ledger is dead: every later call returns a [WriteError].
package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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
}

// maxUnborn is the most that the creation of a ledger writes.
const maxUnborn = 64 << 10

// A Ledger is open for writing, by one process at a time. Its methods may be
// called by many goroutines at once.
type Ledger struct {
	Book // its lock is held while a record is added: records are in the order of their numbers

	file      File
	log       *log
	created   bool
	whole     bool
	recovered int
}

// Open locks, reads and repairs the ledger at path. A torn last frame is cut
// off; claims that were open are settled as unknown; all this is durable when
// Open returns, and opening again after a crash in between has the same result.
//
// Errors: [LockedError], [DamageError], [ErrNotLedger], [ErrFormat],
// [ErrMissing], [ErrReplaced], or of the file system.
func Open(path string, o Options) (*Ledger, error) {
	if o.FS == nil {
		o.FS = Disk
	}
	f, err := o.FS.Open(path, o.Create != nil)
	if errors.Is(err, fs.ErrNotExist) && o.Create == nil {
		return nil, fmt.Errorf("%w: %s", ErrMissing, path)
	}
	if err != nil {
		return nil, err
	}
	l := &Ledger{Book: Book{path: path, fs: o.FS}, file: f}
	if err := l.open(o); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

func (l *Ledger) open(o Options) error {
	if err := l.lock(); err != nil {
		return err
	}
	fresh, err := l.isFresh()
	if err != nil {
		return err
	}
	if fresh {
		if o.Create == nil {
			return fmt.Errorf("%w: %s holds nothing yet", ErrMissing, l.path)
		}
		if err := l.create(*o.Create, o.FS); err != nil {
			return err
		}
	}
	holder, err := readPreamble(l.file)
	if err != nil {
		return fmt.Errorf("open %s: %w", l.path, err)
	}
	s, err := scan(l.file, l.path, holder.Clean)
	if err != nil {
		return err
	}
	if err := l.repair(s); err != nil {
		return &WriteError{Path: l.path, Err: err}
	}
	l.fold, l.created, l.whole = s.fold, fresh, holder.Clean > 0 && holder.Clean == s.end
	l.log = newLog(l.path, l.file, s.end)
	return l.settleOpen()
}

func (l *Ledger) lock() error {
	if err := l.file.Lock(); err != nil {
		if !errors.Is(err, errLocked) {
			return fmt.Errorf("lock %s: %w", l.path, err)
		}
		holder, _ := readPreamble(l.file) // unreadable: the holder is not known
		return &LockedError{Path: l.path, Holder: holder}
	}
	switch same, err := l.file.IsAt(l.path); {
	case err != nil:
		return fmt.Errorf("open %s: %w", l.path, err)
	case !same:
		return fmt.Errorf("%w: %s", ErrReplaced, l.path)
	}
	return nil
}

// isFresh reports whether nothing was ever recorded: the file is empty, or its
// creation was cut short before the header was whole.
func (l *Ledger) isFresh() (bool, error) {
	size, err := l.file.Size()
	if err != nil || size == 0 || size > maxUnborn {
		return size == 0, err
	}
	b := make([]byte, min(size, sector))
	if _, err := l.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read %s: %w", l.path, err)
	}
	if !bytes.Equal(b, firstSector()[:len(b)]) && len(bytes.Trim(b, "\x00")) > 0 {
		return false, nil
	}
	holder, _ := readPreamble(l.file) // cut short: nobody's
	_, err = newScanner(l.file, size, holder.Clean).next()
	return errors.Is(err, io.EOF) || errors.Is(err, errTorn), nil
}

// create writes the preamble and the header, and makes file and folder durable.
func (l *Ledger) create(h Header, fsys FS) error {
	h.Salt = make([]byte, 16)
	if _, err := rand.Read(h.Salt); err != nil {
		return err
	}
	h.Created = time.Now().UTC()
	frame, err := appendJSON(newFrame(nil), kindHeader, h)
	if err != nil {
		return err
	}
	sealFrame(frame)
	b := append(append(firstSector(), Holder{}.sector()...), frame...)
	err = l.file.Truncate(0)
	if err == nil {
		_, err = l.file.WriteAt(b, 0)
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err == nil {
		err = fsys.SyncDir(filepath.Dir(l.path))
	}
	if err != nil {
		return &WriteError{Path: l.path, Err: err}
	}
	return nil
}

// repair cuts a torn last frame off, says who has the file open, and writes
// the last whole frame again: its fsync may have failed, and then what was
// just read was in memory only.
func (l *Ledger) repair(s *scanned) error {
	if s.torn {
		if err := l.file.Truncate(s.end); err != nil {
			return err
		}
	}
	if s.last >= 0 {
		frame := make([]byte, s.end-s.last)
		if _, err := l.file.ReadAt(frame, s.last); err != nil {
			return err
		}
		if _, err := l.file.WriteAt(frame, s.last); err != nil {
			return err
		}
	}
	return l.writeHolder(0)
}

func (l *Ledger) writeHolder(clean int64) error {
	host, _ := os.Hostname()
	h := Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second), Clean: clean}
	if _, err := l.file.WriteAt(h.sector(), sector); err != nil {
		return err
	}
	return l.file.Sync()
}

// settleOpen settles as unknown what was in flight when the last holder died.
func (l *Ledger) settleOpen() error {
	numbers := l.fold.openNumbers()
	if len(numbers) == 0 {
		return nil
	}
	o := Outcome{Status: Unknown, Code: Interrupted, Attempts: 1, FinishedAt: time.Now().UTC(),
		ErrorMessage: "herald ended before the answer came"}
	for _, n := range numbers {
		if err := l.settle(n, &o, false); err != nil {
			return err
		}
	}
	l.recovered = len(numbers)
	return l.log.flush()
}

// Interrupted is the code of an outcome that is unknown because the process
// ended between claim and answer.
const Interrupted = "interrupted"

// Recovered returns how many claims were open and are unknown since Open.
func (l *Ledger) Recovered() int { return l.recovered }

// Created reports whether Open made the ledger.
func (l *Ledger) Created() bool { return l.created }

// Whole reports whether the ledger's last holder closed it properly.
func (l *Ledger) Whole() bool { return l.whole }

// StartRun records, durably, that a run begins.
func (l *Ledger) StartRun(r Run) error {
	l.mu.Lock()
	l.fold.runs = append(l.fold.runs, r)
	l.mu.Unlock()
	return l.addJSON(kindRun, r)
}

// EndRun records, durably, how the run ended.
func (l *Ledger) EndRun(e End) error {
	l.mu.Lock()
	l.fold.runs[len(l.fold.runs)-1].End = &e
	l.mu.Unlock()
	return l.addJSON(kindEnd, e)
}

func (l *Ledger) addJSON(k kind, v any) error {
	text, err := appendJSON(nil, k, v)
	if err != nil {
		return err
	}
	c, err := l.log.add(true, func(b []byte) []byte { return append(b, text...) })
	if err != nil {
		return err
	}
	return c.wait()
}

// Claim records that key is about to be POSTed, from this line of the source,
// and returns the claim's number once that is durable. The key's status must
// still be the expected one, and never Claimed or Forgotten: otherwise
// ErrTaken, and nothing is recorded.
func (l *Ledger) Claim(key string, line int, expected Status) (uint64, error) {
	h := l.fold.index.Hash(key)
	l.mu.Lock()
	now := l.fold.index.lookup(h).status()
	if now != expected || now == Claimed || now == Forgotten {
		l.mu.Unlock()
		return 0, fmt.Errorf("%w: %s, not %s", ErrTaken, now, expected)
	}
	claim := Claim{Number: l.fold.last + 1, Key: key, Line: line, Time: time.Now()}
	c, err := l.log.add(true, func(b []byte) []byte { return appendClaim(b, &claim) })
	if err == nil {
		l.fold.claim(claim.Number, h, true)
	}
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return claim.Number, c.wait()
}

// Release records that the POST of a claim certainly did not happen: the key
// has the status it had before the claim.
func (l *Ledger) Release(claim uint64, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fold.release(claim); err != nil {
		return err
	}
	_, err := l.log.add(false, func(b []byte) []byte { return appendRelease(b, release{claim, reason}) })
	return err
}

// Settle records the outcome of a claim. It does not wait: the record is
// durable with the next claim, or after 50 ms.
func (l *Ledger) Settle(claim uint64, o Outcome) error { return l.settle(claim, &o, true) }

// settle records an outcome; now says whether the present run reached it.
func (l *Ledger) settle(claim uint64, o *Outcome, now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fold.settle(outcomeHead{claim, o.Status, o.HTTPStatus, o.Code}, now); err != nil {
		return err
	}
	_, err := l.log.add(false, func(b []byte) []byte { return appendOutcome(b, claim, o) })
	return err
}

// Flush returns when everything recorded so far is durable.
func (l *Ledger) Flush() error { return l.log.flush() }

// Fsyncs returns how many frames were made durable since Open.
func (l *Ledger) Fsyncs() int {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	return l.log.fsyncs
}

// Close makes everything durable, notes that the file is whole, and gives the
// lock back.
func (l *Ledger) Close() error {
	err := l.log.close()
	if err == nil {
		if err = l.writeHolder(l.log.at); err != nil {
			err = &WriteError{Path: l.path, Err: err}
		}
	}
	return errors.Join(err, l.file.Close())
}
