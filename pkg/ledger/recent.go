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

// The end of a log is read first: as a rule all that happened lately is there. A
// claim that is older by more than lateMargin shows that it is, since claims are
// in the order of their times, but for clocks that were set by a little.
const (
	lateBytes  = 16 << 20
	lateMargin = 5 * time.Second
)

// Lately returns what RecentClaims does, and when runs were started since then,
// for a ledger that nobody has opened. It keeps no index, and reads no more of the
// log than it must, so it takes a fraction of the time of [Load].
func Lately(path string, fsys FS, since time.Time) (claims, runs []time.Time, err error) {
	if fsys == nil {
		fsys = Disk
	}
	f, frames, err := openScanner(path, fsys)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	for back := int64(lateBytes); back < frames.size; back *= 16 {
		end := newScanner(f, frames.size, frames.durable)
		if !end.seekFrame(frames.size - back) {
			continue
		}
		if claims, runs, enough, err := end.lately(since, true); enough && err == nil {
			return claims, runs, nil
		}
	}
	claims, runs, _, err = frames.lately(since, false)
	if err != nil {
		return nil, nil, frames.explain(path, err)
	}
	return claims, runs, nil
}

// lately reads from here on. If less than the whole log may be enough, it reports
// whether it was.
func (s *scanner) lately(since time.Time, part bool) (claims, runs []time.Time, enough bool, err error) {
	var all recent
	for {
		payload, err := s.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return all.since(since), runs, len(all.ring) > 0, nil
		}
		for err == nil && len(payload) > 0 {
			var at time.Time
			if at, payload, err = all.record(payload); at.After(since) {
				runs = append(runs, at)
			}
			if part && len(all.ring) > 0 {
				if !time.UnixMicro(all.ring[0]).Before(since.Add(-lateMargin)) {
					return nil, nil, false, nil
				}
				part = false // nothing before here counts
			}
		}
		if err != nil {
			return nil, nil, false, err
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
