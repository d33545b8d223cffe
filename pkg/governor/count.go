package governor

import "time"

const (
	// tick is how finely a count tells times apart: a place may be free up to
	// one tick later than it could be, a fortieth of a percent of a window on
	// average, and whatever the traffic, a count is 10 KiB.
	tick          = Window / ticksInWindow
	ticksInWindow = 2000

	// memory is for how many ticks more a request is remembered whose place is
	// free: an answer tells what the server counted when it was made.
	memory = 2 * ticksInWindow / 10

	// keptFor is how long a place that Pace set aside waits for its request.
	// Whoever comes later asks for a place like anybody else.
	keptFor = 5 * time.Second
)

// A count is a sliding count of places. A request has one from its admission
// until a window after its answer: it arrived at some moment between the two,
// so as long as no more than L places are taken, no window of any position
// holds more than L arrivals.
//
// It is not safe for concurrent use. Its times must have been advanced to.
type count struct {
	start    time.Time
	now      int64       // the last tick since start that is over
	leaving  ring        // answered requests, by the tick that frees their places
	answered int         // those of them whose places are not free
	inFlight int         // admitted and not answered
	aside    []time.Time // when Pace set places aside, oldest first
}

// A ring has a number for each tick, from memory ticks ago to a window ahead.
type ring [memory + ticksInWindow + 2]int32

func (r *ring) at(tick int64) *int32 { return &r[tick%int64(len(r))] }

// furthest is the last tick that a ring has room for.
func (c *count) furthest() int64 { return c.now + ticksInWindow + 1 }

// advance frees the places whose time has come.
func (c *count) advance(now time.Time) {
	to := int64(now.Sub(c.start) / tick)
	if to-c.now > int64(len(c.leaving)) {
		c.leaving, c.answered, c.now = ring{}, 0, to
	}
	for c.now < to {
		c.now++
		c.answered -= int(*c.leaving.at(c.now))
		*c.leaving.at(c.furthest()) = 0
	}
	old := 0
	for old < len(c.aside) && now.Sub(c.aside[old]) >= keptFor {
		old++
	}
	if old > 0 {
		c.aside = c.aside[:copy(c.aside, c.aside[old:])]
	}
}

// taken is the number of places that are not free.
func (c *count) taken() int { return c.answered + c.inFlight + len(c.aside) }

// setAside takes a place for a request that will come.
func (c *count) setAside(now time.Time) { c.aside = append(c.aside, now) }

// giveBack frees a place that was set aside, if there is one. It is the
// youngest, so that one whose request never comes grows old.
func (c *count) giveBack() {
	if n := len(c.aside); n > 0 {
		c.aside = c.aside[:n-1]
	}
}

// frees returns the tick at which a place is free again whose request arrived
// no later than at.
func (c *count) frees(at time.Time) int64 {
	return int64((at.Sub(c.start) + Window + tick - 1) / tick)
}

// linger keeps a place for what is left of the window after at.
func (c *count) linger(at time.Time) {
	if t := c.frees(at); t > c.now {
		*c.leaving.at(t)++
		c.answered++
	}
}

// since returns how many requests can have arrived at t or later, if that is
// not too long ago to be remembered.
func (c *count) since(t time.Time) int {
	n := c.inFlight
	for i := max(0, c.frees(t), c.now-memory+1); i <= c.furthest(); i++ {
		n += int(*c.leaving.at(i))
	}
	return n
}

// nextFree returns how long it takes until time alone frees a place; a window,
// if all of them wait for answers.
func (c *count) nextFree(now time.Time) time.Duration {
	wait := Window
	if len(c.aside) > 0 {
		wait = keptFor - now.Sub(c.aside[0])
	}
	if c.answered == 0 {
		return wait
	}
	i := c.now + 1
	for *c.leaving.at(i) == 0 {
		i++
	}
	return min(wait, c.start.Add(time.Duration(i)*tick).Sub(now))
}
