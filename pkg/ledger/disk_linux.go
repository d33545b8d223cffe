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

// networkTypes are file system types by the number that statfs gives them.
// The numbers are those of linux/magic.h and statfs(2).
var networkTypes = map[uint32]string{
	unix.NFS_SUPER_MAGIC:  "nfs",
	unix.SMB_SUPER_MAGIC:  "smb",
	unix.SMB2_SUPER_MAGIC: "smb",
	unix.CIFS_SUPER_MAGIC: "smb",
	unix.FUSE_SUPER_MAGIC: "fuse",
	unix.AFS_SUPER_MAGIC:  "afs",
	unix.CODA_SUPER_MAGIC: "coda",
	unix.V9FS_MAGIC:       "9p",
	unix.CEPH_SUPER_MAGIC: "ceph",
	0x564c:                "ncp",
	0x6b414653:            "afs", // the kernel's own
	0x0bd00bd0:            "lustre",
	0x47504653:            "gpfs",
	0x786f4256:            "vboxsf",
}

func networkOf(f *os.File) (string, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return "", os.NewSyscallError("fstatfs", err)
	}
	return networkTypes[uint32(s.Type)], nil
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
