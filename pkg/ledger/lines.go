package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// A Block says what a run's source was in one place, as the run read it: a piece
// of its text of a fixed size, the first one with the number 0. See
// source.Block.
type Block struct {
	Number int    `json:"number"`
	Line   int    `json:"line"` // rows that start before this line end in the block, or before it
	Sum    Digest `json:"sum"`  // of its text
}

// A Digest is a SHA-256 sum. As text it is in hex.
type Digest [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// maxBlockLines is more than the lines of any block, and of a row that goes on
// behind it. No more rows than that wait for their block.
const maxBlockLines = 1 << 21

// lines is what the log knows of the rows of a source by the lines on which they
// start, so that a run over the same source can pass over those that were sent
// without looking at them.
//
// A claim has the line of its row, but lines are those of any source. So a run
// says, block by block, what it read: a claim counts here once its run has
// read the block that its row ends in, if all of its blocks up to there are those
// of the runs before. A source with another block is another source, and what was
// known of the lines is dropped, as it is when anything but a run's first pass
// has to do with one of the keys. What is not known here is no loss: the row is
// looked at.
type lines struct {
	rule   string  // of the runs: how rows are read, and what makes their keys
	blocks []Block // of the source, as far as it was read
	sent   bitmap  // the lines in the blocks whose keys are Sent and lined

	// Of the run that is being folded:
	noting  bool       // its claims may count
	read    int        // how many of the blocks it has read
	waiting []sentLine // what it sent from lines behind those
}

// A sentLine is a row that was sent, and the hash of its key.
type sentLine struct {
	hash Hash
	line int
}

// end returns the line at which the rows end that the present run has vouched for.
func (l *lines) end() int {
	if l.read == 0 {
		return 0
	}
	return l.blocks[l.read-1].Line
}

// add notes a row that the present run sent, and whose key is lined.
func (l *lines) add(s sentLine) {
	if s.line < l.end() {
		l.sent.set(s.line)
		return
	}
	l.waiting = append(l.waiting, s)
}

// beginLines begins a run whose rows are read by this rule; by none: its claims
// say nothing about lines.
func (f *fold) beginLines(rule string) {
	f.endLines()
	l := &f.lines
	if rule == "" {
		return
	}
	if rule != l.rule {
		f.dropLines()
		l.rule, l.blocks = rule, nil
	}
	l.noting, l.read = true, 0
}

// readBlock folds what a run says of its source.
func (f *fold) readBlock(k kind, body []byte) error {
	if k == kindBlocksEnd {
		f.endLines()
		return nil
	}
	b, err := readBlock(body)
	if err == nil {
		f.block(b)
	}
	return err
}

// block notes what the present run has read.
func (f *fold) block(b Block) {
	l := &f.lines
	if !l.noting {
		return
	}
	if b.Number != l.read || b.Line < l.end() || b.Line > l.end()+maxBlockLines {
		f.endLines()
		return
	}
	if l.read < len(l.blocks) && l.blocks[l.read] != b {
		f.dropLines()
		l.blocks = l.blocks[:l.read]
	}
	if l.read == len(l.blocks) {
		l.blocks = append(l.blocks, b)
	}
	l.read++
	waiting := l.waiting
	l.waiting = waiting[:0]
	for _, s := range waiting {
		l.add(s)
	}
}

// endLines ends what the present run says about lines.
func (f *fold) endLines() {
	for _, s := range f.lines.waiting {
		f.index.update(s.hash, func(b bits) bits { return b &^ lined })
	}
	f.lines.noting, f.lines.waiting = false, nil
}

// dropLines forgets all lines.
func (f *fold) dropLines() {
	if f.lines.sent == nil && len(f.lines.waiting) == 0 {
		return
	}
	f.index.each(func(b bits) bits { return b &^ lined })
	f.lines.sent, f.lines.waiting = nil, nil
}

// change calls change with the state of a key and keeps what it returns. If the
// key was lined, then its line is not what it was.
func (f *fold) change(h Hash, change func(bits) bits) {
	var before bits
	f.index.update(h, func(b bits) bits {
		before = b
		return change(b)
	})
	if before&lined != 0 {
		f.dropLines()
	}
}

// Known returns what is known of the source that the runs so far have read, where
// rows are read, and keys are made, by this rule: its blocks, and whether the row
// that starts on a line has a key that is Sent. It is as it was when the ledger
// was opened. No blocks: nothing is known.
func (b *Book) Known(rule string) (blocks []Block, sent func(line int) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &b.fold.lines
	if rule == "" || rule != l.rule || l.sent == nil {
		return nil, nil
	}
	return l.blocks, l.sent.has
}

// PassOver says whether the rows that Known has are passed over in this pass: then
// their keys count as seen without a visit. BeginPass ends it.
func (b *Book) PassOver(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passOver = on
}

// NoteBlock records what the present run has read of its source: to be called
// with each block in turn, and only in the run's first pass. It does not wait
// until that is durable. The run must have a rule.
func (l *Ledger) NoteBlock(b Block) error {
	_, err := l.log.add(false, func(buf []byte) []byte { return appendBlock(buf, &b) })
	return err
}

// EndBlocks records that the claims that follow are of another pass over the
// source: they say nothing about lines.
func (l *Ledger) EndBlocks() error {
	_, err := l.log.add(false, func(b []byte) []byte {
		return appendRecord(b, kindBlocksEnd, func(b []byte) []byte { return b })
	})
	return err
}

func appendBlock(b []byte, block *Block) []byte {
	return appendRecord(b, kindBlock, func(b []byte) []byte {
		b = binary.AppendUvarint(b, uint64(block.Number))
		b = binary.AppendUvarint(b, uint64(block.Line))
		return append(b, block.Sum[:]...)
	})
}

func readBlock(body []byte) (Block, error) {
	c := cursor{b: body}
	b := Block{Number: int(c.uvarint()), Line: int(c.uvarint())}
	if c.bad || len(c.b) != len(b.Sum) || b.Number < 0 || b.Line < 0 {
		return Block{}, errRecord
	}
	copy(b.Sum[:], c.b)
	return b, nil
}

// A bitmap is a set of numbers. It takes memory where they are.
type bitmap []*bitmapPage

// pageBits is how many numbers a page of a bitmap is for.
const pageBits = 1 << 15

type bitmapPage [pageBits / 64]uint64

func (m *bitmap) set(n int) {
	if page := n / pageBits; page >= len(*m) {
		*m = append(*m, make(bitmap, page+1-len(*m))...)
	}
	page := &(*m)[n/pageBits]
	if *page == nil {
		*page = new(bitmapPage)
	}
	(*page)[n%pageBits/64] |= 1 << (n % 64)
}

func (m bitmap) has(n int) bool {
	page := n / pageBits
	return page < len(m) && m[page] != nil && m[page][n%pageBits/64]&(1<<(n%64)) != 0
}
