package intercom

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"reflect"
	"sync/atomic"
	"time"
)

// An attempt is one request on its way: its buffers, its context, and what the
// transport tells about it. Attempts are reused, and with them what a request
// would otherwise have to be given each time: a context of its own, so that it
// can be ended without its caller's, and a timer that does so.
type attempt struct {
	body   []byte // of the request
	answer []byte // room for the answer's body

	reader bytes.Reader  // over body
	closer io.ReadCloser // reader, in the one wrapping that net/http still sends in a single write

	trace   httptrace.ClientTrace
	timeout time.Duration
	timer   *time.Timer // ends ctx; nil until the first request

	caller context.Context // that ctx is of
	ctx    context.Context // nil at first
	cancel context.CancelCauseFunc

	conn  *meteredConn // nil until there is one
	start int64        // what conn had written before
	timed bool         // the timer was started
	spent bool         // ctx must end: the request has not come to a clean end

	// Whoever writes sets these: behind a proxy that is another goroutine.
	wroteHeaders, wroteRequest atomic.Bool
}

func newAttempt(timeout time.Duration) *attempt {
	a := &attempt{timeout: timeout}
	a.closer = io.NopCloser(&a.reader)
	a.trace = httptrace.ClientTrace{
		GotConn:      a.gotConn,
		WroteHeaders: func() { a.wroteHeaders.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { a.wroteRequest.Store(true) },
	}
	return a
}

// begin returns the context to send the request under. end must follow.
func (a *attempt) begin(ctx context.Context) context.Context {
	if a.ctx == nil || !same(a.caller, ctx) {
		a.attach(ctx)
	}
	a.reader.Reset(a.body)
	a.spent = true
	return a.ctx
}

// same reports whether two contexts are one.
func same(a, b context.Context) bool { return reflect.ValueOf(a).Comparable() && a == b }

// attach makes a context of the caller's.
func (a *attempt) attach(caller context.Context) {
	a.release()
	trace := &a.trace
	if httptrace.ContextClientTrace(caller) != nil {
		trace = &httptrace.ClientTrace{} // the caller's own hooks are joined to it
		*trace = a.trace
	}
	a.caller = caller
	a.ctx, a.cancel = context.WithCancelCause(caller)
	a.ctx = httptrace.WithClientTrace(a.ctx, trace)
}

// release ends the context, of which the caller's would else know for ever.
func (a *attempt) release() {
	if a.ctx != nil {
		a.cancel(nil)
	}
}

// gotConn runs on the caller's goroutine, when the request has a connection and
// nothing of it is written: now the time for its answer begins.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	if a.conn = metered(info.Conn); a.conn != nil {
		a.start = a.conn.written.Load()
	}
	a.timed = true
	if a.timer != nil {
		a.timer.Reset(a.timeout)
		return
	}
	a.timer = time.AfterFunc(a.timeout, func() { a.cancel(timeoutError{a.timeout}) })
}

// end stops the request's time.
func (a *attempt) end() {
	if a.timed && !a.timer.Stop() {
		a.spent = true // it cancels, or has
	}
}

// certainlyNotSent reports, once the transport has given up, whether the
// headers, at least headerBytes of them, never left. Until WroteHeaders they
// are not complete; after it they may still have been lost with a connection
// that no longer took them. (Nothing is written after that: who sent has
// written itself, or waited for who did.)
func (a *attempt) certainlyNotSent(headerBytes int) bool {
	return !a.wroteHeaders.Load() ||
		a.conn != nil && a.conn.written.Load()-a.start < int64(headerBytes)
}

// cause returns why there is no answer, by what the transport says: that may be
// no more than that it closed the connection, when the reading end of it was
// faster to notice than the writing end was to tell why.
func (a *attempt) cause(said error) error {
	if a.conn != nil && errors.Is(said, net.ErrClosed) {
		if failure := a.conn.failure.Load(); failure != nil {
			return *failure
		}
	}
	return said
}

// reset makes a ready for the next request and reports whether it can be used
// for one. The server may answer while the request is still being written: then
// the body's bytes belong to the transport.
func (a *attempt) reset() bool {
	const keep = 1 << 20 // a rare large body should not stay in memory
	if !a.wroteRequest.Load() || a.spent || a.ctx.Err() != nil || cap(a.body)+cap(a.answer) > keep {
		return false
	}
	a.body, a.answer = a.body[:0], a.answer[:0]
	a.conn, a.timed = nil, false
	a.wroteHeaders.Store(false)
	a.wroteRequest.Store(false)
	return true
}

// A timeoutError is an answer that did not come in time.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return "no answer within " + e.after.String() }

// Timeout marks the error for those who ask it the way of net.Error.
func (e timeoutError) Timeout() bool { return true }

// Is makes errors.Is find context.DeadlineExceeded.
func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
