package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// The file begins with a preamble of two sectors. The first says what the file
// is. The second says who has it open, or that it was closed properly and at
// which size; it is the only part that is ever written over, and nothing but
// messages to people and the detection of damage depends on it. Then come
// frames: a head of 12 bytes (length of the payload, its CRC32C, CRC32C of
// these two), and the payload, which is the records of one group commit.
const (
	sector       = 512
	preambleSize = 2 * sector
	frameHead    = 12
	maxFrame     = 64 << 20
	magic        = "herald ledger "
	format       = "1"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Holder is who has a ledger open.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	// Clean is the size of the file when its last holder closed it properly,
	// 0 while it is open or after its holder died.
	Clean int64 `json:"clean"`
}

func firstSector() []byte {
	b := bytes.Repeat([]byte(" "), sector)
	copy(b, magic+format+"\nClaims and outcomes of a campaign, for herald alone to read and write.\n")
	b[sector-1] = '\n'
	return b
}

func (h Holder) sector() []byte {
	b := bytes.Repeat([]byte(" "), sector)
	text, err := json.Marshal(h)
	if err != nil || len(text) >= sector {
		text, _ = json.Marshal(Holder{PID: h.PID, Since: h.Since, Clean: h.Clean}) // a host name of 400 bytes
	}
	copy(b, text)
	b[sector-1] = '\n'
	return b
}

// readPreamble says what the file is and who has or had it.
func readPreamble(f io.ReaderAt) (Holder, error) {
	b := make([]byte, preambleSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Holder{}, err
	}
	b = b[:n]
	if !bytes.HasPrefix(b, []byte(magic)) {
		return Holder{}, ErrNotLedger
	}
	version, _, _ := bytes.Cut(b[len(magic):], []byte("\n"))
	if string(version) != format {
		return Holder{}, fmt.Errorf("%w: format %.20q, this program knows %q", ErrFormat, version, format)
	}
	var h Holder
	if n == preambleSize {
		_ = json.Unmarshal(bytes.TrimSpace(b[sector:]), &h) // damaged: nobody known, nothing known of the size
	}
	return h, nil
}

// newFrame returns room for a frame's head, to which records are appended.
func newFrame(b []byte) []byte { return append(b[:0], make([]byte, frameHead)...) }

// sealFrame fills in the head of a frame.
func sealFrame(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], uint32(len(b)-frameHead))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[frameHead:], castagnoli))
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[:8], castagnoli))
}

// frameLen returns the length of the payload that a head announces.
func frameLen(head []byte) (int64, bool) {
	n := binary.LittleEndian.Uint32(head)
	ok := n <= maxFrame && binary.LittleEndian.Uint32(head[8:]) == crc32.Checksum(head[:8], castagnoli)
	return int64(n), ok
}

func payloadOK(head, payload []byte) bool {
	return binary.LittleEndian.Uint32(head[4:]) == crc32.Checksum(payload, castagnoli)
}

// errTorn says that the file ends in a frame that was not written to its end.
var errTorn = errors.New("torn frame")

// A scanner reads a log's frames in order.
type scanner struct {
	f     File
	size  int64 // of the file
	clean int64 // as far as the file is known to have been whole
	at    int64 // where the next frame starts
	last  int64 // where the last one started
	buf   []byte
	in    *io.SectionReader
	ahead []byte // read from the file and not yet scanned
}

func newScanner(f File, size, clean int64) *scanner {
	return &scanner{f: f, size: size, clean: clean, at: preambleSize, last: -1,
		in: io.NewSectionReader(f, preambleSize, max(0, size-preambleSize)), buf: make([]byte, min(1<<20, max(frameHead, size)))}
}

// next returns the payload of the next frame, valid until the next call. At
// the end of the file it returns io.EOF, or errTorn if the last frame was cut
// short; a *DamageError anywhere else.
func (s *scanner) next() ([]byte, error) {
	if s.at >= s.size {
		if s.at < s.clean {
			return nil, s.damage("the file was longer when it was last closed")
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

// broken tells a torn last frame from damage: a crash tears the last frame
// only, since nothing is written while an fsync runs. So whatever lies before
// a whole frame, or before the size at which the file was closed, is damage.
func (s *scanner) broken() error {
	if s.at < s.clean {
		return s.damage("the file was whole when it was last closed")
	}
	if s.size-s.at > maxFrame+frameHead {
		return s.damage("more follows than one frame can hold")
	}
	tail := make([]byte, s.size-s.at)
	if _, err := s.f.ReadAt(tail, s.at); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read at byte %d: %w", s.at, err)
	}
	for i := 1; i+frameHead <= len(tail); i++ {
		n, ok := frameLen(tail[i:])
		end := i + frameHead + int(n)
		if ok && n > 0 && end <= len(tail) && payloadOK(tail[i:], tail[i+frameHead:end]) {
			return s.damage(fmt.Sprintf("a whole frame follows at byte %d", s.at+int64(i)))
		}
	}
	return errTorn
}

func (s *scanner) damage(why string) error { return &DamageError{Offset: s.at, Reason: why} }
