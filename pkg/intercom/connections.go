package intercom

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// idleTimeout is how long a connection is kept that no request uses. It is
// short, so that we drop it before the other side does and a request meets a
// closed one.
const idleTimeout = 15 * time.Second

// connections sends requests to one host, each over a connection that it has
// for itself, and over the same one when it is whole again. This is what an
// http.Transport does in its own RoundTrip; there it costs a tenth of all that a
// message costs, since it looks up anew for each request where that goes, and
// dials in parallel. Nothing below sends a request again by itself.
type connections struct {
	network *http.Transport // dials
	scheme  string
	host    string
	address string        // with the port
	room    chan struct{} // holds one for each connection in use

	mu    sync.Mutex
	idle  []*connection // the last one used is the last
	timer *time.Timer   // closes those that are idle for too long; nil if none is
}

func newConnections(network *http.Transport, base *url.URL, most int) *connections {
	port := cmp.Or(base.Port(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
	host := base.Hostname()
	return &connections{network: network, scheme: base.Scheme, host: host, address: net.JoinHostPort(host, port), room: make(chan struct{}, most)}
}

// A connection is one to the API.
type connection struct {
	link
	metered net.Conn  // below it
	since   time.Time // idle
}

// A link carries requests one after the other. Where there is a proxy it is an
// *http.ClientConn, since an http.Transport knows all kinds of those, and where
// an idle connection can't be looked at, since that has somebody reading all the
// time; otherwise a *wire, which costs less.
type link interface {
	RoundTrip(*http.Request) (*http.Response, error)
	Available() int // requests that it can take now
	Err() error     // why it can't take any more
	Close() error
}

// RoundTrip sends a request exactly once. The answer's body must be read to its
// end or closed before its connection can be used again.
func (cs *connections) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	select {
	case cs.room <- struct{}{}:
	case <-ctx.Done():
		return nil, refuse(r, context.Cause(ctx))
	}
	c, reused := cs.take()
	if c == nil {
		var err error
		if c, err = cs.dial(ctx); err != nil {
			<-cs.room
			return nil, refuse(r, err)
		}
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: c.metered, Reused: reused, WasIdle: reused})
	}
	resp, err := c.RoundTrip(r)
	if err != nil {
		c.Close()
		<-cs.room
		return nil, err
	}
	if resp.StatusCode < http.StatusOK { // nobody asked for another protocol, and its end may never come
		resp.Body.Close()
		c.Close()
		<-cs.room
		resp.Body = http.NoBody
		return resp, nil
	}
	resp.Body = &content{ReadCloser: resp.Body, pool: cs, of: c}
	return resp, nil
}

// refuse closes the body of a request that is not sent, as a RoundTripper must.
func refuse(r *http.Request, err error) error {
	if r.Body != nil {
		r.Body.Close()
	}
	return err
}

// dialled is the context's key of the connection that is dialled for.
type dialled struct{}

func (cs *connections) dial(ctx context.Context) (*connection, error) {
	proxy, err := cs.network.Proxy(nil)
	if err != nil {
		return nil, err
	}
	c := new(connection)
	if proxy != nil || !canLook {
		c.link, err = cs.network.NewClientConn(context.WithValue(ctx, dialled{}, c), cs.scheme, cs.address)
		return c, err
	}
	if c.metered, err = cs.network.DialContext(ctx, "tcp", cs.address); err != nil {
		return nil, err
	}
	conn := c.metered
	if cs.scheme == "https" {
		if conn, err = encrypt(ctx, conn, cs.host, cs.network.TLSClientConfig); err != nil {
			return nil, err
		}
	}
	c.link = newWire(conn, c.metered)
	return c, nil
}

// A content is the body of an answer, whose connection is given back at its end.
type content struct {
	io.ReadCloser
	pool *connections
	of   *connection // nil when it was given back
}

// Read reads on; the end is the connection's too.
func (b *content) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.giveBack()
	}
	return n, err
}

// Close ends the answer, be it read or not.
func (b *content) Close() error {
	err := b.ReadCloser.Close() // which ends the connection if not all was read
	b.giveBack()
	return err
}

func (b *content) giveBack() {
	if b.of != nil {
		b.pool.put(b.of)
		b.of = nil
	}
}

// take returns a connection that can be used, nil if there is none.
func (cs *connections) take() (c *connection, reused bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for len(cs.idle) > 0 {
		last := len(cs.idle) - 1
		c, cs.idle = cs.idle[last], cs.idle[:last]
		if c.Err() == nil && !c.stale(time.Now()) {
			return c, true
		}
		c.Close()
	}
	return nil, false
}

// stale goes by both clocks: one stands still while a machine sleeps, the other
// may be set back.
func (c *connection) stale(now time.Time) bool {
	return max(now.Sub(c.since), now.Round(0).Sub(c.since.Round(0))) >= idleTimeout
}

// put takes a connection back, unless it is of no more use.
func (cs *connections) put(c *connection) {
	defer func() { <-cs.room }()
	if c.Available() == 0 {
		c.Close()
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.since = time.Now()
	cs.idle = append(cs.idle, c)
	if cs.timer == nil {
		cs.timer = time.AfterFunc(idleTimeout, cs.sweep)
	}
}

// sweep closes the connections that are idle for too long.
func (cs *connections) sweep() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	now, old := time.Now(), 0
	for old < len(cs.idle) && cs.idle[old].stale(now) {
		cs.idle[old].Close()
		old++
	}
	cs.idle = append(cs.idle[:0], cs.idle[old:]...)
	if cs.timer = nil; len(cs.idle) > 0 {
		cs.timer = time.AfterFunc(idleTimeout-now.Sub(cs.idle[0].since), cs.sweep)
	}
}

// closeIdle closes the connections that no request is using.
func (cs *connections) closeIdle() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, c := range cs.idle {
		c.Close()
	}
	cs.idle = nil
}
