package governor

import (
	"context"
	"time"
)

// Pace returns when the caller may claim a row and send one request. It fails
// with the context's error or a *WaitError. Callers are served in their order,
// and should send soon: a place is kept for a request for 5 seconds.
func (g *Governor) Pace(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.queued.Load() == 0 {
		if v := g.next(); v.wait == 0 {
			return v.err
		}
	}
	g.queued.Add(1)
	defer g.queued.Add(-1)
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.turn }()
	return g.await(ctx)
}

// await waits for the next request's turn. The caller has the turn at waiting.
func (g *Governor) await(ctx context.Context) error {
	for {
		v := g.next()
		if v.wait == 0 {
			return v.err
		}
		began := time.Now()
		g.timer.Reset(v.wait)
		select {
		case <-g.timer.C:
		case <-g.wake:
		case <-ctx.Done():
		}
		g.timer.Stop()
		g.waited(v.cause, time.Since(began))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// A verdict lets a request go, fails it, or says how long to wait and why.
type verdict struct {
	wait  time.Duration // 0: don't
	cause Cause
	err   error
}

// next lets one request go if it may: it takes a token, and sets a place aside.
func (g *Governor) next() verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.count.advance(now)
	if g.paused {
		return verdict{wait: time.Hour, cause: Paused} // Resume wakes
	}
	if v := g.barred(now, g.paths.until()); v.wait > 0 || v.err != nil {
		return v
	}
	if wait := g.scarce(now); wait > 0 {
		return verdict{wait: wait, cause: Others}
	}
	if v := g.token(now); v.wait > 0 {
		return v
	}
	g.others.leaves()
	g.count.setAside(now)
	return verdict{}
}

// token takes a token if one is due and there is a place for its request.
func (g *Governor) token(now time.Time) verdict {
	full := g.setRate(now)
	due := g.pacer.due(now)
	switch {
	case due.After(now) && !full:
		return verdict{wait: min(due.Sub(now), rampStep), cause: Pacing} // till it grows
	case due.After(now):
		return verdict{wait: due.Sub(now), cause: Pacing}
	case g.count.taken()+g.asking >= g.limit.places:
		return verdict{wait: g.count.nextFree(now), cause: Full}
	case !g.pacer.take(due):
		return verdict{wait: time.Microsecond, cause: Pacing}
	}
	return verdict{}
}

// barred says how long the API wants everybody to wait: for the window, for
// others, or until the caller's resource is open.
func (g *Governor) barred(now, resource time.Time) verdict {
	v := verdict{wait: g.window.until.Sub(now), cause: Throttled}
	if d := resource.Sub(now); d > v.wait {
		v = verdict{wait: d, cause: ResourceThrottled}
	}
	if d := g.others.wait(now); d > v.wait {
		v = verdict{wait: d, cause: Others}
	}
	if v.wait <= 0 {
		return verdict{}
	}
	if g.tally.stalled+v.wait > g.maxWait {
		return verdict{err: &WaitError{Cause: v.cause, Waited: g.tally.stalled, Wait: v.wait, Max: g.maxWait}}
	}
	return v
}

// notify wakes who has the turn, to look again.
func (g *Governor) notify() {
	if g.queued.Load() == 0 {
		return
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// waited notes how long who has the turn waited for one cause.
func (g *Governor) waited(cause Cause, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tally.waits[cause] += d
	if cause == Throttled || cause == ResourceThrottled || cause == Others {
		g.tally.stalled += d
	}
}
