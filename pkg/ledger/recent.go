package ledger

import (
	"errors"
	"io"
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

// since returns the times since then, oldest first.
func (r *recent) since(then time.Time) []time.Time {
	var list []time.Time
	for _, at := range r.ring {
		if t := time.UnixMicro(at); !t.Before(then) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// RecentClaims returns when claims were made since then, oldest first, at most
// the last 65,536: each may have been a request, and a rate limit that outlives
// the process has to count it. Released claims are among them.
func (b *Book) RecentClaims(since time.Time) []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fold.recent.since(since)
}

// Lately returns what RecentClaims does, and when runs were started since then,
// for a ledger that nobody has opened. It keeps no index, so it takes a fraction
// of the time of [Load].
func Lately(path string, fsys FS, since time.Time) (claims, runs []time.Time, err error) {
	if fsys == nil {
		fsys = Disk
	}
	f, frames, err := openScanner(path, fsys)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var all recent
	for {
		payload, err := frames.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return all.since(since), runs, nil
		}
		for err == nil && len(payload) > 0 {
			var at time.Time
			if at, payload, err = all.record(payload); at.After(since) {
				runs = append(runs, at)
			}
		}
		if err != nil {
			return nil, nil, frames.explain(path, err)
		}
	}
}

// record takes the first record off a frame: it remembers a claim, and returns
// when a run was started.
func (r *recent) record(payload []byte) (started time.Time, rest []byte, err error) {
	k, body, rest, err := nextRecord(payload)
	if err != nil {
		return started, nil, err
	}
	switch k {
	case kindClaim, kindContactClaim, kindAnonymous:
		c := cursor{b: body}
		c.uvarint() // number
		c.uvarint() // line
		r.add(int64(c.uvarint()))
	case kindRun:
		run, err := readJSON[Run](body)
		return run.Started, rest, err
	}
	return started, rest, nil
}
