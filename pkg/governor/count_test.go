package governor

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A count that keeps every time by itself agrees with the one in ticks, to the
// tick.
func TestCountAgreesWithAList(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	start := time.Unix(1_800_000_000, 0)
	c, now := count{start: start}, start
	var answered []time.Time
	between := func(from, to time.Duration) (n int) {
		for _, a := range answered {
			if age := now.Sub(a); age >= from && age < to {
				n++
			}
		}
		return n
	}
	for range 2_000 {
		now = now.Add(time.Duration(r.Int64N(int64(pick(r, time.Millisecond, 20*time.Millisecond, 50*time.Millisecond)))))
		if r.IntN(200) == 0 {
			now = now.Add(time.Duration(r.Int64N(int64(3 * Window))))
		}
		c.advance(now)
		answered = slices.DeleteFunc(answered, func(a time.Time) bool { return now.Sub(a) > Window+3*time.Second })
		if least, most := between(0, Window), between(0, Window+tick); c.taken() < least || c.taken() > most {
			t.Fatalf("%d taken, want %d to %d", c.taken(), least, most)
		}
		ago := time.Duration(r.Int64N(int64(Window + 1900*time.Millisecond)))
		if least, most := between(0, ago), between(0, ago+2*tick); c.since(now.Add(-ago)) < least || c.since(now.Add(-ago)) > most {
			t.Fatalf("%d since %v, want %d to %d", c.since(now.Add(-ago)), ago, least, most)
		}
		for range r.IntN(3) {
			c.linger(now)
			answered = append(answered, now)
		}
	}
}

func TestSeedIsNoFreshWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		var times []time.Time
		for i := range 90 {
			times = append(times, now.Add(-time.Duration(i)*100*time.Millisecond).Round(0))
		}
		times = append(times, now.Add(-Window), now.Add(-time.Hour), time.Time{})             // long ago
		times = append(times, now.Add(time.Hour), now.Add(10*time.Second).Round(0), now, now) // now
		g := New(Options{Rate: 100})
		g.Seed(times)
		if n := g.Status().UsedByUs; n != 94 {
			t.Fatalf("%d places taken, want 94", n)
		}
		m := &model{limit: 1667}
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		(&crew{g: g, m: m, workers: 64}).run(ctx)
		if len(m.spans) != 6 {
			t.Errorf("%d requests were admitted beside 94 of 100", len(m.spans))
		}
	})
}

// A process that is killed leaves requests behind of which nobody knows when
// they arrived.
func TestKilledAndStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		m := &model{limit: 167, there: around(100 * time.Millisecond), back: around(100 * time.Millisecond)}
		for range 30 {
			ctx, kill := context.WithCancel(t.Context())
			c := &crew{g: New(Options{Rate: 100}), m: m, workers: 64}
			var seed []time.Time
			m.mu.Lock()
			for _, s := range m.spans {
				if s.answered.IsZero() {
					s.answered = time.Now()
				}
				seed = append(seed, s.answered)
			}
			m.mu.Unlock()
			c.g.Seed(seed)
			go c.run(ctx)
			time.Sleep(time.Duration(r.Int64N(int64(8 * time.Second))))
			kill()
		}
		time.Sleep(time.Second)
		m.fullest(t, func(time.Time) int { return 100 })
		if m.refused > 0 {
			t.Errorf("%d answers of 429", m.refused)
		}
	})
}

func TestWhoIsLateAsksForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{limit: 1667}
		g := New(Options{Rate: 10})
		transport := g.Transport(m)
		post := func() error {
			_, err := transport.RoundTrip(request(http.MethodPost, "/messages"))
			return err
		}
		if err := g.Pace(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(keptFor) // the disk stalls
		for range 9 {
			if err := g.Pace(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := post(); err != nil {
				t.Fatal(err)
			}
		}
		if err := post(); err != nil { // the tenth place
			t.Fatal(err)
		}
		start := time.Now()
		if err := post(); !errors.Is(err, ErrFull) || time.Since(start) != admitWait {
			t.Errorf("an eleventh request: %v after %v", err, time.Since(start))
		}
		// A GET holds no claim and waits for its place.
		if _, err := transport.RoundTrip(request(http.MethodGet, "/me")); err != nil || len(m.spans) != 11 {
			t.Errorf("GET /me: %v", err)
		}
		m.fullest(t, func(time.Time) int { return 10 })
	})
}

func TestWhatWasNotSentNeedsNoPlace(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{{errDial, 0}, {context.DeadlineExceeded, 1}} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Options{Rate: 10})
			m := &model{limit: 10, fault: func() error { return test.err }}
			if _, err := g.Transport(m).RoundTrip(request(http.MethodGet, "/me")); !errors.Is(err, test.err) {
				t.Fatal(err)
			}
			if n := g.Status().UsedByUs; n != test.want {
				t.Errorf("%v: %d places taken, want %d", test.err, n, test.want)
			}
			time.Sleep(Window + tick)
			if n := g.Status().UsedByUs; n != 0 {
				t.Errorf("%v: %d places taken a window later", test.err, n)
			}
		})
	}
}

func TestPanicKeepsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 10})
		func() {
			defer func() { _ = recover() }()
			g.Transport(panics{}).RoundTrip(request(http.MethodPost, "/messages"))
		}()
		if g.count.inFlight != 0 || g.count.taken() != 1 {
			t.Errorf("%d in flight, %d taken", g.count.inFlight, g.count.taken())
		}
	})
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("in the transport") }

// A place that is kept for a request is nobody else's.
func TestKeptPlaceIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, m := New(Options{Rate: 30}), &model{limit: 1667}
		start := time.Now()
		for range 29 {
			g.count.linger(start)
		}
		if err := g.Pace(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), keptFor-1)
		defer cancel()
		if err := g.Pace(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second Pace: %v after %v", err, time.Since(start))
		}
		if _, err := g.Transport(m).RoundTrip(request(http.MethodPost, "/messages")); err != nil {
			t.Error(err)
		}
	})
}

// A limit that shrinks applies to those who hold a claim, too.
func TestKeptPlaceAfterTheLimitShrank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, m := New(Options{Share: 1}), &model{limit: 1667}
		g.setLimit(1667)
		for range 40 {
			if err := g.Pace(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		g.setLimit(10)
		m.limit = 10
		transport := g.Transport(m)
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if _, err := transport.RoundTrip(request(http.MethodPost, "/messages")); err != nil && !TurnedBack(err) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(m.spans); n != 10 {
			t.Errorf("%d requests were sent, want 10", n)
		}
	})
}
