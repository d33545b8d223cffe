//go:build unix

package intercom

import (
	"io"
	"net"
	"syscall"
)

// canLook: whether an idle connection can still be used can be seen.
const canLook = true

// aliveness returns what tells, of a connection that nothing is expected on,
// whether it can still be used: not if the other side has closed it, or has sent
// something. It reads without waiting, so what comes a moment later goes unseen;
// a request that is lost to that is in doubt, and no one is written to twice.
func aliveness(c net.Conn) func() error {
	unknown := func() error { return nil }
	file, ok := c.(syscall.Conn)
	if !ok {
		return unknown
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return unknown
	}
	var (
		n   int
		one [1]byte
	)
	look := func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), one[:])
		return true
	}
	return func() error {
		if closed := raw.Read(look); closed != nil {
			return closed
		}
		switch {
		case err == syscall.EAGAIN:
			return nil
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		}
		return errUnsolicited
	}
}
