package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a range far behind the log's end, so that others may read it.
func lockFile(f *os.File) error {
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return os.NewSyscallError("LockFileEx", err)
}

// syncDir does nothing: Windows has no way to sync a folder.
func syncDir(*os.File) error { return nil }
