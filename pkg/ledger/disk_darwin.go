package ledger

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// networkOf goes by the name that macOS gives a file system's type.
func networkOf(f *os.File) (string, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", os.NewSyscallError("fstatfs", err)
	}
	name := unix.ByteSliceToString(s.Fstypename[:])
	switch {
	case name == "nfs", name == "smbfs", name == "afpfs", name == "webdav", name == "ftp", strings.Contains(name, "fuse"):
		return name, nil
	}
	return "", nil
}

// FreeSpace returns how many bytes an unprivileged process can still write to
// the file system that holds path, a file or a folder.
func FreeSpace(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: path, Err: err}
	}
	return s.Bavail * uint64(s.Bsize), nil
}
