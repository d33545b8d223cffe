package governor

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitAppliesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 100, style: sliding}
		c := &crew{g: New(Options{Share: 1}), m: m, workers: 64}
		c.g.Transport(m).RoundTrip(request(http.MethodGet, "/me"))
		ctx, cancel := context.WithTimeout(t.Context(), 5*Window)
		defer cancel()
		start := time.Now()
		set := func(limit int) func() { return func() { m.mu.Lock(); m.limit = limit; m.mu.Unlock() } }
		time.AfterFunc(2*Window, set(1000))
		time.AfterFunc(3*Window, set(50))
		c.run(ctx)
		if n := m.between(start.Add(2*Window+time.Second), start.Add(2*Window+2*time.Second)); n < 98 || n > 101 {
			t.Errorf("%d requests a second after the limit grew to 100 a second", n)
		}
		// All places of the next window are taken, so the first goes out after it.
		if n := m.between(start.Add(3*Window+200*time.Millisecond), start.Add(4*Window-time.Second)); n > 0 {
			t.Errorf("%d requests after the limit shrank below what had been sent", n)
		}
		if n := m.between(start.Add(4*Window), start.Add(5*Window)); n < 40 || n > 50 {
			t.Errorf("%d requests in the window after that", n)
		}
		m.fullest(t, m.knows(Options{Share: 1}))
	})
}

func TestLimitThatIsNoLongerTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667}
		g := New(Options{})
		me := func() float64 {
			if _, err := g.Transport(m).RoundTrip(request(http.MethodGet, "/me")); err != nil {
				t.Fatal(err)
			}
			return g.Status().Effective
		}
		told := me()
		m.damage = func(h http.Header) { clear(h) }
		time.Sleep(staleAfter - time.Second)
		if got := me(); got != told {
			t.Errorf("%v after a while without headers, want %v", got, told)
		}
		time.Sleep(2 * time.Second)
		if got := me(); got != DefaultRate {
			t.Errorf("%v after a long while without headers, want %v", got, DefaultRate)
		}
	})
}

// A header that says all is used up, while everything is let in, can slow a run
// down; it can't stop it.
func TestRemainingThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 167, damage: func(h http.Header) { h.Set("X-RateLimit-Remaining", "0") }}
		c := &crew{g: New(Options{}), m: m, workers: 8}
		ctx, cancel := context.WithTimeout(t.Context(), 40*Window)
		defer cancel()
		c.run(ctx)
		if n := len(m.spans); n < 40*133/3 {
			t.Errorf("%d requests in 40 windows", n)
		}
		if c.failed != nil {
			t.Error(c.failed)
		}
	})
}

func TestUsedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667}
		c := &crew{g: New(Options{Rate: 200}), m: m, workers: 64}
		ctx, cancel := context.WithTimeout(t.Context(), 5*Window)
		defer cancel()
		go m.others(ctx, 100)
		c.run(ctx)
		s := c.g.Status()
		if s.UsedByOthers < 900 || s.UsedByOthers > 1000 || s.UsedByUs > 200 {
			t.Errorf("used by us %d of 200, by others %d of 1000", s.UsedByUs, s.UsedByOthers)
		}
	})
}
