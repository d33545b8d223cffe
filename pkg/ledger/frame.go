package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A frame is a head of 12 bytes (length of the payload, its CRC32C, CRC32C of
// these two) and the payload, which is the records of one group commit.
const (
	frameHead = 12
	maxFrame  = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newFrame returns room for a frame's head, to which records are appended.
func newFrame(b []byte) []byte { return append(b[:0], make([]byte, frameHead)...) }

// sealFrame fills in the head of a frame.
func sealFrame(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], uint32(len(b)-frameHead))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[frameHead:], castagnoli))
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[:8], castagnoli))
}

// frameLen returns the length of the payload that a head announces. No frame is
// empty: a head of zeros would otherwise have the right checksums.
func frameLen(head []byte) (int64, bool) {
	n := binary.LittleEndian.Uint32(head)
	ok := n > 0 && n <= maxFrame && binary.LittleEndian.Uint32(head[8:]) == crc32.Checksum(head[:8], castagnoli)
	return int64(n), ok
}

func payloadOK(head, payload []byte) bool {
	return binary.LittleEndian.Uint32(head[4:]) == crc32.Checksum(payload, castagnoli)
}

// errTorn says that the file ends in a frame that was not written to its end.
var errTorn = errors.New("torn frame")

// A scanner reads a log's frames in order.
type scanner struct {
	f       File
	size    int64 // of the file
	durable int64 // as far as the file is known to have been whole
	at      int64 // where the next frame starts
	last    int64 // where the last one started
	buf     []byte
	in      *io.SectionReader
	ahead   []byte // read from the file and not yet scanned
	again   bool   // the end was looked at
	moving  bool   // somebody was seen writing
}

func newScanner(f File, size, durable int64) *scanner {
	s := &scanner{f: f, size: size, durable: durable, last: -1, buf: make([]byte, min(1<<20, max(frameHead, size)))}
	s.seek(preambleSize)
	return s
}

// seek makes the scanner go on at another offset.
func (s *scanner) seek(at int64) {
	s.at, s.ahead, s.in = at, nil, io.NewSectionReader(s.f, at, max(0, s.size-at))
}

// next returns the payload of the next frame, valid until the next call. At
// the end, behind which there may be room, it returns io.EOF, or errTorn if the
// last frame was cut short; a *DamageError anywhere else.
//
// Whoever has the ledger open may be writing behind what is durable, also while
// that is read, so the end is looked at twice. If the log goes on meanwhile, what
// is seen behind its new end is being written: that is no news, and nobody
// follows it for ever.
func (s *scanner) next() ([]byte, error) {
	payload, err := s.frame()
	if s.at < s.durable || !isEnd(err) {
		return payload, err
	}
	mark := s.mark()
	s.moving = s.moving || mark > s.at
	switch {
	case s.again && s.moving:
		return nil, io.EOF
	case s.again:
		return nil, err
	}
	s.again, s.durable = true, max(s.durable, mark)
	if s.size, err = s.f.Size(); err != nil { // after the mark: it is not less
		return nil, fmt.Errorf("read at byte %d: %w", s.at, err)
	}
	s.seek(s.at)
	return s.next()
}

// isEnd reports whether an error says what the log looks like where it may end,
// and not that it can't be read.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, errTorn) || errors.As(err, new(*DamageError))
}

// mark returns the size up to which the log is on stable storage by now, 0 if
// that can't be told: then the mark is being written, or was read before.
func (s *scanner) mark() int64 {
	front, err := readFront(s.f, "")
	if err != nil {
		return 0
	}
	return front.mark
}

// frame is next, as the file was when it was read.
func (s *scanner) frame() ([]byte, error) {
	if s.at >= s.size {
		if s.at < s.durable {
			return nil, s.damage(fmt.Sprintf("the file ends here, and had %d bytes", s.durable))
		}
		return nil, io.EOF
	}
	head, err := s.peek(frameHead)
	if err != nil {
		return nil, err
	}
	if len(head) < frameHead {
		return nil, s.broken()
	}
	n, ok := frameLen(head)
	if !ok {
		return nil, s.broken()
	}
	frame, err := s.peek(frameHead + int(n))
	if err != nil {
		return nil, err
	}
	if len(frame) < frameHead+int(n) || !payloadOK(frame, frame[frameHead:]) {
		return nil, s.broken()
	}
	s.ahead = s.ahead[len(frame):]
	s.last, s.at = s.at, s.at+int64(len(frame))
	return frame[frameHead:], nil
}

// peek returns the next n bytes, fewer at the end of the file.
func (s *scanner) peek(n int) ([]byte, error) {
	if len(s.ahead) >= n {
		return s.ahead[:n], nil
	}
	if left := s.size - s.at; int64(n) > left {
		n = int(left) // a head may promise more than there is
	}
	if n > len(s.buf) {
		s.buf = append(make([]byte, 0, n), s.ahead...)[:n]
		s.ahead = s.buf[:len(s.ahead)]
	}
	kept := copy(s.buf, s.ahead)
	for kept < n {
		got, err := s.in.Read(s.buf[kept:])
		kept += got
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read at byte %d: %w", s.at, err)
		}
	}
	s.ahead = s.buf[:kept]
	return s.ahead[:min(n, kept)], nil
}

// broken tells the room behind the log and a torn last frame from damage. A crash
// tears the last frame only, since nothing is written while an fsync runs:
// whatever lies before a whole frame, or below what is known to be durable, is
// damage.
func (s *scanner) broken() error {
	if s.at < s.durable {
		return s.damage("what is here was whole and durable")
	}
	if s.size-s.at > maxFrame+frameHead+mostRoom {
		return s.damage("more follows than one frame can hold")
	}
	tail, err := s.tail()
	if err != nil {
		return err
	}
	if isRoom(tail) {
		return io.EOF
	}
	if follows := s.following(tail); follows > 0 {
		return s.damage(fmt.Sprintf("a whole frame follows at byte %d", follows))
	}
	return errTorn
}

// tail returns what the file holds from here on, as far as it may matter.
func (s *scanner) tail() ([]byte, error) {
	tail := make([]byte, min(max(0, s.size-s.at), 2*maxFrame))
	if _, err := s.f.ReadAt(tail, s.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read at byte %d: %w", s.at, err)
	}
	return tail, nil
}

// following returns the offset of the next whole frame behind a broken one that
// the tail begins with, 0 if there is none in what one frame can hold.
func (s *scanner) following(tail []byte) int64 {
	if i, ok := wholeFrame(tail, 1); ok {
		return s.at + int64(i)
	}
	return 0
}

// wholeFrame returns the offset of the first whole frame from there on.
func wholeFrame(b []byte, from int) (int, bool) {
	for i := from; i+frameHead <= len(b); i++ {
		n, ok := frameLen(b[i:])
		end := i + frameHead + int(n)
		if ok && end <= len(b) && payloadOK(b[i:], b[i+frameHead:end]) {
			return i, true
		}
	}
	return 0, false
}

// seekFrame makes the scanner go on at the next whole frame, if it finds one near
// an offset.
func (s *scanner) seekFrame(at int64) bool {
	const near = 4 << 20
	b := make([]byte, near)
	n, err := s.f.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	i, ok := wholeFrame(b[:n], 0)
	s.seek(at + int64(i))
	return ok
}

func (s *scanner) damage(why string) error { return &DamageError{Offset: s.at, Reason: why} }
