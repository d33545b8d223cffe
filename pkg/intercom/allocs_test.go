package intercom

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// A cannedConn is a connection to a server that allocates nothing: it takes
// every write for a whole request, and answers it.
type cannedConn struct {
	net.Conn // nil: nothing else is used
	answer   string
	rest     string // of the present one
	writes   atomic.Int64
	requests chan struct{} // written and not answered
}

func (c *cannedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	c.requests <- struct{}{}
	return len(b), nil
}

func (c *cannedConn) Read(b []byte) (int, error) {
	if c.rest == "" {
		<-c.requests
		c.rest = c.answer
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *cannedConn) Close() error { return nil }

// TestAllocationsOfAMessage holds what a message costs: all of it together, that
// it is less than an http.Transport takes for the request alone, and that it
// leaves in a single write.
func TestAllocationsOfAMessage(t *testing.T) {
	if racing {
		t.Skip("under the race detector the numbers are others")
	}
	body := `{"type":"admin_message","id":"403918276","created_at":1734537786,"message_type":"email","body":"` + strings.Repeat("<p>Hi</p>", 66) + `"}`
	canned := "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n" +
		"Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nX-RateLimit-Limit: 1666\r\nX-RateLimit-Remaining: 1000\r\n" +
		"X-RateLimit-Reset: 1795348807\r\nX-Request-Id: 000a1b2c3d4e5f6g7h8i\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
	var conn *cannedConn // the last one
	c := newClient(t, Options{BaseURL: "http://localhost", DialContext: func(context.Context, string, string) (net.Conn, error) {
		conn = &cannedConn{requests: make(chan struct{}, 1), answer: canned}
		return conn, nil
	}})
	ctx, m := t.Context(), benchmarkMessage()
	const runs = 500
	whole := testing.AllocsPerRun(runs, func() {
		if r, err := c.CreateMessage(ctx, m); err != nil || r.ID != "403918276" {
			t.Fatal(r, err)
		}
	})
	if n := conn.writes.Load(); n != runs+1 { // one to warm up
		t.Errorf("%d writes for %d requests", n, runs+1)
	}
	var content bytes.Reader
	sent, answer, closer := m.AppendJSON(nil), make([]byte, 0, 4<<10), io.NopCloser(&content)
	alone := testing.AllocsPerRun(runs, func() {
		content.Reset(sent)
		r := c.createMessage(ctx)
		r.Body, r.ContentLength = closer, int64(len(sent))
		resp, err := c.network.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(answer, resp.Body, maxAnswer); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	})
	if most, own := 28.0, -22.0; whole > most || whole-alone > own {
		t.Errorf("%.0f allocations a message, %.0f beyond those of an http.Transport, want at most %.0f and %.0f", whole, whole-alone, most, own)
	}
}
