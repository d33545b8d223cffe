package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// The file begins with a preamble of two pages; frames follow. The first page
// says what the file is and is never written again. The second holds the only
// parts that are written over: who has the file open (at its start), and the
// mark (at markAt), which is the size up to which the log is known to be on
// stable storage. Each has a checksum of its own; one that was damaged says
// nothing. They have a page to themselves so that a disk that tears a page
// tears nothing else.
//
// The mark is written after each fsync, and made durable by the next one. After
// a kill it is exact, because the system still has it: whatever a claim was
// returned for lies below it. After a power loss it covers all but at most the
// last durable frame. Nothing below it can be torn: there, everything that does
// not fit is damage.
const (
	page         = 4096
	preambleSize = 2 * page
	holderSize   = 512
	markAt       = page + holderSize
	markSize     = 12
	magic        = "herald ledger "
	format       = "1"
)

// A Holder is who has a ledger open, or had it last.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	// Clean is the size of the file when its last holder closed it properly,
	// 0 while it is open or after its holder died.
	Clean int64 `json:"clean"`
	// Keys is how many keys there were when this was written: a hint, so that
	// reading need not make room for them bit by bit.
	Keys int `json:"keys"`
}

func newHolder(clean int64, keys int) Holder {
	host, _ := os.Hostname()
	return Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second), Clean: clean, Keys: keys}
}

// preamble returns the first two pages of a new file.
func preamble() []byte {
	b := bytes.Repeat([]byte(" "), preambleSize)
	copy(b, magic+format+"\nClaims and outcomes of a campaign, for herald alone to read and write.\n")
	b[page-1], b[preambleSize-1] = '\n', '\n'
	copy(b[page:], newHolder(0, 0).encode())
	copy(b[markAt:], encodeMark(0))
	return b
}

func (h Holder) encode() []byte {
	b := bytes.Repeat([]byte(" "), holderSize)
	text, err := json.Marshal(h)
	if err != nil || len(text) > holderSize-9 {
		h.Host = "" // of 400 bytes
		text, _ = json.Marshal(h)
	}
	copy(b, text)
	copy(b[holderSize-9:], fmt.Sprintf("%08x\n", crc32.Checksum(b[:holderSize-9], castagnoli)))
	return b
}

// decodeHolder returns the zero Holder, nobody, if b is not what encode wrote.
func decodeHolder(b []byte) (h Holder) {
	sum := fmt.Sprintf("%08x\n", crc32.Checksum(b[:holderSize-9], castagnoli))
	if string(b[holderSize-9:]) == sum {
		_ = json.Unmarshal(bytes.TrimSpace(b[:holderSize-9]), &h)
	}
	return h
}

func encodeMark(size int64) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, markSize), uint64(size))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeMark returns 0, nothing known, if b is not what encodeMark wrote.
func decodeMark(b []byte) int64 {
	if binary.LittleEndian.Uint32(b[8:]) != crc32.Checksum(b[:8], castagnoli) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(b))
}

// A front is what the preamble says.
type front struct {
	holder Holder
	mark   int64
}

// durable returns the size up to which the log is known to have been whole.
func (f front) durable() int64 { return max(f.holder.Clean, f.mark) }

// readFront reads the preamble. A file that is too short for one is damaged: a
// ledger gets its name when it has all of it.
func readFront(f io.ReaderAt, path string) (front, error) {
	b := make([]byte, preambleSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return front{}, fmt.Errorf("read %s: %w", path, err)
	}
	if begin := min(n, len(magic)); string(b[:begin]) != magic[:begin] {
		return front{}, fmt.Errorf("open %s: %w", path, ErrNotLedger)
	}
	if n < preambleSize {
		return front{}, &DamageError{Path: path, Offset: int64(n), Reason: "the file ends here, and a ledger never is that short"}
	}
	version, _, _ := bytes.Cut(b[len(magic):page], []byte("\n"))
	if string(version) != format {
		return front{}, fmt.Errorf("open %s: %w: format %.20q, this program knows %q", path, ErrFormat, version, format)
	}
	return front{decodeHolder(b[page : page+holderSize]), decodeMark(b[markAt : markAt+markSize])}, nil
}
