package intercom

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateMessageOnTheWire(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Request-Id", "req-1")
		answering(created)(w, r)
	}))
	defer server.Close()
	c := newClient(t, Options{BaseURL: server.URL + "/proxied", Version: "2.14", UserAgent: "herald/1.0 test"})
	receipt, err := c.CreateMessage(t.Context(), email())
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Authorization":    {"Bearer " + testToken},
		"Intercom-Version": {"2.14"},
		"Content-Type":     {"application/json"},
		"Accept":           {"application/json"},
		"User-Agent":       {"herald/1.0 test"},
		"Content-Length":   {strconv.Itoa(len(email().AppendJSON(nil)))},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("headers: %s", diff)
	}
	if got.Method != "POST" || got.URL.Path != "/proxied/messages" || got.Proto != "HTTP/1.1" || len(got.TransferEncoding) > 0 {
		t.Errorf("%s %s %s %v", got.Method, got.URL, got.Proto, got.TransferEncoding)
	}
	if diff := cmp.Diff(string(email().AppendJSON(nil)), string(body)); diff != "" {
		t.Errorf("body: %s", diff)
	}
	wantReceipt := Receipt{
		Type: "admin_message", ID: "19", CreatedAt: time.Unix(1734537786, 0).UTC(),
		MessageType: "inapp", ConversationID: "613", Status: 200, RequestID: "req-1",
	}
	if diff := cmp.Diff(wantReceipt, receipt); diff != "" {
		t.Errorf("receipt: %s", diff)
	}
}

// TestRedirectIsNotFollowed: a 307 would be POSTed again.
func TestRedirectIsNotFollowed(t *testing.T) {
	var arrived atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		http.Redirect(w, r, "https://me:hunter2@api.eu.intercom.io/messages?secret=1", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	_, err := newClient(t, Options{BaseURL: server.URL}).CreateMessage(t.Context(), email())
	if arrived.Load() != 1 || ClassOf(err) != Hopeless {
		t.Errorf("%d arrived, error %v", arrived.Load(), err)
	}
	if want := "create message: 307 redirected to https://api.eu.intercom.io"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

// dialer dials for real and lets a test look at connections and break them.
type dialer struct{ conns, writes, passes atomic.Int64 }

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	d.conns.Add(1)
	return &breakableConn{c, d}, err
}

// newDialer returns a dialer whose connections work.
func newDialer() *dialer {
	d := &dialer{}
	d.passes.Store(-1)
	return d
}

type breakableConn struct {
	net.Conn
	d *dialer
}

var errBroken = errors.New("broken pipe")

// Write takes only as many bytes as pass, then fails.
func (c *breakableConn) Write(b []byte) (int, error) {
	c.d.writes.Add(1)
	pass := c.d.passes.Load()
	if pass < 0 || int(pass) >= len(b) {
		return c.Conn.Write(b)
	}
	n, err := c.Conn.Write(b[:pass])
	return n, errors.Join(errBroken, err)
}

// TestBrokenIdleConnection: a connection that breaks under a request after
// having served others is where net/http would send a request again.
func TestBrokenIdleConnection(t *testing.T) {
	size := int64(len(email().AppendJSON(nil)))
	tests := []struct {
		name   string
		passes int64 // bytes that still leave
		want   Class
	}{
		{"takes nothing", 0, NotSent},
		{"takes a part of the headers", 60, NotSent},
		{"takes the headers and a part of the body", 300, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var arrived atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n, _ := io.Copy(io.Discard, r.Body); n == size {
					arrived.Add(1)
				}
				answering(created)(w, r)
			}))
			defer server.Close()
			d := newDialer()
			c := newClient(t, Options{BaseURL: server.URL, DialContext: d.DialContext})
			if _, err := c.CreateMessage(t.Context(), email()); err != nil {
				t.Fatal(err)
			}
			d.passes.Store(tt.passes)
			_, err := c.CreateMessage(t.Context(), email())
			if got := ClassOf(err); got != tt.want || !errors.Is(err, errBroken) {
				t.Errorf("class %v, want %v: %v", got, tt.want, err)
			}
			if arrived.Load() != 1 || d.conns.Load() != 1 || d.writes.Load() != 2 {
				t.Errorf("%d arrived, %d connections, %d writes", arrived.Load(), d.conns.Load(), d.writes.Load())
			}
		})
	}
}

// TestServerClosesIdleConnections races requests against a server that hangs up
// after each answer without having said so. Whatever happens, the class is true.
func TestServerClosesIdleConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var arrived sync.Map // body -> how often
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				body, err := takeRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				n, _ := arrived.LoadOrStore(body, new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(created), created)
			})
		}
	})
	c := newClient(t, Options{BaseURL: "http://" + l.Addr().String()})
	classes := map[string]Class{}
	count := map[Class]int{}
	for i := range 300 {
		m := email()
		m.Subject = strconv.Itoa(i)
		_, err := c.CreateMessage(t.Context(), m)
		class := ClassOf(err)
		classes[string(m.AppendJSON(nil))] = class
		count[class]++
	}
	c.CloseIdleConnections()
	l.Close()
	serving.Wait()
	t.Logf("classes: %v", count)
	for body, class := range classes {
		var n int64
		if v, ok := arrived.Load(body); ok {
			n = v.(*atomic.Int64).Load()
		}
		if n > 1 || class == Sent && n != 1 || class == NotSent && n != 0 || class != Sent && class != NotSent && class != Unknown {
			t.Errorf("class %v, arrived %d times: %s", class, n, body)
		}
	}
}

// TestNothingIsReplayed: a GET, which net/http would send again by itself, is
// sent once as well, or it would go round the rate limit.
func TestNothingIsReplayed(t *testing.T) {
	var arrived atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1)%2 == 0 {
			panic(http.ErrAbortHandler) // hangs up without an answer
		}
		answering(created)(w, r)
	}))
	server.Listener.Close()
	server.Listener = l
	server.Start()
	defer server.Close()
	c := newClient(t, Options{BaseURL: server.URL})
	for _, call := range []func() error{
		func() error { _, err := c.CreateMessage(t.Context(), email()); return err },
		func() error { _, err := c.Me(t.Context()); return err },
		func() error { _, err := c.Admin(t.Context(), 1); return err },
		func() error { _, err := c.Admins(t.Context()); return err },
	} {
		arrived.Store(0)
		if _, err := c.CreateMessage(t.Context(), email()); err != nil { // leaves an idle connection
			t.Fatal(err)
		}
		if err := call(); ClassOf(err) != Unknown {
			t.Errorf("class %v: %v", ClassOf(err), err)
		}
		if arrived.Load() != 2 {
			t.Errorf("%d requests arrived, want 2", arrived.Load())
		}
	}
}

// TestOneWriteARequest: a second write would be a second packet and system call.
// Connections are used again, also after errors.
func TestOneWriteARequest(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			http.Error(w, strings.Repeat("no ", 10_000), http.StatusBadRequest)
			return
		}
		answering(created)(w, r)
	}))
	defer server.Close()
	d := newDialer()
	c := newClient(t, Options{BaseURL: server.URL, DialContext: d.DialContext})
	for range 10 {
		c.CreateMessage(t.Context(), email())
	}
	if d.conns.Load() != 1 || d.writes.Load() != 10 {
		t.Errorf("%d connections and %d writes for 10 requests", d.conns.Load(), d.writes.Load())
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	var now, most atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		answering(created)(w, r)
	}))
	defer server.Close()
	d := newDialer()
	c := newClient(t, Options{BaseURL: server.URL, Connections: 3, DialContext: d.DialContext})
	sendMany(t, c, 16, 20)
	if most.Load() > 3 || d.conns.Load() > 3 {
		t.Errorf("%d requests at one time over %d connections", most.Load(), d.conns.Load())
	}
}

// sendMany sends from many goroutines; all must be accepted.
func sendMany(t testing.TB, c *Client, goroutines, each int) {
	var g sync.WaitGroup
	for i := range goroutines {
		g.Go(func() {
			for j := range each {
				m := email()
				m.Subject = fmt.Sprintf("%d of %d", j, i)
				if _, err := c.CreateMessage(t.Context(), m); err != nil {
					t.Errorf("%s: %v", m.Subject, err)
				}
			}
		})
	}
	g.Wait()
}

// TestEarlyAnswer: when the answer comes before the request is written, its body
// still belongs to the transport and must not become another message.
func TestEarlyAnswer(t *testing.T) {
	var unread io.Reader // of the request that is still being written
	c := newClient(t, Options{Wrap: func(http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			hooks := httptrace.ContextClientTrace(r.Context())
			hooks.WroteHeaders()
			if unread == nil {
				unread = r.Body
			} else {
				io.Copy(io.Discard, r.Body)
				hooks.WroteRequest(httptrace.WroteRequestInfo{})
			}
			header := http.Header{"Content-Type": {"application/json"}}
			return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(created))}, nil
		})
	}})
	for range 50 {
		unread = nil
		for _, subject := range []string{"early", "next", "last"} {
			m := email()
			m.Subject = subject
			if _, err := c.CreateMessage(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if body, err := io.ReadAll(unread); err != nil || !strings.Contains(string(body), `"subject":"early"`) {
			t.Fatalf("the first message was written as %q, error %v", body, err)
		}
	}
}

// TestLargeMessageKeepsItsReceipt: the answer repeats the message, so its bound
// grows with it.
func TestLargeMessageKeepsItsReceipt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := strings.Repeat(`\u003c`, 1<<20)
		answering(`{"body":"`+body+`","id":"19"}`)(w, r)
	}))
	defer server.Close()
	c := newClient(t, Options{BaseURL: server.URL})
	m := inApp()
	m.Body = strings.Repeat("<", 1<<20)
	receipt, err := c.CreateMessage(t.Context(), m)
	if err != nil || receipt.ID != "19" {
		t.Errorf("id %q, error %v", receipt.ID, err)
	}
}

// TestCallersTraceIsKept: hooks of the caller run too, and only for its request.
func TestCallersTraceIsKept(t *testing.T) {
	server := httptest.NewServer(answering(created))
	defer server.Close()
	c := newClient(t, Options{BaseURL: server.URL})
	var wrote atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaders: func() { wrote.Add(1) }})
	for _, ctx := range []context.Context{ctx, t.Context(), ctx, t.Context()} {
		if _, err := c.CreateMessage(ctx, email()); err != nil {
			t.Fatal(err)
		}
	}
	if wrote.Load() != 2 {
		t.Errorf("the hook ran %d times, want 2", wrote.Load())
	}
}

// TestOverTLS: bytes are counted below TLS too.
func TestOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(answering(created))
	defer server.Close()
	d := newDialer()
	c := newClient(t, Options{BaseURL: server.URL, DialContext: d.DialContext})
	c.network.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := c.CreateMessage(t.Context(), email()); err != nil {
		t.Fatal(err)
	}
	d.passes.Store(0)
	if _, err := c.CreateMessage(t.Context(), email()); ClassOf(err) != NotSent {
		t.Errorf("class %v: %v", ClassOf(err), err)
	}
}
