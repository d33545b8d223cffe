//go:build unix

package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile uses flock: the kernel gives the lock back when the process ends,
// however it ends, so a dead process never blocks a run.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return os.NewSyscallError("flock", err)
}

func syncDir(d *os.File) error { return d.Sync() }

func openShared(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0o600) }
