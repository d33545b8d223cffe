package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// window counts requests against the limit. Not safe for concurrent use.
type window struct {
	limit  int
	length time.Duration
	style  Style

	end   time.Time // of the current Aligned or Anchored window
	count int       // in it
	past  arrivals  // Sliding only: those that were let in
}

// standing is what a client may know about its budget after one request.
type standing struct {
	in        bool // let in, not throttled
	remaining int
	reset     time.Time
}

// take asks for one place at the given time; times never decrease.
func (w *window) take(now time.Time) standing {
	if w.style == Sliding {
		return w.takeSliding(now)
	}
	if !now.Before(w.end) {
		w.end, w.count = w.nextEnd(now), 0
	}
	in := w.count < w.limit
	if in {
		w.count++
	}
	return standing{in, w.limit - w.count, w.end}
}

func (w *window) nextEnd(now time.Time) time.Time {
	if w.style == Aligned {
		now = now.Truncate(w.length)
	}
	return now.Add(w.length)
}

func (w *window) takeSliding(now time.Time) standing {
	w.past.expire(now.UnixNano() - int64(w.length))
	in := w.past.len() < w.limit
	if in {
		w.past.push(now.UnixNano())
	}
	reset := time.Unix(0, w.past.first()).Add(w.length)
	return standing{in, w.limit - w.past.len(), reset}
}

// write adds the three headers. Reset is rounded up: waiting for it is enough.
func (s standing) write(header http.Header, limit int, skew time.Duration) {
	header["X-Ratelimit-Limit"] = []string{strconv.Itoa(limit)}
	header["X-Ratelimit-Remaining"] = []string{strconv.Itoa(s.remaining)}
	header["X-Ratelimit-Reset"] = []string{strconv.FormatInt(secondsUp(s.reset.Add(skew)), 10)}
}

func secondsUp(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }

// arrivals is a queue of times in nanoseconds, oldest first, in a ring that
// grows: the sandbox is asked tens of thousands of times a second.
type arrivals struct {
	ring  []int64
	head  int
	count int
}

func (a *arrivals) len() int { return a.count }

// first is the oldest time, 0 if there is none.
func (a *arrivals) first() int64 {
	if a.count == 0 {
		return 0
	}
	return a.ring[a.head]
}

func (a *arrivals) push(at int64) {
	if a.count == len(a.ring) {
		bigger := make([]int64, max(64, 2*len(a.ring)))
		n := copy(bigger, a.ring[a.head:])
		copy(bigger[n:], a.ring[:a.head])
		a.ring, a.head = bigger, 0
	}
	a.ring[(a.head+a.count)%len(a.ring)] = at
	a.count++
}

// expire drops all times up to and including the given one.
func (a *arrivals) expire(upTo int64) {
	for a.count > 0 && a.ring[a.head] <= upTo {
		a.head = (a.head + 1) % len(a.ring)
		a.count--
	}
}
