package governor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// ErrGateClosed says that a request was turned back, before any of it was
// written, because the API asked for a pause.
var ErrGateClosed = errors.New("the API asked for a pause")

// ErrFull says that a request was turned back, before any of it was written,
// because as many as may be have arrived in the window, or can have.
var ErrFull = errors.New("the window is full")

// TurnedBack reports whether a request failed because the governor did not
// admit it: nothing was sent, nothing is wrong with the network, and its turn
// comes again at Pace.
func TurnedBack(err error) bool {
	return errors.Is(err, ErrGateClosed) || errors.Is(err, ErrFull)
}

// How long a request that may hold a claim waits for a place, and how often
// one that waits for answers looks again.
const (
	admitWait = time.Second
	admitPoll = 20 * time.Millisecond
)

// codeOfResource is the API's code for a throttle on one resource, as it stands
// in a body; a quote of it in a text has a backslash before its last quote.
var codeOfResource = []byte(`"too_many_requests"`)

// maxPeek is how much of a 429's body is read to find its code.
const maxPeek = 16 << 10

// unpaced reports whether requests of a method go without Pace.
func unpaced(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == ""
}

type transport struct {
	governor *Governor
	base     http.RoundTripper
}

// RoundTrip admits the request, sends it, and keeps its place.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	admitted, err := t.governor.admit(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	a := arrival{request: r, admitted: admitted}
	defer func() { t.governor.settle(&a) }() // after a panic too
	a.response, a.err = t.base.RoundTrip(r)
	if a.err == nil && a.response.StatusCode == http.StatusTooManyRequests {
		a.ofResource = peek(a.response)
	}
	return a.response, a.err
}

// peek reports whether a 429 is about one resource. Its body can be read as
// before.
func peek(resp *http.Response) bool {
	head, _ := io.ReadAll(io.LimitReader(resp.Body, maxPeek)) // its error comes again
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	return bytes.Contains(head, codeOfResource)
}

// admit gives the request a place in the count and returns when it did.
func (g *Governor) admit(r *http.Request) (time.Time, error) {
	now, v := g.tryAdmit(r, false)
	if v.wait == 0 {
		return now, v.err
	}
	return g.waitForPlace(r)
}

// tryAdmit admits the request if it may be now. asked tells that it is counted
// among those that ask.
func (g *Governor) tryAdmit(r *http.Request, asked bool) (time.Time, verdict) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.count.advance(now)
	if !asked && !unpaced(r.Method) {
		g.count.giveBack() // the place that Pace set aside, to take it now
	}
	v := g.admissible(now, r)
	switch {
	case v.err != nil:
		g.tally.turnedBack++
		g.notify() // a place that was kept for it is free
	case v.wait == 0:
		g.count.inFlight++
	case !asked:
		g.asking++ // waitForPlace follows
	}
	return now, v
}

// admissible says whether a request may go: past the gates, and with a place.
// A request that has been paced is under way, and others don't hold it up.
func (g *Governor) admissible(now time.Time, r *http.Request) verdict {
	var opens time.Time
	if len(g.paths) > 0 {
		if gate := g.paths[resource{r.Method, r.URL.Path}]; gate != nil {
			opens = gate.until
		}
	}
	if unpaced(r.Method) {
		if v := g.barred(now, opens); v.wait > 0 || v.err != nil {
			return v
		}
	} else if !g.window.open(now) || now.Before(opens) {
		return verdict{err: ErrGateClosed}
	}
	if g.count.taken() >= g.limit.places {
		return verdict{wait: min(g.count.nextFree(now), admitPoll), cause: Full}
	}
	return verdict{}
}

// waitForPlace admits a request that did not get a place at once. It goes
// before whoever waits at Pace.
func (g *Governor) waitForPlace(r *http.Request) (time.Time, error) {
	defer g.noLongerAsks()
	ctx := r.Context()
	if !unpaced(r.Method) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, admitWait, ErrFull)
		defer cancel()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return time.Time{}, g.turnBack(context.Cause(ctx))
		}
		now, v := g.tryAdmit(r, true)
		if v.wait == 0 {
			return now, v.err
		}
		timer.Reset(v.wait)
	}
}

func (g *Governor) noLongerAsks() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asking--
	g.notify()
}

func (g *Governor) turnBack(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tally.turnedBack++
	return err
}

// An arrival is a request that was admitted, and what became of it.
type arrival struct {
	request    *http.Request
	admitted   time.Time
	response   *http.Response // nil without an answer
	err        error
	ofResource bool // a 429 of one resource
}

// settle keeps the place of a request that ended for another window, unless it
// certainly was not sent, and learns from its answer.
func (g *Governor) settle(a *arrival) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.count.advance(now)
	g.count.inFlight--
	switch {
	case a.response != nil:
		g.count.linger(now)
		g.learn(now, a)
	case notSent(a.err):
		g.notify()
	default:
		g.count.linger(now)
	}
}

// notSent reports whether an error proves that nothing was written: there was
// no connection to write to. Of any other error, only the client knows; to keep
// the place is to be on the safe side, and costs no more than a window.
func notSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// learn takes over what an answer says.
func (g *Governor) learn(now time.Time, a *arrival) {
	h := readHeaders(a.response.Header, &g.clock, now)
	if a.response.StatusCode != http.StatusTooManyRequests {
		g.observe(now, a.admitted, h)
		g.letIn(a)
		return
	}
	g.tally.throttled++
	if h.limit > 0 {
		g.setLimit(h.limit)
	}
	if a.ofResource {
		// The reset is the window's, of which this says nothing.
		g.paths.gate(now, resource{a.request.Method, a.request.URL.Path}).close(now, a.admitted, h.retryAfter)
		return
	}
	g.window.close(now, a.admitted, h.pause())
}

// letIn notes that the API let a request in.
func (g *Governor) letIn(a *arrival) {
	g.window.calm(a.admitted)
	if len(g.paths) > 0 {
		if gate := g.paths[resource{a.request.Method, a.request.URL.Path}]; gate != nil {
			gate.calm(a.admitted)
		}
	}
	if a.admitted.After(g.window.closed) {
		g.tally.stalled = 0
	}
}
