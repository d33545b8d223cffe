package ledger

import (
	"slices"
	"time"
)

// maxRecent is how many claim times are remembered: more than any API allows in
// the seconds that matter.
const maxRecent = 1 << 16

// recent remembers when the last claims were made, in microseconds since 1970.
type recent struct {
	ring []int64
	next int // where the oldest one is once the ring is full
}

func (r *recent) add(at int64) {
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, at)
		return
	}
	r.ring[r.next] = at
	r.next = (r.next + 1) % maxRecent
}

// RecentClaims returns when claims were made since then, oldest first, at most
// the last 65,536: each may have been a request, and a rate limit that outlives
// the process has to count it. Released claims are among them.
func (b *Book) RecentClaims(since time.Time) []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []time.Time
	for _, at := range b.fold.recent.ring {
		if t := time.UnixMicro(at); !t.Before(since) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}
