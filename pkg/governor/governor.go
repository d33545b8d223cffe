// Package governor decides when a request may leave, for all workers and all
// kinds of calls together: never faster than the API allows, and hardly slower.
//
// # Use
//
// A worker calls [Governor.Pace] before it claims a row, and waits there for
// its turn. Every request then passes the transport that [Governor.Transport]
// wraps around the client's, so none can go round it.
//
//	g := governor.New(governor.Options{})
//	client := &http.Client{Transport: g.Transport(http.DefaultTransport)}
//	for row := range rows {
//		if err := g.Pace(ctx); err != nil {
//			return err
//		}
//		// claim the row, send it with client
//	}
//
// # What it keeps to
//
// The API's limit L is a number of requests a [Window]; what may be used is
//
//	effective = min(rate, share × L)
//
// Two things hold a request back. The pace spaces requests evenly: a token
// bucket with a burst of 1 and a rate of (effective−1)/window. The count is the
// guarantee: each request has one of effective places, from its admission until
// a window after its answer. It arrived at some moment between the two, so in
// no sliding window more than effective requests arrive, whatever the latency,
// and whatever stalls between pace and admission. [Governor.Seed] gives places
// to what an earlier process sent.
//
// Pace sets a place aside, so that who holds a claim is not kept waiting at the
// admission. The price of the count is latency: its use is at most
// window/(window+latency), 99 % at 100 ms and 97 % at 300 ms.
//
// # What it hears
//
// Each answer's headers are read. A limit applies at once, be it smaller or
// larger; a larger one does not make a burst, since the pace stays even. If an
// answer shows that others have used so much of the budget that no more than
// their part of it is left (at a share of 100 %: no more than what is under
// way), Pace waits until the window resets, and for the answer to the first
// request after that. Headers that are missing, stale or
// absurd count as not there: then the rate is the configured one or
// [DefaultRate].
//
// A 429 closes one gate for everybody until the window resets (else for its
// Retry-After, else with growing pauses). Pace waits behind it; a request that
// was already paced is turned back with [ErrGateClosed] before anything is
// written, so that its claim can be released; then the rate grows from a
// sixteenth to the whole within two seconds. A 429 with the code
// too_many_requests is about one resource and closes that one only. A wait that
// would last longer than Options.MaxWait is a [*WaitError].
package governor

import (
	"net/http"
	"sync"
	"sync/atomic"
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

// DefaultMaxWait is how long the API may let a campaign wait, if Options say
// nothing else.
const DefaultMaxWait = 15 * time.Minute

// Options say how fast a campaign may be. The zero value is `rate: auto`.
type Options struct {
	// Rate is requests per Window, 0 for what the API allows.
	Rate float64
	// Share is the part, above 0 and at most 1, of the API's limit that may be
	// used. 0 is AutoShare without a Rate and 1 with one.
	Share float64
	// MaxWait is how long the API may make callers wait in all, by 429 or
	// because others use up the budget, before one more request is let in. 0
	// is DefaultMaxWait.
	MaxWait time.Duration
}

// A Governor holds requests back. Its methods may be called by many goroutines.
type Governor struct {
	rate, share float64
	maxWait     time.Duration

	queued atomic.Int32  // callers of Pace that wait
	turn   chan struct{} // held by the first of them
	timer  *time.Timer   // used by who has the turn
	wake   chan struct{} // tells who has the turn that something changed

	mu     sync.Mutex
	pacer  pacer
	count  count
	asking int // requests that wait for a place and go before Pace
	limit  limit
	window gate
	others heldBack
	paths  resources
	clock  serverClock
	paused bool
	tally  tally
}

// New returns a governor. It starts no goroutine.
func New(o Options) *Governor {
	g := &Governor{
		rate: o.Rate, share: o.Share, maxWait: o.MaxWait,
		turn: make(chan struct{}, 1), timer: time.NewTimer(time.Hour), wake: make(chan struct{}, 1),
		pacer: pacer{bucket: rate.NewLimiter(0, 1)}, count: count{start: time.Now()}, paths: resources{},
	}
	g.timer.Stop()
	if g.share == 0 {
		g.share = 1
		if g.rate == 0 {
			g.share = AutoShare
		}
	}
	if g.maxWait == 0 {
		g.maxWait = DefaultMaxWait
	}
	g.setLimit(0)
	return g
}

// Seed gives places to requests of an earlier process, so that a restart is no
// fresh window. Each time is the last moment at which a request can have
// arrived: that of its answer, or, where none is known, that at which the
// earlier process can last have run. Those older than a Window don't matter,
// one in the future counts as now. Requests that certainly were not sent need
// no place; one that was answered with 429 does.
func (g *Governor) Seed(times []time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.count.advance(now)
	for _, t := range times {
		if age := max(0, now.Sub(t)); age < Window {
			g.count.linger(now.Add(-age))
		}
	}
}

// Pause makes Pace wait until Resume. Whatever was paced before goes its way.
func (g *Governor) Pause() { g.setPaused(true) }

// Resume ends a pause. The time it took counts for no MaxWait.
func (g *Governor) Resume() { g.setPaused(false) }

func (g *Governor) setPaused(paused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = paused
	g.notify()
}

// Transport returns base with the count and the gate in front of it and an eye
// on each answer.
//
// A GET or HEAD holds no claim: it waits for a place and an open gate until its
// context ends or MaxWait is over. Anything else is turned back at once from a
// closed gate, with [ErrGateClosed], and with [ErrFull] if Pace set no place
// aside for it and none is free within a second.
//
// The transport calls base at most once for each request, on the same
// goroutine and with the request as it is. base must not send requests again
// by itself.
func (g *Governor) Transport(base http.RoundTripper) http.RoundTripper {
	return &transport{governor: g, base: base}
}
