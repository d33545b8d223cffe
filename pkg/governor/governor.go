// Package governor decides when a request may leave, for all workers and all
// kinds of calls together.
//
// A worker calls [Governor.Pace] before it claims a row, and waits there for
// its turn: one shared token bucket, burst 1, whatever the number of workers.
// Every request then passes the transport that [Governor.Transport] wraps
// around the client's, which reads the rate-limit headers of each answer. When
// an answer says 429, the transport closes one gate for everybody until the
// window resets: Pace waits behind it, and a request that comes to a closed
// gate is turned back with [ErrGateClosed] before anything is written.
//
// A limit is N requests a window of ten seconds; what a campaign may use is
//
//	effective = min(rate, share × the API's limit)
//
// and the bucket's rate is (effective−1)/window, so that a window never holds
// more than the effective number, the burst included.
package governor

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Window is the period in which the API counts requests.
const Window = 10 * time.Second

// DefaultRate is how many requests a window go out when neither the campaign
// nor the API says a number: just under the 167 that a restricted workspace
// is allowed.
const DefaultRate = 160

// AutoShare is the part of the API's limit used when the campaign names
// neither rate nor share: others use the budget too.
const AutoShare = 0.8

// ErrGateClosed says that a request was turned back, before any of it was
// written, because the API asked for a pause.
var ErrGateClosed = errors.New("the API asked for a pause")

// Options say how fast a campaign may be. The zero value is `rate: auto`.
type Options struct {
	// Rate is requests per Window, 0 for what the API allows.
	Rate float64
	// Share is the part, above 0 and at most 1, of the API's limit that may be
	// used. 0 is AutoShare without a Rate and 1 with one.
	Share float64
}

// A Governor paces requests. Its methods may be called by many goroutines.
type Governor struct {
	options Options
	bucket  *rate.Limiter
	gate    gate

	mu    sync.Mutex
	state Status
}

// A Status is what a governor knows.
type Status struct {
	Limit     int       // the API's limit per Window, 0 if it has not said
	Remaining int       // of that, as the last answer said
	Effective float64   // requests per Window that may leave
	Throttled int       // answers of 429 so far
	Until     time.Time // when the gate opens; in the past if it is open
}

// New returns a governor.
func New(o Options) *Governor {
	g := &Governor{options: o, bucket: rate.NewLimiter(0, 1)}
	g.setLimit(0)
	return g
}

// Status returns what the governor knows now.
func (g *Governor) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.state
	s.Until = g.gate.opens()
	return s
}

// setLimit takes over the API's limit, 0 if there is none.
func (g *Governor) setLimit(limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	effective := g.effective(limit)
	if limit == g.state.Limit && effective == g.state.Effective {
		return
	}
	g.state.Limit, g.state.Effective = limit, effective
	g.bucket.SetLimit(perSecond(effective))
}

func (g *Governor) effective(limit int) float64 {
	share := g.options.Share
	switch {
	case share == 0 && g.options.Rate == 0:
		share = AutoShare
	case share == 0:
		share = 1
	}
	switch {
	case limit == 0 && g.options.Rate == 0:
		return DefaultRate
	case limit == 0:
		return g.options.Rate
	case g.options.Rate == 0:
		return share * float64(limit)
	}
	return min(g.options.Rate, share*float64(limit))
}

// perSecond leaves room for the bucket's burst of one in each window.
func perSecond(effective float64) rate.Limit {
	if effective >= 2 {
		effective--
	}
	return rate.Limit(effective / Window.Seconds())
}

// Pace returns when the caller may claim a row and send one request, or with
// the context's error.
func (g *Governor) Pace(ctx context.Context) error {
	for {
		if err := g.gate.wait(ctx); err != nil {
			return err
		}
		if err := g.bucket.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		// Whoever waited for a token while the gate closed gives it up.
		if g.gate.open() {
			return ctx.Err()
		}
	}
}

// Transport returns base with the gate in front of it and an eye on each
// answer's headers.
func (g *Governor) Transport(base http.RoundTripper) http.RoundTripper {
	return &transport{governor: g, base: base}
}

type transport struct {
	governor *Governor
	base     http.RoundTripper
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.governor.gate.open() {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, ErrGateClosed
	}
	resp, err := t.base.RoundTrip(r)
	if err == nil {
		t.governor.observe(resp)
	}
	return resp, err
}

// observe takes over what an answer says of the limit.
func (g *Governor) observe(resp *http.Response) {
	h := readHeaders(resp.Header, time.Now())
	if h.limit > 0 {
		g.setLimit(h.limit)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.hasRemaining {
		g.state.Remaining = h.remaining
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		g.state.Throttled++
		g.gate.close(h.pause)
	} else {
		g.gate.calm()
	}
}
