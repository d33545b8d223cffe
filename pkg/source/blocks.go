package source

import (
	"bytes"
	"crypto/sha256"
	"io"
)

// DefaultBlockSize is how many bytes of text a block has unless Options say
// otherwise: 256 KiB.
const DefaultBlockSize = 256 << 10

// A Block is a piece of a source's text, of Options.BlockSize bytes as UTF-8.
// Texts whose blocks are the same from the first one on are the same as far as
// that, and if they are read with the same options so are the rows that end there,
// but for those behind an opened quote: whether that is closed, the text behind the
// blocks may decide. What follows the last whole block is in none.
type Block struct {
	Line int               // rows that start before this line end in the block, or before it
	Sum  [sha256.Size]byte // of the block's bytes
}

// Known is what somebody who has read a source before knows of it: on which
// lines there are rows that need not be looked at again.
type Known struct {
	// Blocks are those of the source as it was.
	Blocks []Block
	// Has reports whether the row that starts on a line is such a row. It says yes
	// only of rows that start before the Line of the last block.
	Has func(line int) bool
}

// blocksAhead is how many blocks are read ahead of those that are made rows of.
const blocksAhead = 2

// blocks cuts the text that is read through it into blocks, and compares them
// with those that are known. A block is handed on when all of it has been read:
// whoever has a part of it may ask whether it is as it is known. Where rows are
// passed over, reading and adding up is most of the work, so a goroutine does it
// ahead.
type blocks struct {
	full   chan block    // what has been read
	spare  chan []byte   // what it can be read into
	stop   chan struct{} // closed when no more is wanted
	size   int
	closed bool

	text  []byte // of the present block, what was not handed on
	buf   []byte // all of it
	err   error  // what the text ended with; it comes behind text
	whole int    // blocks that were read
	same  int    // how many of them, from the first on, are as they are known
	known []Block

	misfit bool // a row that is known is not there

	tell    func(Block) // nil: nobody wants to know
	told    int
	pending [][sha256.Size]byte // sums of the blocks from told on
}

// A block is what was read at a time: a whole block and its sum, or what is behind
// the last one and why it is no whole one.
type block struct {
	text []byte
	sum  [sha256.Size]byte
	err  error
}

func newBlocks(text io.Reader, o Options) *blocks {
	b := &blocks{full: make(chan block), spare: make(chan []byte, blocksAhead), stop: make(chan struct{}), size: o.BlockSize, tell: o.Block}
	if b.size <= 0 {
		b.size = DefaultBlockSize
	}
	if o.Known != nil {
		b.known = o.Known.Blocks
	}
	for range blocksAhead {
		b.spare <- nil
	}
	go b.readAhead(text)
	return b
}

// readAhead reads blocks until the text ends or nobody wants more.
func (b *blocks) readAhead(text io.Reader) {
	defer close(b.full)
	for next := (block{}); next.err == nil; {
		select {
		case next.text = <-b.spare:
		case <-b.stop:
			return
		}
		if next.text == nil {
			next.text = make([]byte, b.size)
		}
		var n int
		if n, next.err = readFull(text, next.text); next.err == nil {
			next.sum = sha256.Sum256(next.text)
		}
		next.text = next.text[:n]
		select {
		case b.full <- next:
		case <-b.stop:
			return
		}
	}
}

// readFull fills p. Unlike that of package io it returns what reading ended with
// as it is.
func readFull(in io.Reader, p []byte) (n int, err error) {
	for idle := 0; n < len(p) && idle < 100; idle++ {
		var m int
		m, err = in.Read(p[n:])
		if n += m; n == len(p) {
			return n, nil // an error comes again
		}
		if err != nil {
			return n, err
		}
		if m > 0 {
			idle = 0
		}
	}
	return n, io.ErrNoProgress
}

// close ends the goroutine.
func (b *blocks) close() {
	if b.closed {
		return
	}
	b.closed = true
	close(b.stop)
	for range b.full { // until it has ended
	}
}

// Read implements io.Reader.
func (b *blocks) Read(p []byte) (int, error) {
	if len(b.text) == 0 && b.err == nil {
		b.take()
	}
	if len(b.text) == 0 {
		return 0, b.err
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

// take begins the next block.
func (b *blocks) take() {
	if b.buf != nil {
		b.spare <- b.buf[:cap(b.buf)]
	}
	next := <-b.full
	b.text, b.buf, b.err = next.text, next.text, next.err
	if b.err != nil {
		return
	}
	if b.same == b.whole && b.whole < len(b.known) && b.known[b.whole].Sum == next.sum {
		b.same++
	}
	b.whole++
	if b.tell != nil {
		b.pending = append(b.pending, next.sum)
	}
}

// differs reports whether the text turned out not to be what is known.
func (b *blocks) differs() bool {
	return b.misfit || b.same < len(b.known) && (b.same < b.whole || b.err != nil)
}

// sameTo returns how far the text is what is known, in bytes.
func (b *blocks) sameTo() int64 {
	if b.differs() {
		return 0
	}
	return int64(b.same) * int64(b.size)
}

// tellOf tells of the blocks that end before the window, whose first row starts on
// the next line. The row before it, on the start line, ends in a block only if its
// line does: a longer text may go on with it.
func (b *blocks) tellOf(r *records) {
	for ; len(b.pending) > 0; b.pending = b.pending[1:] {
		end := int64(b.told+1) * int64(b.size)
		if r.offset() < end {
			return
		}
		block := Block{Line: r.startLine, Sum: b.pending[0]}
		if r.offset() == end && r.atLineStart() {
			block.Line = r.nextLine
		}
		b.told++
		b.tell(block)
	}
}

// missed is told that the rows on lines from here to before there were read. Had
// one of them been known, it would have been passed over: its row is another one
// now, although the text is the same so far. An opened quote that was not closed,
// and now is, does that: the rows behind it are in the quotes.
func (r *Reader) missed(from, to int) {
	for line := from; line < to && !r.blocks.misfit; line++ {
		r.blocks.misfit = r.known(line)
	}
}

// passOver consumes the rows at the start of the window that are known, and
// returns how many there were.
func (r *Reader) passOver() (n int) {
	w := r.records
	for ; r.known(w.nextLine); n++ {
		size, lines := w.extent(r.csv != nil)
		if size == 0 || w.offset()+int64(size) > r.blocks.sameTo() {
			break
		}
		w.skip(size)
		w.startLine, w.nextLine = w.nextLine, w.nextLine+lines
		r.blocks.tellOf(w)
	}
	return n
}

// extent returns how many bytes and lines the record at the start of the window
// has, if it is one that was read without a fault before: it ends with the first
// line behind which no quote is open. A size of 0 says that it is none.
func (r *records) extent(quotes bool) (size, lines int) {
	for open := false; lines == 0 || open; lines++ {
		end, err := r.line(size, r.limit)
		if err != nil {
			return 0, 0
		}
		if quotes && bytes.Count(r.peek(end)[size:], []byte{'"'})%2 == 1 {
			open = !open
		}
		size = end
	}
	return size, lines
}
