package ledger

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// A File is what the log needs of an open file. Tests put a simulated disk
// behind it.
type File interface {
	io.ReaderAt
	io.WriterAt
	// Sync returns once everything written is on stable storage.
	Sync() error
	Truncate(size int64) error
	Size() (int64, error)
	// Lock takes the file's exclusive lock without waiting. It returns
	// errLocked if another process has it. Closing the file gives it back.
	Lock() error
	// IsAt reports whether path still names this file.
	IsAt(path string) (bool, error)
	// Network returns what kind of network file system, or of one in user
	// space, the file is on, "" if it is on none. Such file systems may lose
	// locks, or report an fsync that did not happen.
	Network() (string, error)
	Close() error
}

// An FS is the part of a file system the ledger needs.
type FS interface {
	// Open opens a file for reading and writing; create makes it, with mode
	// 0600, if it does not exist.
	Open(path string, create bool) (File, error)
	// OpenRead opens a file for reading only.
	OpenRead(path string) (File, error)
	// Rename gives a file another name, whose present holder loses it.
	Rename(from, to string) error
	// Remove removes a file's name.
	Remove(path string) error
	// SyncDir makes the entries of a folder durable.
	SyncDir(dir string) error
}

var errLocked = errors.New("locked by another process")

// Disk is the operating system's file system.
var Disk FS = disk{}

type disk struct{}

func (disk) Open(path string, create bool) (File, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	return openFile(path, flag)
}

func (disk) OpenRead(path string) (File, error) { return openFile(path, os.O_RDONLY) }

func openFile(path string, flag int) (File, error) {
	f, err := openShared(path, flag)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (disk) Rename(from, to string) error { return os.Rename(from, to) }
func (disk) Remove(path string) error     { return os.Remove(path) }

func (disk) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	defer d.Close()
	return syncDir(d)
}

// A diskFile adds to os.File what differs between systems: sync and lock.
type diskFile struct{ *os.File }

func (f diskFile) Sync() error              { return syncData(f.File) }
func (f diskFile) Lock() error              { return lockFile(f.File) }
func (f diskFile) Network() (string, error) { return networkOf(f.File) }

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f diskFile) IsAt(path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(mine, there), nil
}
