package preview

import (
	"context"
	"runtime"
	"strings"
	"sync"

	"github.com/herald-campaigns/herald/pkg/source"
)

// Extremes are the rows whose messages are most likely to look odd, of those
// that can be rendered at all; nil if there is none. Of equal ones the first
// counts.
type Extremes struct {
	Longest  *source.Recipient // most bytes of subject and body
	Shortest *source.Recipient // fewest
	Sparsest *source.Recipient // most optional fields missing; of equal ones, most empty fields
	Rendered int               // rows that can be rendered
	Refused  int               // rows that can't
}

// Extremes renders the message of every row, on all processors, to find them.
// Rows that can't be read count for nothing.
func (v *View) Extremes(ctx context.Context) (Extremes, error) {
	batches := make(chan []*source.Recipient, 2*runtime.GOMAXPROCS(0))
	folds := make([]fold, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	optional := v.optional()
	for i := range folds {
		folds[i].optional = optional
		workers.Go(func() {
			for batch := range batches {
				for _, row := range batch {
					folds[i].add(v, row)
				}
			}
		})
	}
	err := v.feed(ctx, batches)
	close(batches)
	workers.Wait()
	all := &folds[0]
	for i := range folds[1:] {
		all.merge(&folds[i+1])
	}
	return all.extremes(), err
}

// feed reads the source into batches: a channel costs more than a row.
func (v *View) feed(ctx context.Context, batches chan<- []*source.Recipient) error {
	const size = 256
	var batch []*source.Recipient
	err := eachRow(ctx, v.Open, func(row *source.Recipient) {
		if batch = append(batch, row); len(batch) == size {
			batches <- batch
			batch = make([]*source.Recipient, 0, size)
		}
	})
	batches <- batch
	return err
}

// A record is a row that nothing has beaten yet.
type record struct {
	row        *source.Recipient
	score, tie int
}

// offer takes a row that is better, or as good and further up.
func (r *record) offer(n record) {
	switch {
	case n.row == nil:
	case r.row == nil, n.score > r.score,
		n.score == r.score && (n.tie > r.tie || n.tie == r.tie && n.row.Line < r.row.Line):
		*r = n
	}
}

// A fold is what one worker has found.
type fold struct {
	optional                    []string // fields that the templates get by without
	longest, shortest, sparsest record
	rendered, refused           int
}

func (f *fold) add(v *View, row *source.Recipient) {
	m, err := v.Renderer.Render(row)
	if err != nil {
		f.refused++
		return
	}
	f.rendered++
	size := len(m.Subject) + len(m.Body)
	f.longest.offer(record{row: row, score: size})
	f.shortest.offer(record{row: row, score: -size})
	f.sparsest.offer(record{row: row, score: len(missing(row, f.optional)), tie: empties(row)})
}

// empties counts the row's fields without a value.
func empties(row *source.Recipient) int {
	n := 0
	for value := range texts(row) {
		if strings.TrimSpace(value) == "" {
			n++
		}
	}
	return n
}

func (f *fold) merge(g *fold) {
	f.longest.offer(g.longest)
	f.shortest.offer(g.shortest)
	f.sparsest.offer(g.sparsest)
	f.rendered += g.rendered
	f.refused += g.refused
}

func (f *fold) extremes() Extremes {
	return Extremes{
		Longest: f.longest.row, Shortest: f.shortest.row, Sparsest: f.sparsest.row,
		Rendered: f.rendered, Refused: f.refused,
	}
}
