package governor

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// How a model's windows begin.
type style int

const (
	aligned  style = iota // at multiples of a window
	anchored              // with the first request after the last one's end
	sliding               // none: the last 10 s count
)

// A model is an API that counts exactly, without a network. Its fields below
// mu may be changed under it while requests are under way.
type model struct {
	style style
	// there and back are what a request and its answer take; nil is no time.
	there, back func() time.Duration

	mu     sync.Mutex
	limit  int
	skew   time.Duration     // of its clock
	damage func(http.Header) // to headers
	fault  func() error      // to connections
	storm  bool              // answers 429 whatever the count
	code   string            // of those

	end     time.Time
	count   int
	past    []time.Time // sliding: let in
	foreign int         // let in for others
	spans   []*span
	told    []telling
	refused int // 429s
}

// A span is when a request was admitted and answered. It arrived between, if it
// was sent.
type span struct {
	admitted, arrived, answered time.Time
	unsent                      bool
}

// A telling is when which limit was told.
type telling struct {
	at    time.Time
	limit int
}

// take lets a request in if the window has room.
func (m *model) take(now time.Time) (in bool, remaining int, reset time.Time) {
	if m.style == sliding {
		for len(m.past) > 0 && now.Sub(m.past[0]) >= Window {
			m.past = m.past[1:]
		}
		if in = len(m.past) < m.limit; in {
			m.past = append(m.past, now)
		}
		return in, max(0, m.limit-len(m.past)), m.past[0].Add(Window)
	}
	if !now.Before(m.end) {
		m.count, m.end = 0, now.Add(Window)
		if m.style == aligned {
			m.end = now.Truncate(Window).Add(Window)
		}
	}
	if in = m.count < m.limit; in {
		m.count++
	}
	return in, max(0, m.limit-m.count), m.end
}

// others lets another client use the budget, as fast as perSecond, until ctx
// ends.
func (m *model) others(ctx context.Context, perSecond float64) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.mu.Lock()
			if in, _, _ := m.take(time.Now()); in {
				m.foreign++
			}
			m.mu.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	s := &span{admitted: time.Now()}
	m.mu.Lock()
	m.spans = append(m.spans, s)
	fault := m.fault
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if s.answered.IsZero() {
			s.answered = time.Now()
		}
	}()
	if fault != nil {
		if err := fault(); err != nil {
			m.mu.Lock()
			s.unsent = err == errDial
			m.mu.Unlock()
			return nil, err
		}
	}
	pass(m.there)
	m.mu.Lock()
	s.arrived = time.Now()
	resp := m.answer(s.arrived)
	m.mu.Unlock()
	pass(m.back)
	m.tell(resp)
	return resp, nil
}

// pass lets virtual time pass.
func pass(d func() time.Duration) {
	if d != nil {
		time.Sleep(d())
	}
}

func (m *model) tell(resp *http.Response) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Limit")); err == nil && n > 0 && n <= maxLimit {
		m.told = append(m.told, telling{time.Now(), n})
	}
}

func (m *model) answer(now time.Time) *http.Response {
	in, remaining, reset := m.take(now)
	in = in && !m.storm
	h := http.Header{}
	h.Set("Date", now.Add(m.skew).UTC().Format(http.TimeFormat))
	h.Set("X-RateLimit-Limit", strconv.Itoa(m.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Add(m.skew+time.Second-1).Unix(), 10))
	if m.damage != nil {
		m.damage(h)
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: h, Body: http.NoBody}
	if !in {
		m.refused++
		code := m.code
		if code == "" {
			code = "rate_limit_exceeded"
		}
		resp.StatusCode = http.StatusTooManyRequests
		resp.Body = io.NopCloser(strings.NewReader(
			`{"type":"error.list","request_id":null,"errors":[{"code":"` + code + `","message":"slow down"}]}`))
	}
	return resp
}

// between returns how many requests arrived in [from, to).
func (m *model) between(from, to time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.spans {
		if !s.arrived.Before(from) && s.arrived.Before(to) {
			n++
		}
	}
	return n
}

// fullest returns the most requests that can have arrived in one sliding window
// if each arrived at the worst moment between its admission and its answer. It
// fails the test where that is more than allowed for that moment.
func (m *model) fullest(t *testing.T, allowed func(time.Time) int) int {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	spans := slices.DeleteFunc(slices.Clone(m.spans), func(s *span) bool { return s.unsent })
	slices.SortFunc(spans, func(a, b *span) int { return a.admitted.Compare(b.admitted) })
	ends := make([]time.Time, len(spans))
	for i, s := range spans {
		ends[i] = s.answered
		if s.answered.IsZero() {
			ends[i] = s.admitted.Add(1000 * time.Hour)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	most, over := 0, 0
	for i, s := range spans {
		for over < len(ends) && !ends[over].Add(Window).After(s.admitted) {
			over++
		}
		n := i + 1 - over
		most = max(most, n)
		if a := allowed(s.admitted); n > a {
			t.Fatalf("%v after the start, %d requests can have arrived in one window: %d are allowed",
				s.admitted.Sub(spans[0].admitted), n, a)
		}
	}
	return most
}

// knows returns what a governor may admit at a moment, by what it was told till
// then; of that very moment either may come first.
func (m *model) knows(o Options) func(time.Time) int {
	g := New(o)
	i := 0
	return func(at time.Time) int {
		for i+1 < len(m.told) && m.told[i+1].at.Before(at) {
			i++
		}
		best := 0
		for _, tell := range m.told[min(i, len(m.told)):] {
			if tell.at.After(at) {
				break
			}
			best = max(best, int(g.effective(tell.limit)))
		}
		if i == 0 && (len(m.told) == 0 || !m.told[0].at.Before(at)) {
			best = max(best, int(g.effective(0)))
		}
		return max(1, best)
	}
}

// A crew is a number of workers that send through one governor.
type crew struct {
	g       *Governor
	m       *model
	workers int
	claim   func() // what happens between Pace and the request
	failed  error  // of Pace, but for its context's
	mu      sync.Mutex
}

func (c *crew) run(ctx context.Context) {
	transport := c.g.Transport(c.m)
	var wg sync.WaitGroup
	for range c.workers {
		wg.Go(func() {
			for {
				if err := c.g.Pace(ctx); err != nil {
					c.fail(ctx, err)
					return
				}
				if c.claim != nil {
					c.claim()
				}
				c.send(ctx, transport)
			}
		})
	}
	wg.Wait()
}

func (c *crew) fail(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() == nil {
		c.failed = err
	}
}

// send sends one request, under no context that ends, as herald does.
func (c *crew) send(ctx context.Context, transport http.RoundTripper) {
	resp, err := transport.RoundTrip(request(http.MethodPost, "/messages"))
	switch {
	case err == nil:
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	case !TurnedBack(err):
		select { // a backoff
		case <-ctx.Done():
		case <-time.After(rand.N(time.Second)):
		}
	}
}

func request(method, path string) *http.Request {
	r, _ := http.NewRequest(method, "http://sandbox.invalid"+path, nil)
	return r
}

var errDial error = &net.OpError{Op: "dial", Err: errors.New("connection refused")}

// around returns times of mean d, spread by as much as d/2 to either side.
func around(d time.Duration) func() time.Duration {
	return func() time.Duration { return d/2 + rand.N(d+1) }
}
