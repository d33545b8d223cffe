package sender

import (
	"errors"

	"github.com/herald-campaigns/herald/pkg/source"
)

// readBatch is how many rows are handed over at a time: so many that it costs
// little, so few that the first message does not wait for them. Of readAheads
// batches one is being filled and one is sifted; the others keep either side
// from waiting when the other is late.
const (
	readBatch  = 64
	readAheads = 8
)

// readAhead reads rows into batches, the last of which ends with the error that
// ended the source, until stop is closed. Where millions of rows are settled
// already, reading them is most of what a run has to do at first, and the sift
// has the rest of it done meanwhile.
func readAhead(rows *steps, batches chan<- []reading, spare <-chan []reading, stop <-chan struct{}) {
	defer close(batches)
	for over := false; !over; {
		var batch []reading
		select {
		case batch = <-spare:
		case <-stop:
			return
		}
		for batch = batch[:0]; len(batch) < readBatch && !over; {
			r := rows.next()
			batch = append(batch, r)
			over = r.err != nil && !isBad(r.err)
		}
		select {
		case batches <- batch:
		case <-stop:
			return
		}
	}
}

// isBad reports whether an error is about one row only.
func isBad(err error) bool {
	_, bad := badRow(err)
	return bad
}

func badRow(err error) (*source.RowError, bool) { return errors.AsType[*source.RowError](err) }
