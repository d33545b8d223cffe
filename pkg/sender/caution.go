package sender

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// The waits between claims while nothing gets through: full jitter below a
// bound that doubles.
const (
	firstBackOff   = 500 * time.Millisecond
	longestBackOff = 30 * time.Second
)

// A caution keeps a broken network from costing a pool full of unknowns. After
// a request whose fate nobody knows, or that could not be sent, claims go one
// at a time until a message is sent: the first at once, so that a single lost
// answer costs one round trip, and further ones with a growing wait. The zero
// value is ready, and not cautious.
type caution struct {
	on atomic.Bool // changed under mu; the usual case looks no further

	mu       sync.Mutex
	turn     chan struct{} // of size 1, filled while nobody has the turn
	setbacks int           // since the last good answer
	doubtful bool          // whether the API can be reached
}

// A turn is leave to claim one row. Its holder calls done exactly once.
type turn struct {
	caution    *caution
	alone      bool // nobody else has one
	suspicious bool // its holder should probe before it claims
}

// enter waits, while caution is on, for the only turn there is.
func (c *caution) enter(ctx context.Context) (turn, error) {
	if err := ctx.Err(); err != nil {
		return turn{}, err
	}
	if !c.on.Load() {
		return turn{caution: c}, nil
	}
	c.mu.Lock()
	only := c.turn
	c.mu.Unlock()
	select {
	case <-only:
	case <-ctx.Done():
		return turn{}, ctx.Err()
	}
	t := turn{caution: c, alone: true}
	pause, on := c.pause(&t)
	if !on { // ended while this one waited
		t.giveBack()
		return turn{caution: c}, nil
	}
	if err := sleep(ctx, pause); err != nil {
		t.giveBack()
		return turn{}, err
	}
	return t, nil
}

// pause is how long the holder of the only turn waits: not at all after the
// first setback, then full jitter below a bound that doubles. It also reports
// whether caution is still on, and tells the holder whether to probe.
func (c *caution) pause(t *turn) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.suspicious = c.doubtful || c.setbacks > 1
	if on := c.on.Load(); !on || c.setbacks < 2 {
		return 0, on
	}
	return rand.N(min(firstBackOff<<min(c.setbacks-2, 10), longestBackOff)), true
}

// stands reports whether the turn still counts: one that was taken before
// caution began does not.
func (t turn) stands() bool { return t.alone || !t.caution.on.Load() }

// giveBack ends a turn in which nothing was sent.
func (t turn) giveBack() {
	if t.alone {
		t.caution.turn <- struct{}{}
	}
}

// done ends a turn with what came of it. What was in flight when caution began
// adds nothing to it.
func (t turn) done(class intercom.Class) {
	c := t.caution
	if class == intercom.Sent && !t.alone { // as it should be, or it left before
		return
	}
	c.mu.Lock()
	switch {
	case class == intercom.Sent:
		c.on.Store(false)
		c.setbacks, c.doubtful = 0, false
	case class == intercom.Refused && t.alone: // the API is there
		c.setbacks, c.doubtful = 1, false
	case class != intercom.Unknown && class != intercom.NotSent:
	case !c.on.Load():
		c.begin()
		c.doubtful = class == intercom.NotSent
	case t.alone:
		c.setbacks++
	}
	c.mu.Unlock()
	t.giveBack()
}

// suspect begins caution without a setback: something says that the API may
// not be reached.
func (c *caution) suspect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on.Load() {
		c.begin()
	}
	c.doubtful = true
}

func (c *caution) begin() {
	if c.turn == nil {
		c.turn = make(chan struct{}, 1)
		c.turn <- struct{}{}
	}
	c.setbacks = 1
	c.on.Store(true)
}
