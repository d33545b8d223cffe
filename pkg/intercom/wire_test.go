package intercom

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhenAConnectionIsUsedAgain goes through what an answer may look like, and
// says how many connections two messages with such answers take.
func TestWhenAConnectionIsUsedAgain(t *testing.T) {
	const head, length = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", "Content-Length: %d\r\n\r\n%s"
	whole := fmt.Sprintf(head+length, len(created), created)
	tests := []struct {
		name, answer string
		want         int
	}{
		{"plain", whole, 1},
		{"chunked", fmt.Sprintf(head+"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(created), created), 1},
		{"interim answers before it", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + whole, 1},
		{"the last one", strings.Replace(whole, "Content-Length", "Connection: close\r\nContent-Length", 1), 2},
		{"of HTTP/1.0", strings.Replace(whole, "HTTP/1.1", "HTTP/1.0", 1), 2},
		{"more than was asked for", whole + whole, 2},
		{"ended by the connection", head + "\r\n" + created, 2},
	}
	for i := range 2 * len(tests) {
		tt, proxied := tests[i/2], i%2 == 1
		if proxied && tt.answer == whole+whole {
			continue // net/http finds it too, and logs it
		}
		t.Run(fmt.Sprintf("%s/proxy=%v", tt.name, proxied), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conns := 0
				c := newClient(t, Options{BaseURL: "http://localhost", DialContext: scripted(func(c net.Conn, r *bufio.Reader, n int) {
					conns = n + 1
					for {
						if _, err := takeRequest(r); err != nil {
							return
						}
						io.WriteString(c, tt.answer)
						if strings.HasSuffix(tt.answer, "\r\n\r\n"+created) && !strings.Contains(tt.answer, "Length") {
							return
						}
					}
				})})
				if proxied {
					c.throughProxy()
				}
				for range 2 {
					receipt, err := c.CreateMessage(t.Context(), email())
					if err != nil || receipt.ID != "19" {
						t.Errorf("receipt %+v, error %v", receipt, err)
					}
					synctest.Wait()
				}
				if conns != tt.want {
					t.Errorf("%d connections, want %d", conns, tt.want)
				}
			})
		})
	}
}

// TestLookAtAnIdleConnection: one that the other side has closed, or sent
// something on, while it was idle takes no message.
func TestLookAtAnIdleConnection(t *testing.T) {
	for _, said := range []string{"", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = takeRequest(bufio.NewReader(c))
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(created), created)
				io.WriteString(c, said)
				if said == "" {
					c.Close()
				}
			}
		}()
		c := newClient(t, Options{BaseURL: "http://" + l.Addr().String()})
		for range 20 {
			for len(c.pool.idle) > 0 && c.pool.idle[0].Err() == nil { // until it is here
				runtime.Gosched()
			}
			if _, err := c.CreateMessage(t.Context(), email()); err != nil {
				t.Fatalf("the other side said %q: %v", said, err)
			}
		}
		c.CloseIdleConnections()
	}
}

// A corked connection lets what is written through when it is told to, once it
// is on.
type corked struct {
	net.Conn
	on   bool
	held bytes.Buffer
}

func (c *corked) Write(b []byte) (int, error) {
	if !c.on {
		return c.Conn.Write(b)
	}
	return c.held.Write(b)
}

func (c *corked) uncork() {
	_, _ = c.Conn.Write(c.held.Bytes())
	c.held.Reset()
}

// TestBehindAnAnswer: what TLS has read ahead is as little the answer to the next
// message as what the system holds.
func TestBehindAnAnswer(t *testing.T) {
	long := created[:len(created)-1] + `,"x":"` + strings.Repeat("x", 8000) + `"}`
	const answer, foreign = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"
	tests := map[string]func(io.Writer, *tls.Conn){
		"in one record": func(w io.Writer, _ *tls.Conn) { fmt.Fprintf(w, answer+foreign, len(long), long) },
		"in two records": func(w io.Writer, _ *tls.Conn) {
			fmt.Fprintf(w, answer, len(created), created)
			io.WriteString(w, foreign)
		},
		"the end": func(w io.Writer, c *tls.Conn) {
			fmt.Fprintf(w, answer, len(created), created)
			_ = c.CloseWrite()
			_ = c.SetWriteDeadline(time.Time{})
		},
	}
	for name, say := range tests {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+", "+tls.VersionName(version), func(t *testing.T) {
				var requests, conns atomic.Int64
				c := encrypted(t, version, func(c *tls.Conn, below *corked) {
					conns.Add(1)
					for in := bufio.NewReader(c); ; {
						if _, err := takeRequest(in); err != nil {
							return
						}
						requests.Add(1)
						say(c, c)
						below.uncork()
					}
				})
				for range 3 {
					if r, err := c.CreateMessage(t.Context(), email()); err != nil || r.ID != "19" {
						t.Errorf("class %v, %v", ClassOf(err), err)
					}
				}
				if requests.Load() != 3 || conns.Load() != 3 {
					t.Errorf("%d requests on %d connections, want 3 and 3", requests.Load(), conns.Load())
				}
			})
		}
	}
}

// encrypted returns a client of a server that serves each TLS connection with
// serve, which uncorks what it writes.
func encrypted(t *testing.T, version uint16, serve func(*tls.Conn, *corked)) *Client {
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	config := certified.TLS.Clone()
	trusting := certified.Client().Transport.(*http.Transport).TLSClientConfig
	certified.Close()
	config.NextProtos, config.MaxVersion, config.DynamicRecordSizingDisabled = nil, version, true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer raw.Close()
				below := &corked{Conn: raw}
				c := tls.Server(below, config)
				if c.Handshake() != nil {
					return
				}
				below.on = true
				serve(c, below)
			}()
		}
	}()
	c := newClient(t, Options{BaseURL: "https://" + l.Addr().String()})
	c.network.TLSClientConfig = trusting
	return c
}

// TestSwitchedProtocols: nobody asked for that. The message is in doubt, and the
// connection of no more use, however long it stays open.
func TestSwitchedProtocols(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 099 Strange\r\nContent-Length: 0\r\n\r\n",
	} {
		for _, proxied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%.12s/proxy=%v", answer, proxied), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					conns := 0
					c := newClient(t, Options{BaseURL: "http://localhost", DialContext: scripted(func(c net.Conn, r *bufio.Reader, n int) {
						conns = n + 1
						for {
							if _, err := takeRequest(r); err != nil {
								return
							}
							io.WriteString(c, answer)
						}
					})})
					if proxied {
						c.throughProxy()
					}
					for range 2 {
						if _, err := c.CreateMessage(t.Context(), email()); ClassOf(err) != Unknown {
							t.Errorf("class %v: %v", ClassOf(err), err)
						}
						synctest.Wait()
					}
					if conns != 2 {
						t.Errorf("%d connections, want 2", conns)
					}
				})
			})
		}
	}
}

// A hangUp takes so many bytes of a request, and has its answer ready.
type hangUp struct {
	net.Conn
	takes  int
	answer *strings.Reader
}

func (h *hangUp) Write(b []byte) (int, error) {
	n := min(len(b), h.takes)
	if h.takes -= n; n < len(b) {
		return n, syscall.EPIPE
	}
	return n, nil
}

func (h *hangUp) Read(b []byte) (int, error)       { return h.answer.Read(b) }
func (h *hangUp) SetDeadline(time.Time) error      { return nil }
func (h *hangUp) SetReadDeadline(time.Time) error  { return nil }
func (h *hangUp) SetWriteDeadline(time.Time) error { return nil }
func (h *hangUp) Close() error                     { return nil }

// TestAnswerLeftBehind: who answers before having read all, and hangs up, has
// answered; but never a request whose headers did not leave.
func TestAnswerLeftBehind(t *testing.T) {
	const refusal = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"
	tests := []struct {
		name   string
		takes  int
		answer string
		want   Class
	}{
		{"an answer", 5000, refusal, Throttled},
		{"none", 5000, "", Unknown},
		{"half of one", 5000, refusal[:30], Unknown},
		{"to nothing that was sent", 10, refusal, NotSent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, Options{BaseURL: "http://localhost", DialContext: func(context.Context, string, string) (net.Conn, error) {
				return &hangUp{takes: tt.takes, answer: strings.NewReader(tt.answer)}, nil
			}})
			m := email()
			m.Body = strings.Repeat("long ", 10_000)
			if _, err := c.CreateMessage(t.Context(), m); ClassOf(err) != tt.want {
				t.Errorf("class %v, want %v: %v", ClassOf(err), tt.want, err)
			}
		})
	}
}
