package governor

import (
	"math/rand/v2"
	"time"
)

// The pauses after a 429 that names none: doubled each time, up to a window.
// jitter is added to every pause, so that many programs that share a budget
// don't come back in the same moment.
const (
	firstPause = time.Second
	jitter     = 250 * time.Millisecond
)

// A gate is open, or closed until a point in time. The zero value is open. It
// is not safe for concurrent use.
type gate struct {
	closed time.Time     // when it was last closed
	until  time.Time     // when it opens
	again  time.Duration // the last pause that nobody named
}

func (g *gate) open(now time.Time) bool { return !now.Before(g.until) }

// close closes the gate for pause, because a request that was admitted at
// admitted was turned away. Without a pause it backs off. Answers of one burst
// don't add up: those that come while it is closed, or that were admitted
// before it closed, can name a later end but say nothing new.
func (g *gate) close(now, admitted time.Time, pause time.Duration) {
	if pause <= 0 {
		if !g.open(now) || !admitted.After(g.closed) {
			return
		}
		g.again = min(max(2*g.again, firstPause), Window)
		pause = g.again
	}
	if g.open(now) {
		g.closed = now
	}
	if until := now.Add(pause); until.After(g.until) {
		g.until = until.Add(rand.N(jitter))
	}
}

// calm notes that a request was let in. One that was admitted before the gate
// closed says nothing about the time since.
func (g *gate) calm(admitted time.Time) {
	if admitted.After(g.closed) {
		g.again = 0
	}
}

// A resource is what the API may throttle apart from the window.
type resource struct{ method, path string }

// resources are the gates of those that were throttled. It stays small: gates
// that have long been open are dropped.
type resources map[resource]*gate

func (rs resources) gate(now time.Time, r resource) *gate {
	if g := rs[r]; g != nil {
		return g
	}
	for r, g := range rs {
		if now.Sub(g.until) > Window {
			delete(rs, r)
		}
	}
	g := new(gate)
	rs[r] = g
	return g
}

// until returns when all resources that Pace paces for are open.
func (rs resources) until() time.Time {
	var last time.Time
	for r, g := range rs {
		if !unpaced(r.method) && g.until.After(last) {
			last = g.until
		}
	}
	return last
}
