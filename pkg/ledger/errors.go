package ledger

import (
	"errors"
	"fmt"
	"io/fs"
)

var (
	// ErrNotLedger says that a file is something else than a ledger.
	ErrNotLedger = errors.New("not a ledger")
	// ErrFormat says that a ledger was written by a newer program.
	ErrFormat = errors.New("written by a newer version")
	// ErrMissing says that there is no ledger where one must be.
	ErrMissing = errors.New("there is no ledger")
	// ErrReplaced says that the file was renamed or removed while it was opened.
	ErrReplaced = errors.New("the ledger was moved away while it was opened")
	// ErrExists says that there is a ledger where none may be.
	ErrExists = errors.New("there is a ledger already")
	// ErrTaken says that a key's status is not the one a claim was asked for.
	ErrTaken = errors.New("the key has another status by now")
	// ErrClosed says that the ledger was closed.
	ErrClosed = errors.New("the ledger is closed")
)

// A LockedError says that another process has the ledger open.
type LockedError struct {
	Path   string
	Holder Holder
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is in use by process %d on %s since %s", e.Path, e.Holder.PID, e.Holder.Host,
		e.Holder.Since.Format("2006-01-02 15:04:05 MST"))
}

// A NetworkError says that a ledger is on a file system whose locks and fsyncs
// can't be relied on.
type NetworkError struct {
	Path string
	Kind string // of file system: "nfs", "smb", "fuse" ...
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("%s is on a network file system (%s), which may lose locks and writes", e.Path, e.Kind)
}

// A DamageError says that a ledger's content is not what was written there.
type DamageError struct {
	Path   string
	Offset int64 // of the frame that is damaged, in bytes
	Reason string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %s", e.Path, e.Offset, e.Reason)
}

// A WriteError says that the ledger could not be written. It is final: what
// was not written is not known to be safe, so nothing more may be claimed.
type WriteError struct {
	Path string
	Err  error
}

// Error leaves out the name by which the file was opened: a new ledger had
// another one then.
func (e *WriteError) Error() string {
	cause := e.Err
	if path, ok := errors.AsType[*fs.PathError](cause); ok {
		cause = path.Err
	}
	return fmt.Sprintf("write %s: %v", e.Path, cause)
}

func (e *WriteError) Unwrap() error { return e.Err }
