package intercom

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"
)

// connectTimeout bounds looking up and dialling, and then the TLS handshake.
const connectTimeout = 10 * time.Second

// newTransport returns what connects to the API at base.
//
// HTTP/1.1 only: a connection that breaks then leaves one request in doubt, on
// HTTP/2 all that share it. There must be no MaxConnsPerHost: net/http of Go 1.26
// takes a ClientConn that ends off that count, which it was never added to, and
// panics; connections keep the bound themselves.
func newTransport(o Options, base *url.URL) *http.Transport {
	dial := o.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &http.Transport{
		Protocols: &http1,
		Proxy: func(*http.Request) (*url.URL, error) {
			return http.ProxyFromEnvironment(&http.Request{URL: base})
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			m := &meteredConn{Conn: c}
			if dialled, ok := ctx.Value(dialled{}).(*connection); ok {
				dialled.metered = m
			}
			return m, nil
		},
		TLSHandshakeTimeout:    connectTimeout,
		MaxResponseHeaderBytes: maxHead,
		DisableCompression:     true,
	}
}

// A meteredConn counts the bytes that left through it, and remembers why one
// would not.
type meteredConn struct {
	net.Conn
	written atomic.Int64          // never fewer than the other side has got
	failure atomic.Pointer[error] // of the last write that failed
}

// Write counts what it is given before it writes, and afterwards takes off what
// the connection did not take: the answer may be here before Write returns.
func (c *meteredConn) Write(b []byte) (int, error) {
	c.written.Add(int64(len(b)))
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n - len(b)))
	if err != nil {
		failure := err // goes to the heap, and err does not
		c.failure.Store(&failure)
	}
	return n, err
}

// SyscallConn gives way to the connection below, if that is one of the system's.
func (c *meteredConn) SyscallConn() (syscall.RawConn, error) {
	if below, ok := c.Conn.(syscall.Conn); ok {
		return below.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// metered returns the metered connection below c, through any layers of TLS;
// nil if there is none.
func metered(c net.Conn) *meteredConn {
	for {
		switch layer := c.(type) {
		case *meteredConn:
			return layer
		case interface{ NetConn() net.Conn }:
			c = layer.NetConn()
		default:
			return nil
		}
	}
}
