package governor

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// The pauses after a 429 that names none: doubled each time, up to a window.
const (
	firstPause = time.Second
	jitter     = 250 * time.Millisecond
)

// A gate is open, or closed for everybody until a point in time. The zero
// value is open.
type gate struct {
	mu    sync.Mutex
	until time.Time
	again time.Duration // the last pause that nobody named
}

func (g *gate) opens() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}

func (g *gate) open() bool { return !time.Now().Before(g.opens()) }

// close closes the gate for pause, and a little more so that a second counted
// from a rounded clock is over. Without a pause it backs off. Answers of one
// burst don't add up: those that come while it is closed only extend it.
func (g *gate) close(pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if pause == 0 {
		if now.Before(g.until) {
			return
		}
		g.again = min(max(2*g.again, firstPause), Window)
		pause = g.again
	}
	if until := now.Add(pause + rand.N(jitter)); until.After(g.until) {
		g.until = until
	}
}

// calm notes an answer other than 429.
func (g *gate) calm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.again = 0
}

// wait returns when the gate is open, or with the context's error.
func (g *gate) wait(ctx context.Context) error {
	for !g.open() {
		timer := time.NewTimer(time.Until(g.opens()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return ctx.Err()
}
