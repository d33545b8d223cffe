package governor

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateHoldsAllBackUntilReset(t *testing.T) {
	tests := []struct {
		name     string
		damage   func(http.Header)
		min, max time.Duration // from the 429 to the next arrival
	}{
		{"reset", func(h http.Header) { h.Set("X-RateLimit-Reset", unix(time.Now(), 4*time.Second)) }, 3 * time.Second, 5 * time.Second},
		{"clock 5 minutes ahead", func(h http.Header) {
			h.Set("Date", date(time.Now(), 5*time.Minute))
			h.Set("X-RateLimit-Reset", unix(time.Now(), 5*time.Minute+4*time.Second))
		}, 3 * time.Second, 5 * time.Second},
		{"retry after seconds", func(h http.Header) { clear(h); h.Set("Retry-After", "6") }, 6 * time.Second, 7 * time.Second},
		{"retry after a date", func(h http.Header) { h.Del("X-RateLimit-Reset"); h.Set("Retry-After", date(time.Now(), 6*time.Second)) }, 5 * time.Second, 7 * time.Second},
		{"nothing", func(h http.Header) { clear(h) }, firstPause, firstPause + 2*time.Second},
		{"reset an hour ahead", func(h http.Header) { h.Set("X-RateLimit-Reset", unix(time.Now(), time.Hour)) }, firstPause, firstPause + 2*time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &model{limit: 1667}
				c := &crew{g: New(Options{Rate: 100}), m: m, workers: 64}
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				var closed time.Time
				time.AfterFunc(5*time.Second, func() {
					m.mu.Lock()
					closed, m.storm, m.damage = time.Now(), true, test.damage
					m.mu.Unlock()
				})
				time.AfterFunc(5*time.Second+150*time.Millisecond, func() {
					m.mu.Lock()
					m.storm, m.damage = false, nil
					m.mu.Unlock()
				})
				c.run(ctx)
				if m.refused == 0 || m.refused > 2 {
					t.Fatalf("%d answers of 429", m.refused)
				}
				if c.g.Status().Throttled != m.refused {
					t.Errorf("status: %+v", c.g.Status())
				}
				later := m.between(closed.Add(200*time.Millisecond), closed.Add(test.min))
				soon := m.between(closed.Add(test.min), closed.Add(test.max+200*time.Millisecond))
				if later > 0 || soon == 0 {
					t.Errorf("%d requests before %v, %d before %v", later, test.min, soon, test.max)
				}
			})
		})
	}
}

func TestSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667, storm: true}
		c := &crew{g: New(Options{Rate: 1000}), m: m, workers: 64}
		m.damage = func(h http.Header) { clear(h); h.Set("Retry-After", "3") }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		time.AfterFunc(time.Second, func() { m.mu.Lock(); m.storm, m.damage = false, nil; m.mu.Unlock() })
		c.run(ctx)
		open := c.g.Status().Until
		first := m.between(open, open.Add(500*time.Millisecond))
		whole := m.between(open.Add(3*time.Second), open.Add(4*time.Second))
		if first > 20 || whole < 95 {
			t.Errorf("%d in the first half second, %d in the fourth second", first, whole)
		}
	})
}

func TestResourceBacksOffAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667, storm: true, code: "too_many_requests"}
		g := New(Options{})
		transport := g.Transport(m)
		if err := g.Pace(t.Context()); err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(request(http.MethodPost, "/messages"))
		if err != nil || resp.StatusCode != http.StatusTooManyRequests {
			t.Fatal(resp, err)
		}
		if body := readAll(t, resp); !strings.HasSuffix(body, `"slow down"}]}`) {
			t.Errorf("the body is no longer whole: %q", body)
		}
		m.storm = false
		if _, err := transport.RoundTrip(request(http.MethodPost, "/messages")); !errors.Is(err, ErrGateClosed) || !TurnedBack(err) {
			t.Errorf("a message: %v", err)
		}
		start := time.Now()
		for _, r := range []*http.Request{request(http.MethodGet, "/me"), request(http.MethodPost, "/contacts/search")} {
			if _, err := transport.RoundTrip(r); err != nil || time.Since(start) > 0 {
				t.Errorf("%s: %v after %v", r.URL.Path, err, time.Since(start))
			}
		}
		if s := g.Status(); s.Cause != ResourceThrottled {
			t.Errorf("status: %+v", s)
		}
		if err := g.Pace(t.Context()); err != nil || time.Since(start) < firstPause {
			t.Errorf("Pace: %v after %v", err, time.Since(start))
		}
	})
}

func TestBackOffGrowsAndCalms(t *testing.T) {
	var g gate
	now := time.Now()
	last := time.Duration(0)
	for range 6 {
		now = now.Add(time.Millisecond)
		g.close(now, now, 0)
		pause := g.until.Sub(now)
		if pause < min(2*last, Window)-2*jitter || pause > Window+jitter {
			t.Errorf("pause of %v after %v", pause, last)
		}
		was := g.until
		g.close(now, now, 0) // the rest of the burst
		if g.until != was {
			t.Error("answers of one burst add up")
		}
		last, now = pause, g.until
		g.close(now, g.closed, 0) // the last of the burst, long under way
		if g.until != was {
			t.Error("an answer to a request from before the gate closed closes it again")
		}
	}
	g.calm(g.closed)
	g.close(now.Add(1), now.Add(1), 0)
	if pause := g.until.Sub(now); pause < Window {
		t.Errorf("pause of %v: a request from before the gate closed calmed it", pause)
	}
	now = g.until
	g.calm(now)
	g.close(now, now, 0)
	if pause := g.until.Sub(now); pause > firstPause+jitter {
		t.Errorf("pause of %v after a request was let in", pause)
	}
}

func TestMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667, storm: true, damage: func(h http.Header) { clear(h) }}
		c := &crew{g: New(Options{MaxWait: time.Minute}), m: m, workers: 64}
		start := time.Now()
		c.run(t.Context())
		wait, ok := errors.AsType[*WaitError](c.failed)
		if !ok || wait.Cause != Throttled || wait.Waited+wait.Wait <= time.Minute {
			t.Errorf("Pace: %v", c.failed)
		}
		if took := time.Since(start); took < 45*time.Second || took > 61*time.Second {
			t.Errorf("gave up after %v", took)
		}
		c.g.window.until = time.Now().Add(2 * time.Minute)
		if _, err := c.g.Transport(m).RoundTrip(request(http.MethodGet, "/me")); !errors.As(err, new(*WaitError)) {
			t.Errorf("GET /me: %v", err)
		}
	})
}

func TestWaitsThatEndedWellDoNotAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667}
		c := &crew{g: New(Options{Rate: 100, MaxWait: 15 * time.Second}), m: m, workers: 8}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		go func() {
			tick := time.NewTicker(10 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					m.mu.Lock()
					m.storm = !m.storm
					m.mu.Unlock()
				case <-ctx.Done():
					return
				}
			}
		}()
		c.run(ctx)
		if c.failed != nil {
			t.Error(c.failed)
		}
		if w := c.g.Status().Waits[Throttled]; w < time.Minute {
			t.Errorf("waited %v only", w)
		}
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667}
		c := &crew{g: New(Options{Rate: 100, MaxWait: time.Second}), m: m, workers: 8}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		time.AfterFunc(time.Minute, c.g.Pause)
		time.AfterFunc(9*time.Minute, c.g.Resume)
		c.run(ctx)
		if n := m.between(start.Add(time.Minute+1), start.Add(9*time.Minute)); n > 0 {
			t.Errorf("%d requests in a pause", n)
		}
		if n := m.between(start.Add(9*time.Minute), start.Add(10*time.Minute)); n < 6*98 || c.failed != nil {
			t.Errorf("%d requests in the minute after; %v", n, c.failed)
		}
		if s := c.g.Status(); s.Waits[Paused] != 8*time.Minute || s.Paused {
			t.Errorf("status: %+v", s)
		}
	})
}
