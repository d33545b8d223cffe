package preview

import (
	"context"
	"errors"
	"io"

	"github.com/herald-campaigns/herald/pkg/source"
)

// kept is how many rows a cursor remembers at least: stepping back that far
// costs nothing.
const kept = 32

// An entry is one row, or one that can't be read.
type entry struct {
	line int
	row  *source.Recipient // nil if bad
	bad  *source.RowError
}

// A cursor finds rows by line in a source of any size. It reads on from where
// it stands, knows the last rows it read, and begins anew only to go back
// further. It is for one goroutine at a time.
type cursor struct {
	open   func() (*source.Reader, error)
	reader *source.Reader // nil: not open
	recent []entry        // the last ones that were read, in their order
	begins bool           // recent begins with the first row
	ended  bool           // the reader is at its end
	reads  int
}

// close closes the source. The cursor can still be used.
func (c *cursor) close() {
	if c.reader != nil {
		c.reader.Close()
		c.reader = nil
	}
}

// rewind begins anew.
func (c *cursor) rewind() error {
	c.close()
	reader, err := c.open()
	if err != nil {
		return err
	}
	*c = cursor{open: c.open, reader: reader, recent: c.recent[:0], begins: true}
	return nil
}

// read returns the next row; io.EOF if there is none.
func (c *cursor) read(ctx context.Context) (entry, error) {
	if c.reads++; c.reads%1024 == 0 && ctx.Err() != nil {
		return entry{}, ctx.Err()
	}
	row, err := c.reader.Next()
	var e entry
	var bad *source.RowError
	switch {
	case err == nil:
		e = entry{line: row.Line, row: row}
	case errors.As(err, &bad):
		e = entry{line: bad.Line, bad: bad}
	case errors.Is(err, io.EOF):
		c.ended = true
		return e, io.EOF
	default:
		return e, err
	}
	if len(c.recent) >= 2*kept {
		c.begins = false
		c.recent = c.recent[:copy(c.recent, c.recent[len(c.recent)-kept:])]
	}
	c.recent = append(c.recent, e)
	return e, nil
}

// A place is a row with its neighbours; what does not exist is nil.
type place struct{ before, at, after *entry }

// around returns the row that a line belongs to: the last that starts there or
// before, or the first one of all. The error is not io.EOF.
func (c *cursor) around(ctx context.Context, line int) (place, error) {
	if c.reader == nil || !c.begins && c.recent[0].line >= line {
		if err := c.rewind(); err != nil {
			return place{}, err
		}
	}
	for !c.ended && (len(c.recent) < 2 || c.recent[len(c.recent)-1].line <= line) {
		if _, err := c.read(ctx); err != nil && err != io.EOF {
			return place{}, err
		}
	}
	var p place
	for i := range c.recent {
		if i > 0 && c.recent[i].line > line {
			e := c.recent[i]
			p.after = &e
			break
		}
		e := c.recent[i]
		p.before, p.at = p.at, &e
	}
	return p, nil
}

// find returns the first row behind a line that matches, nil if there is none.
func (c *cursor) find(ctx context.Context, after int, matches func(*source.Recipient) bool) (*source.Recipient, error) {
	if _, err := c.around(ctx, after); err != nil {
		return nil, err
	}
	for _, e := range c.recent {
		if e.line > after && e.row != nil && matches(e.row) {
			return e.row, nil
		}
	}
	for !c.ended {
		e, err := c.read(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if e.row != nil && matches(e.row) {
			return e.row, nil
		}
	}
	return nil, nil
}

// Find returns the first row that starts behind a line (0: of all) and is one
// that is looked for; nil if there is none. Rows that can't be read are passed
// over.
func (v *View) Find(ctx context.Context, q Query, after int) (*source.Recipient, error) {
	c := cursor{open: v.Open}
	defer c.close()
	return c.find(ctx, after, func(row *source.Recipient) bool { return v.matches(q, row) })
}
