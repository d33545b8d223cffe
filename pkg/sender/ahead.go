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

// A reading is what Next returned.
type reading struct {
	row *source.Recipient
	err error
}

// readAhead reads rows into batches, the last of which ends with the error that
// ended the source, until stop is closed. Where millions of rows are settled
// already, reading them is most of what a run has to do at first, and the sift
// has the rest of it done meanwhile.
func readAhead(rows Source, batches chan<- []reading, spare <-chan []reading, stop <-chan struct{}) {
	defer close(batches)
	for over := false; !over; {
		var batch []reading
		select {
		case batch = <-spare:
		case <-stop:
			return
		}
		for batch = batch[:0]; len(batch) < readBatch && !over; {
			row, err := rows.Next()
			batch = append(batch, reading{row, err})
			over = err != nil && !isBad(err)
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
	_, bad := errors.AsType[*source.RowError](err)
	return bad
}
