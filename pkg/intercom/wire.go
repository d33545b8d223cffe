package intercom

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// maxHead is how many bytes the head of an answer may have.
	maxHead = 256 << 10
	// leftBehind is how long an answer may take on a connection that the other
	// side has given up: if there is one, it is here.
	leftBehind = 50 * time.Millisecond
)

var (
	errLongHead    = errors.New("the answer's headers are too long")
	errUnsolicited = errors.New("the other side has sent what nobody asked for")
	errSpent       = errors.New("the connection is of no more use")
	errHandshake   = errors.New("TLS handshake timeout")
)

// A wire is a connection on which whoever sends a request writes and reads
// itself. An http.ClientConn has two goroutines for that, and three are woken
// for each message, at a fifth of its cost. How requests and answers look is
// left to net/http here too.
type wire struct {
	conn  net.Conn // TLS, or what is below it
	below *meteredConn
	alive func() error // looks at what has come to the system
	out   *bufio.Writer
	in    *bufio.Reader
	head  *head  // of the request before; nil: none
	room  int64  // bytes that may still be read; ends heads without an end
	spent bool   // by a request that has not come to a clean end
	abort func() // ends reading and writing
}

// newWire returns a wire over conn, below which raw is.
func newWire(conn, raw net.Conn) *wire {
	w := &wire{conn: conn, below: metered(raw), alive: aliveness(raw), out: bufio.NewWriter(conn)}
	w.in = bufio.NewReader(w)
	w.abort = func() { _ = conn.SetDeadline(time.Unix(1, 0)) }
	return w
}

// encrypt makes conn a TLS connection to host.
func encrypt(ctx context.Context, conn net.Conn, host string, config *tls.Config) (net.Conn, error) {
	config = config.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	config.ServerName, config.NextProtos = host, []string{"http/1.1"}
	ctx, cancel := context.WithTimeoutCause(ctx, connectTimeout, errHandshake)
	defer cancel()
	secure := tls.Client(conn, config)
	err := secure.HandshakeContext(ctx)
	if head, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(head.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// RoundTrip sends a request and reads the head of its answer. After an error,
// and until the answer's body was read to its end, the wire is spent.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if ctx.Err() != nil {
		return nil, refuse(r, context.Cause(ctx))
	}
	w.spent = true
	release := context.AfterFunc(ctx, w.abort)
	resp, err := w.exchange(r)
	if err != nil {
		release()
		return nil, because(ctx, err)
	}
	resp.Body = &wireBody{ReadCloser: resp.Body, wire: w, ctx: ctx, release: release, last: resp.Close}
	return resp, nil
}

// because returns why ctx is done, if it is: then err only follows from that.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (w *wire) exchange(r *http.Request) (*http.Response, error) {
	before := w.below.written.Load()
	err := w.write(r)
	if err == nil {
		return w.answer(r)
	}
	if w.below.written.Load()-before < int64(w.out.Size()) {
		return nil, err // the headers may not have left: no answer can be to them
	}
	// Whoever answers before having read all, and hangs up, has left the answer.
	_ = w.conn.SetReadDeadline(time.Now().Add(leftBehind))
	if r.Context().Err() != nil {
		return nil, err
	}
	resp, noAnswer := w.answer(r)
	if noAnswer != nil {
		return nil, err
	}
	resp.Close = true
	return resp, nil
}

// write sends a request.
func (w *wire) write(r *http.Request) error {
	var h *head
	if canHaveHead(r) {
		if !w.head.fits(r) {
			w.head = newHead(r)
		}
		h = w.head
	}
	var err error
	if h != nil {
		err = h.write(w.out, r)
	} else {
		err = r.Write(w.out)
	}
	if err != nil {
		return err
	}
	return w.out.Flush()
}

// answer reads the head of the answer.
func (w *wire) answer(r *http.Request) (*http.Response, error) {
	w.room = maxHead
	defer func() { w.room = math.MaxInt64 }()
	for {
		resp, err := http.ReadResponse(w.in, r)
		if err != nil || resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
		// A note that the answer is to come.
	}
}

// Read reads what the other side has sent.
func (w *wire) Read(p []byte) (int, error) {
	if w.room <= 0 {
		return 0, errLongHead
	}
	n, err := w.conn.Read(p[:min(int64(len(p)), w.room)])
	w.room -= int64(n)
	return n, err
}

// Available returns how many requests the wire can take now: 1 or 0.
func (w *wire) Available() int {
	if w.spent {
		return 0
	}
	return 1
}

// Err says why the wire, on which no request is under way, can't be used.
func (w *wire) Err() error {
	if w.spent {
		return errSpent
	}
	if err := w.alive(); err != nil || w.conn == w.below {
		return err
	}
	return w.readAhead()
}

// readAhead looks at what has come already and the system has no more: TLS reads
// on behind an answer.
func (w *wire) readAhead() error {
	_ = w.conn.SetReadDeadline(time.Unix(1, 0))
	_, err := w.in.Peek(1)
	switch {
	case err == nil:
		return errUnsolicited
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return w.conn.SetReadDeadline(time.Time{})
}

// Close ends the connection.
func (w *wire) Close() error { return w.conn.Close() }

// A wireBody is the body of an answer.
type wireBody struct {
	io.ReadCloser
	wire    *wire
	ctx     context.Context // of the request
	release func() bool     // from ctx
	last    bool            // the connection ends with this answer
	closed  bool
}

// Read reads on; behind the end the wire can take another request.
func (b *wireBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.end()
	case err != nil:
		err = because(b.ctx, err)
	}
	return n, err
}

// end frees the wire, unless ctx has ended it meanwhile, or more came than was
// asked for.
func (b *wireBody) end() {
	if b.release() && !b.last && b.wire.in.Buffered() == 0 {
		b.wire.spent = false
	}
}

// Close leaves the rest unread: it may have no end. The wire stays spent then.
func (b *wireBody) Close() error {
	b.release()
	b.closed = true
	return nil
}
