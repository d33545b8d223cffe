package ledger

import (
	"errors"
	"fmt"
	"io"
)

// A scanned is a folded log and where it ends.
type scanned struct {
	fold
	end  int64 // of the last whole frame
	last int64 // start of the last whole frame
	more bool  // something follows: what was not written to its end, or room
}

// scan folds a whole log. One goroutine reads and takes apart, another keeps the
// index: with millions of rows each is half of the work.
func scan(f File, path string, front front) (*scanned, error) {
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := newScanner(f, size, front.durable())
	r := scanned{fold: fold{room: int(min(int64(front.holder.Keys), size/minPerKey))}, end: s.at, last: s.last}
	err = r.head(s)
	if err == nil {
		err = r.rest(s)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, errTorn):
		if r.index != nil {
			r.holdOpen()
			r.endLines() // the log goes on with other runs
			r.more = r.end < s.size
			return &r, nil
		}
		err = &DamageError{Offset: s.at, Reason: "the header is missing"}
	}
	if damage := (*DamageError)(nil); errors.As(err, &damage) {
		damage.Path = path
		return nil, err
	}
	return nil, fmt.Errorf("read %s: %w", path, err)
}

// head folds the first frame, which has the header.
func (r *scanned) head(s *scanner) error {
	payload, err := s.next()
	if err != nil {
		return err
	}
	return r.take(payload, span{start: s.last, next: s.at})
}

// rest folds all other frames. It returns what ended them, io.EOF at best.
func (r *scanned) rest(s *scanner) error {
	size := s.size // which may grow from now on
	full, spare, stop := make(chan *stretch), make(chan *stretch, 2), make(chan struct{})
	for range cap(spare) {
		spare <- new(stretch)
	}
	go func() {
		defer close(full)
		s.readAhead(r.header.Salt, full, spare, stop)
	}()
	defer func() {
		close(stop)
		for range full { // until its goroutine has ended
		}
	}()
	for t := range full {
		if err := r.stretch(t, size); err != nil { // and not the end that may be behind it
			return err
		}
		if t.err != nil {
			return t.err
		}
		spare <- t
	}
	return io.EOF
}

// stretch folds some frames of a log that has size bytes.
func (r *scanned) stretch(t *stretch, size int64) error {
	r.index.touch(t.ahead.claims)
	r.ahead = t.ahead
	defer func() { r.ahead = ahead{} }()
	begin := 0
	for _, f := range t.frames {
		if err := r.take(t.text[begin:f.end], f); err != nil {
			return err
		}
		begin = f.end
	}
	r.expect(size)
	return nil
}

// take folds a frame that lies there.
func (r *scanned) take(payload []byte, at span) error {
	if err := r.frame(payload); err != nil {
		return &DamageError{Offset: at.start, Reason: err.Error()}
	}
	r.last, r.end = at.start, at.next
	return nil
}

// expect makes room for all keys once the first frames show how many there will
// be, if the preamble did not.
func (r *scanned) expect(size int64) {
	const enough = 1 << 20
	if read := r.end - preambleSize; r.room == 0 && read >= enough {
		r.room = int(float64(r.index.Len()) * float64(size) / float64(read))
		r.index.reserve(r.room)
	}
}

// stretchSize is how many bytes are read ahead at a time: what their keys touch
// stays in a processor's cache.
const stretchSize = 1 << 18

// A stretch is some frames in a row.
type stretch struct {
	text   []byte // their payloads
	frames []span
	ahead  ahead // what they say
	err    error // what came behind them
}

// A span is where a frame lies.
type span struct {
	end         int   // of its payload in the stretch
	start, next int64 // in the log: its own start, and that of the frame behind it
}

// readAhead reads stretches until the log or the caller ends it.
func (s *scanner) readAhead(salt []byte, full chan<- *stretch, spare <-chan *stretch, stop <-chan struct{}) {
	for {
		var t *stretch
		select {
		case t = <-spare:
		case <-stop:
			return
		}
		s.readStretch(t, salt)
		select {
		case full <- t:
		case <-stop:
			return
		}
		if t.err != nil {
			return
		}
	}
}

func (s *scanner) readStretch(t *stretch, salt []byte) {
	t.text, t.frames = t.text[:0], t.frames[:0]
	t.ahead = ahead{claims: t.ahead.claims[:0], outcomes: t.ahead.outcomes[:0]}
	for len(t.text) < stretchSize {
		payload, err := s.next()
		if err != nil {
			t.err = err
			return
		}
		begin := len(t.text)
		t.text = append(t.text, payload...)
		t.frames = append(t.frames, span{end: len(t.text), start: s.last, next: s.at})
		t.ahead.add(t.text[begin:], salt)
	}
}
