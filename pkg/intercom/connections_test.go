package intercom

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A hall is a server on pipes that answers every request, after a while.
type hall struct {
	takes time.Duration
	conns atomic.Int64 // ever
	open  atomic.Int64
}

func (h *hall) client(t *testing.T, connections int) *Client {
	return newClient(t, Options{BaseURL: "http://localhost", Connections: connections, DialContext: scripted(h.serve)})
}

func (h *hall) serve(c net.Conn, r *bufio.Reader, _ int) {
	h.conns.Add(1)
	h.open.Add(1)
	defer h.open.Add(-1)
	for {
		if _, err := takeRequest(r); err != nil {
			return
		}
		time.Sleep(h.takes)
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(created), created)
	}
}

func (h *hall) want(t *testing.T, when string, conns, open int64) {
	t.Helper()
	synctest.Wait()
	if h.conns.Load() != conns || h.open.Load() != open {
		t.Errorf("%s: %d connections, %d of them open, want %d and %d", when, h.conns.Load(), h.open.Load(), conns, open)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hall{takes: time.Millisecond} // long enough for four to be there at once
		c := h.client(t, 4)
		sendMany(t, c, 4, 1)
		h.want(t, "at first", 4, 4)
		time.Sleep(idleTimeout / 2)
		sendMany(t, c, 1, 3)
		time.Sleep(idleTimeout/2 + time.Second)
		h.want(t, "when one was used", 4, 1)
		time.Sleep(idleTimeout)
		h.want(t, "when none was used", 4, 0)
		sendMany(t, c, 1, 1)
		c.CloseIdleConnections()
		h.want(t, "at last", 5, 0)
	})
}

// TestUnreadAnswer: what is left of an answer must not be taken for the next
// one, and ending an answer twice must not give its place to two.
func TestUnreadAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hall
		c := h.client(t, 1)
		for _, read := range []bool{false, true, true} {
			resp, err := c.pool.RoundTrip(c.getMe(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if read {
				io.Copy(io.Discard, resp.Body)
			}
			resp.Body.Close()
			resp.Body.Close()
			if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
				t.Error("a closed answer can be read")
			}
			if len(c.pool.room) != 0 {
				t.Error("the place is not given back")
			}
		}
		h.want(t, "in all", 2, 1)
	})
}

func TestWaitingForAConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hall{takes: 10 * time.Second}
		c := h.client(t, 1)
		go c.CreateMessage(t.Context(), email())
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.CreateMessage(ctx, email())
		if ClassOf(err) != NotSent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("class %v: %v", ClassOf(err), err)
		}
		time.Sleep(h.takes)
		sendMany(t, c, 3, 2)
		h.want(t, "in all", 1, 1)
	})
}

// TestRefusedRequestIsClosed: a RoundTripper closes the body also of what it
// does not send.
func TestRefusedRequestIsClosed(t *testing.T) {
	lost := errors.New("no route")
	c := newClient(t, Options{BaseURL: "http://localhost", DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, lost }})
	body := &closing{}
	r := c.createMessage(t.Context())
	r.Body, r.ContentLength = body, 1
	if _, err := c.pool.RoundTrip(r); !errors.Is(err, lost) || !body.closed {
		t.Errorf("closed is %v, error %v", body.closed, err)
	}
	if len(c.pool.room) != 0 {
		t.Error("the place is not given back")
	}
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// TestNoCountInTheTransport: see newTransport.
func TestNoCountInTheTransport(t *testing.T) {
	if n := newClient(t, Options{Connections: 3}).network.MaxConnsPerHost; n != 0 {
		t.Errorf("MaxConnsPerHost is %d", n)
	}
}
