package preview

import (
	"context"
	"io"

	"github.com/herald-campaigns/herald/pkg/source"
)

// Sample returns n rows, spread evenly over the source, in its order: always
// the same for the same source. It returns all rows if there are no more, and
// passes over those that can't be read. It reads the source once and holds at
// most 2n rows.
func Sample(ctx context.Context, open func() (*source.Reader, error), n int) ([]*source.Recipient, error) {
	s := sampler{most: n, stride: 1}
	err := eachRow(ctx, open, func(row *source.Recipient) { s.add(row) })
	return s.rows(), err
}

// A sampler keeps each stride-th row, and drops every other one when it has too
// many.
type sampler struct {
	most   int
	stride int
	seen   int
	held   []*source.Recipient
}

func (s *sampler) add(row *source.Recipient) {
	if s.seen++; s.most < 1 || (s.seen-1)%s.stride != 0 {
		return
	}
	if len(s.held) == 2*s.most {
		for i := range s.most {
			s.held[i] = s.held[2*i]
		}
		clear(s.held[s.most:])
		s.held = s.held[:s.most]
		s.stride *= 2
		if (s.seen-1)%s.stride != 0 {
			return
		}
	}
	s.held = append(s.held, row)
}

// rows returns the sample: of what is held, as many as are wanted, from the
// first to the last.
func (s *sampler) rows() []*source.Recipient {
	if len(s.held) <= s.most {
		return s.held
	}
	rows := make([]*source.Recipient, s.most)
	for i := range rows {
		rows[i] = s.held[i*(len(s.held)-1)/max(1, s.most-1)]
	}
	return rows
}

// eachRow calls do with every row of a source that can be read.
func eachRow(ctx context.Context, open func() (*source.Reader, error), do func(*source.Recipient)) error {
	c := cursor{open: open}
	if err := c.rewind(); err != nil {
		return err
	}
	defer c.close()
	for {
		e, err := c.read(ctx)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case e.row != nil:
			do(e.row)
		}
	}
}
