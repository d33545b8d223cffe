package source

import (
	"bytes"
	"errors"
	"io"
)

// errTooLong is returned for a line that ends beyond the limit.
var errTooLong = errors.New("longer than a record may be")

// windowSize is what a window holds at first, in bytes: large enough that
// reading costs few calls, small enough to stay in the processor's cache.
const windowSize = 64 << 10

// A window is the part of a stream that has been read and not yet consumed. It
// grows to hold the record at its start, never further.
type window struct {
	in       io.Reader
	buf      []byte
	pos, end int   // buf[pos:end] is the window
	base     int64 // offset of buf in the stream
	err      error // why in has no more bytes: io.EOF at its end
}

func newWindow(in io.Reader) *window {
	return &window{in: in, buf: make([]byte, windowSize)}
}

// line returns the offset in the window at which the line ends that starts at
// offset from, its line end included. The last line needs none. It returns
// io.EOF if nothing is left after from, errTooLong if the line ends beyond
// limit, and what reading failed with even if there is part of a line.
func (w *window) line(from, limit int) (int, error) {
	for searched := from; ; {
		if i := bytes.IndexByte(w.buf[w.pos+searched:w.end], '\n'); i >= 0 {
			if searched+i+1 > limit {
				return 0, errTooLong
			}
			return searched + i + 1, nil
		}
		searched = w.end - w.pos
		switch {
		case searched > limit:
			return 0, errTooLong
		case w.err == io.EOF && searched > from:
			return searched, nil
		case w.err != nil:
			return 0, w.err
		}
		w.fill()
	}
}

// peek returns the first n bytes of the window, valid until the next fill.
func (w *window) peek(n int) []byte { return w.buf[w.pos : w.pos+n] }

// rest returns all of the window, valid until the next fill.
func (w *window) rest() []byte { return w.buf[w.pos:w.end] }

// offset returns where the window starts in the stream.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// atLineStart reports whether what was consumed last ended with its line.
func (w *window) atLineStart() bool { return w.pos > 0 && w.buf[w.pos-1] == '\n' }

// skip consumes n bytes of the window.
func (w *window) skip(n int) { w.pos += n }

// skipLine consumes everything through the next line end, however far it is.
func (w *window) skipLine() {
	for {
		if i := bytes.IndexByte(w.rest(), '\n'); i >= 0 {
			w.skip(i + 1)
			return
		}
		w.base += int64(w.end)
		w.pos, w.end = 0, 0
		if w.err != nil {
			return
		}
		w.fill()
	}
}

// sample returns as many whole lines as fit into a fresh window, and the last
// line too if the stream ends there.
func (w *window) sample() []byte {
	for w.err == nil && w.end < len(w.buf) {
		w.fill()
	}
	if w.err == io.EOF {
		return w.rest()
	}
	return w.rest()[:bytes.LastIndexByte(w.rest(), '\n')+1]
}

// fill reads once, making room before if there is none.
func (w *window) fill() {
	if w.end == len(w.buf) {
		w.makeRoom()
	}
	for range 100 {
		n, err := w.in.Read(w.buf[w.end:])
		w.end, w.err = w.end+n, err
		if n > 0 || err != nil {
			return
		}
	}
	w.err = io.ErrNoProgress
}

func (w *window) makeRoom() {
	buf := w.buf
	if w.pos == 0 {
		buf = make([]byte, 2*len(w.buf))
	}
	w.end = copy(buf, w.rest())
	w.base += int64(w.pos)
	w.buf, w.pos = buf, 0
}
