package governor

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A server answers requests without a network and keeps when they came.
type server struct {
	mu      sync.Mutex
	arrived []time.Time
	answer  func(n int) (status int, header http.Header)
}

func (s *server) RoundTrip(*http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.arrived = append(s.arrived, time.Now())
	n := len(s.arrived)
	s.mu.Unlock()
	status, header := http.StatusOK, http.Header{}
	if s.answer != nil {
		status, header = s.answer(n)
	}
	return &http.Response{StatusCode: status, Header: header, Body: http.NoBody}, nil
}

// most returns the fullest sliding window.
func (s *server) most(window time.Duration) int {
	most, first := 0, 0
	for i := range s.arrived {
		for s.arrived[i].Sub(s.arrived[first]) >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// send lets workers send until ctx ends and returns how many were turned back.
func send(ctx context.Context, g *Governor, s *server, workers int) (turnedBack int) {
	transport := g.Transport(s)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for g.Pace(ctx) == nil {
				r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://sandbox.invalid/messages", nil)
				if _, err := transport.RoundTrip(r); errors.Is(err, ErrGateClosed) {
					mu.Lock()
					turnedBack++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return turnedBack
}

func TestRateIsSharedByAllWorkers(t *testing.T) {
	for _, workers := range []int{1, 7, 256} {
		synctest.Test(t, func(t *testing.T) {
			g, s := New(Options{Rate: 100}), &server{}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			send(ctx, g, s, workers)
			if most := s.most(Window); most > 100 {
				t.Errorf("%d workers: %d requests in a window of 100", workers, most)
			}
			if n := len(s.arrived); n < 6*97 {
				t.Errorf("%d workers: only %d requests in 60 s at 100/10s", workers, n)
			}
		})
	}
}

func TestGateHoldsAllBackUntilReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const closedAt = 30
		reset := 4 * time.Second
		g, s := New(Options{Rate: 100}), &server{}
		s.answer = func(n int) (int, http.Header) {
			if n != closedAt {
				return http.StatusOK, http.Header{}
			}
			return http.StatusTooManyRequests, http.Header{
				"Date":              {time.Now().UTC().Format(http.TimeFormat)},
				"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(reset).Unix(), 10)},
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		send(ctx, g, s, 64)
		pause := s.arrived[closedAt].Sub(s.arrived[closedAt-1])
		if pause < reset-time.Second || pause > reset+2*time.Second {
			t.Errorf("the request after the 429 came %v later; the window reset after %v", pause, reset)
		}
		if g.Status().Throttled != 1 {
			t.Errorf("status: %+v", g.Status())
		}
	})
}

func TestRequestAtAClosedGateIsTurnedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := New(Options{Rate: 100}), &server{}
		g.gate.close(5 * time.Second)
		r, _ := http.NewRequest(http.MethodPost, "http://sandbox.invalid/messages", nil)
		if _, err := g.Transport(s).RoundTrip(r); !errors.Is(err, ErrGateClosed) || len(s.arrived) != 0 {
			t.Errorf("err %v, %d arrived", err, len(s.arrived))
		}
	})
}

func TestPaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 1})
		g.gate.close(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if err := g.Pace(ctx); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("Pace returned %v after %v", err, time.Since(start))
		}
	})
}

func TestBackOffWithoutHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		last := time.Duration(0)
		for range 6 {
			g.close(0)
			pause := time.Until(g.opens())
			if pause < min(2*last, Window)-2*jitter || pause > Window+jitter {
				t.Errorf("pause of %v after %v", pause, last)
			}
			last = pause
			if err := g.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		g.calm()
		g.close(0)
		if pause := time.Until(g.opens()); pause > firstPause+jitter {
			t.Errorf("pause of %v after a good answer", pause)
		}
	})
}

func TestEffective(t *testing.T) {
	tests := []struct {
		options Options
		limit   int
		want    float64
	}{
		{Options{}, 0, DefaultRate},
		{Options{}, 1667, AutoShare * 1667},
		{Options{Share: 0.5}, 1000, 500},
		{Options{Rate: 100}, 0, 100},
		{Options{Rate: 100}, 1667, 100},
		{Options{Rate: 5000}, 1667, 1667},
		{Options{Rate: 5000, Share: 0.5}, 1000, 500},
	}
	for _, test := range tests {
		g := New(test.options)
		g.setLimit(test.limit)
		if got := g.Status().Effective; math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%+v with a limit of %d: %v, want %v", test.options, test.limit, got, test.want)
		}
	}
}

func TestReadHeaders(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	unix := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		name   string
		header http.Header
		want   headers
	}{
		{"none", http.Header{}, headers{}},
		{"all", http.Header{"X-Ratelimit-Limit": {"167"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {unix(7 * time.Second)}},
			headers{limit: 167, hasRemaining: true, pause: 7 * time.Second}},
		{"their clock is 5 minutes ahead", http.Header{"Date": {date(5 * time.Minute)}, "X-Ratelimit-Reset": {unix(5*time.Minute + 3*time.Second)}},
			headers{pause: 3 * time.Second}},
		{"limit 0", http.Header{"X-Ratelimit-Limit": {"0"}}, headers{}},
		{"absurd limit", http.Header{"X-Ratelimit-Limit": {"99999999"}}, headers{}},
		{"reset in the past", http.Header{"X-Ratelimit-Reset": {unix(-time.Minute)}}, headers{}},
		{"reset in an hour", http.Header{"X-Ratelimit-Reset": {unix(time.Hour)}}, headers{}},
		{"not numbers", http.Header{"X-Ratelimit-Limit": {"many"}, "X-Ratelimit-Remaining": {"-3"}, "X-Ratelimit-Reset": {"soon"}}, headers{}},
		{"retry after seconds", http.Header{"Retry-After": {"12"}}, headers{pause: 12 * time.Second}},
		{"retry after a date", http.Header{"Retry-After": {date(9 * time.Second)}}, headers{pause: 9 * time.Second}},
		{"reset before retry after", http.Header{"X-Ratelimit-Reset": {unix(2 * time.Second)}, "Retry-After": {"12"}}, headers{pause: 2 * time.Second}},
		{"retry after an absurd time", http.Header{"Retry-After": {"99999999999999"}}, headers{}},
	}
	for _, test := range tests {
		if got := readHeaders(test.header, now); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
