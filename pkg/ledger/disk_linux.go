package ledger

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData leaves out what fsync also writes and the log does not need: the
// file's times. fdatasync does write a changed size.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
