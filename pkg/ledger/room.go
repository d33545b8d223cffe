package ledger

import (
	"errors"
	"syscall"
)

// Behind the log there is room: zeros, which the next frames are written over. An
// fsync of a file that has grown writes the file's size and its blocks besides
// the frame, one of a frame in its room the frame alone, which takes half of the
// time. A quarter of the log is made at a time, within these bounds. Closing cuts
// off what is left; after a crash opening does.
const (
	leastRoom = 4 << 10
	mostRoom  = 1 << 20
)

var zeros [mostRoom]byte

// makeRoom makes room behind the log's end, if there is none. A disk that has no
// more is no reason to stop: the frame has its place.
func (l *log) makeRoom(end int64) error {
	if end <= l.size {
		return nil
	}
	n, err := l.file.WriteAt(zeros[:min(max(leastRoom, end/4), mostRoom)], end)
	l.size = end + int64(n)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return nil
	}
	return err
}

// cutRoom ends the file where the log ends.
func (l *log) cutRoom() error {
	if l.size <= l.at {
		return nil
	}
	l.size = l.at
	return l.file.Truncate(l.at)
}

// isRoom reports whether what lies behind a log is nothing but room.
func isRoom(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if string(b[:n]) != string(zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}
