package intercom

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const created = `{"type":"admin_message","id":"19","created_at":1734537786,"subject":"Greetings",` +
	`"body":"<p>Hello</p>","message_type":"inapp","owner":{"type":"admin","id":1},"conversation_id":"613"}`

func errorList(code, message string) string {
	return fmt.Sprintf(`{"type":"error.list","request_id":"r1","errors":[{"code":%q,"message":%q,"field":null}]}`, code, message)
}

// TestOutcomeOfAnAnswer goes through every row of the design's table that has a
// status line.
func TestOutcomeOfAnAnswer(t *testing.T) {
	const jsonType = "application/json; charset=utf-8"
	tests := []struct {
		name, contentType, body string
		status                  int
		want                    Class
	}{
		{"created", jsonType, created, 200, Sent},
		{"created, other spelling", `Application/JSON;charset=UTF-8`, created, 200, Sent},
		{"created, vendor type", "application/vnd.intercom+json", created, 200, Sent},
		{"created, unreadable", jsonType, `{"id":`, 200, Sent},
		{"created, nothing said", jsonType, "", 200, Sent},
		{"captive portal", "text/html", "<html><title>Hotel Wi-Fi</title>", 200, Unknown},
		{"no content type", "", created, 200, Unknown},
		{"201", jsonType, created, 201, Unknown},
		{"202", jsonType, created, 202, Unknown},
		{"204", "", "", 204, Unknown},
		{"301", "", "", 301, Hopeless},
		{"302", "", "", 302, Hopeless},
		{"304", "", "", 304, Hopeless},
		{"307", "", "", 307, Hopeless},
		{"308", "", "", 308, Hopeless},
		{"400", jsonType, errorList("parameter_invalid", "Body is required"), 400, Refused},
		{"400 version", jsonType, errorList("intercom_version_invalid", "?"), 400, Hopeless},
		{"400 not JSON", "text/plain", "bad", 400, Refused},
		{"401", jsonType, errorList("unauthorized", "Access Token Invalid"), 401, Hopeless},
		{"401 not JSON", "text/html", "<html>", 401, Hopeless},
		{"402", jsonType, errorList("", ""), 402, Hopeless},
		{"403 plan", jsonType, errorList("api_plan_restricted", "Active subscription needed."), 403, Hopeless},
		{"403 forbidden", jsonType, errorList("forbidden", ""), 403, Hopeless},
		{"403 action", jsonType, errorList("action_forbidden", ""), 403, Hopeless},
		{"403 token", jsonType, errorList("token_blocked", ""), 403, Hopeless},
		{"403 no code", jsonType, errorList("", "This user is unsubscribed from emails"), 403, Refused},
		{"403 other code", jsonType, errorList("user_unsubscribed", ""), 403, Refused},
		{"403 no body", "", "", 403, Refused},
		{"404 contact", jsonType, errorList("not_found", "User Not Found"), 404, Refused},
		{"404 sender", jsonType, errorList("admin_not_found", "Admin not found"), 404, Hopeless},
		{"405", jsonType, errorList("not_allowed", ""), 405, Hopeless},
		{"406", jsonType, errorList("", ""), 406, Hopeless},
		{"408", jsonType, errorList("request_timeout", ""), 408, Unknown},
		{"409", jsonType, errorList("conflict", ""), 409, Refused},
		{"410", jsonType, errorList("gone", "merged"), 410, Refused},
		{"415", jsonType, errorList("", ""), 415, Hopeless},
		{"418", jsonType, "{}", 418, Refused},
		{"422", jsonType, errorList("parameter_not_found", "No subject supplied for email message"), 422, Refused},
		{"422 token", jsonType, errorList("token_suspended", ""), 422, Hopeless},
		{"422 forbidden", jsonType, errorList("forbidden", ""), 422, Refused},
		{"429 window", jsonType, errorList("rate_limit_exceeded", "Exceeded rate limit of 167 in 10_seconds"), 429, Throttled},
		{"429 resource", jsonType, errorList("too_many_requests", ""), 429, Throttled},
		{"429 with a hopeless code", jsonType, errorList("token_blocked", ""), 429, Throttled},
		{"429 not JSON", "text/html", "<h1>slow down</h1>", 429, Throttled},
		{"500", jsonType, errorList("server_error", ""), 500, Unknown},
		{"502", "text/html", "<html><title>502 Bad Gateway</title>", 502, Unknown},
		{"503", jsonType, errorList("service_unavailable", ""), 503, Unknown},
		{"504", "", "", 504, Unknown},
		{"500 with a hopeless code", jsonType, errorList("token_expired", ""), 500, Unknown},
		{"599", "", "", 599, Unknown},
		{"999", "", "", 999, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var arrived atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived.Add(1)
				w.Header()["Content-Type"] = []string{tt.contentType}
				w.Header().Set("Location", "/messages")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			}))
			defer server.Close()
			receipt, err := newClient(t, Options{BaseURL: server.URL}).CreateMessage(t.Context(), email())
			if got := ClassOf(err); got != tt.want {
				t.Errorf("class %v, want %v: %v", got, tt.want, err)
			}
			if arrived.Load() != 1 {
				t.Errorf("%d requests arrived", arrived.Load())
			}
			if tt.want == Sent {
				if receipt.Status != 200 || (receipt.ID == "19") != (tt.body == created) {
					t.Errorf("receipt %+v", receipt)
				}
				return
			}
			if e := asError(t, err); e.Status != tt.status || e.Message == "" || e.Err != nil {
				t.Errorf("error %+v", e)
			}
		})
	}
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %T %v, want an *Error", err, err)
	}
	return e
}

// scripted is a server on a pipe: serve gets each connection, and the number of
// connections before it.
func scripted(serve func(c net.Conn, r *bufio.Reader, n int)) func(context.Context, string, string) (net.Conn, error) {
	var n atomic.Int64
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server, bufio.NewReader(server), int(n.Add(1)-1))
		}()
		return client, nil
	}
}

// takeRequest reads one request to its end.
func takeRequest(r *bufio.Reader) (string, error) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(req.Body)
	return string(body), err
}

// TestOutcomeOfALostConnection goes through the rows of the table that have no
// whole answer.
func TestOutcomeOfALostConnection(t *testing.T) {
	tests := []struct {
		name  string
		serve func(c net.Conn, r *bufio.Reader)
		want  Class
	}{
		{"closed at once", func(c net.Conn, r *bufio.Reader) {}, NotSent},
		{"closed within the headers", func(c net.Conn, r *bufio.Reader) { r.ReadByte() }, Unknown},
		{"closed after the request", func(c net.Conn, r *bufio.Reader) { takeRequest(r) }, Unknown},
		{"closed within the status line", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 20")
		}, Unknown},
		{"closed within the answer's headers", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
		}, Unknown},
		{"not HTTP", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "SSH-2.0-OpenSSH\r\n\r\n")
		}, Unknown},
		{"answer's headers without end", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20))
		}, Unknown},
		{"cut body of a 200", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n"+created[:40])
		}, Sent},
		{"cut chunk of a 200", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")
		}, Sent},
		{"cut body of a 400", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")
		}, Refused},
		{"body of a 200 that never ends", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
			for {
				if _, err := io.WriteString(c, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}, Sent},
		{"body of a 200 that stalls", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")
			r.ReadByte() // until the client hangs up
		}, Sent},
		{"no answer", func(c net.Conn, r *bufio.Reader) {
			takeRequest(r)
			r.ReadByte()
		}, Unknown},
	}
	for i := range 2 * len(tests) {
		tt, proxied := tests[i/2], i%2 == 1
		t.Run(fmt.Sprintf("%s/proxy=%v", tt.name, proxied), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var connections atomic.Int64
				c := newClient(t, Options{BaseURL: "http://localhost", DialContext: scripted(func(c net.Conn, r *bufio.Reader, _ int) {
					connections.Add(1)
					tt.serve(c, r)
				})})
				if proxied {
					c.throughProxy()
				}
				start := time.Now()
				receipt, err := c.CreateMessage(t.Context(), email())
				if got := ClassOf(err); got != tt.want {
					t.Errorf("class %v, want %v: %v", got, tt.want, err)
				}
				if waited := time.Since(start); waited > DefaultTimeout {
					t.Errorf("took %v", waited)
				}
				if connections.Load() != 1 {
					t.Errorf("%d connections", connections.Load())
				}
				if tt.want == Sent {
					if receipt.ID != "" || receipt.Status != 200 {
						t.Errorf("receipt %+v", receipt)
					}
				} else if e := asError(t, err); e.Message == "" || strings.Contains(e.Message, "http:") {
					t.Errorf("message %q", e.Message)
				}
			})
		})
	}
}

// throughProxy has a client go through a proxy, whose address its dialer gets.
func (c *Client) throughProxy() {
	c.network.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy:3128"})
}

func TestOutcomeWithoutAConnection(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	strange := httptest.NewUnstartedServer(nil)
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS() // with a certificate that nobody vouches for
	defer strange.Close()
	plain := httptest.NewServer(nil)
	defer plain.Close()
	refused := errors.New("no route")
	tests := []struct {
		name    string
		options Options
	}{
		{"refused", Options{BaseURL: closed.URL}},
		{"untrusted certificate", Options{BaseURL: strange.URL}},
		{"TLS to a plain server", Options{BaseURL: strings.Replace(plain.URL, "http", "https", 1)}},
		{"no such host", Options{BaseURL: "https://herald.invalid", DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "herald.invalid", IsNotFound: true}
		}}},
		{"no route", Options{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newClient(t, tt.options).CreateMessage(t.Context(), email())
			if e := asError(t, err); e.Class != NotSent || e.Status != 0 || e.Err == nil {
				t.Errorf("error %+v", e)
			}
			if tt.name == "no route" && !errors.Is(err, refused) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

func TestOutcomeOfACancelledContext(t *testing.T) {
	tests := []struct {
		name string
		when string // dial or answer: cancelled while waiting for it; else before the call
		want Class
	}{
		{"before the call", "", NotSent},
		{"while dialling", "dial", NotSent},
		{"while waiting for the answer", "answer", Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				pipe := scripted(func(c net.Conn, r *bufio.Reader, _ int) {
					takeRequest(r)
					cancel()
					r.ReadByte()
				})
				c := newClient(t, Options{BaseURL: "http://localhost", DialContext: func(dial context.Context, network, address string) (net.Conn, error) {
					if tt.when == "dial" {
						cancel()
						<-dial.Done()
						return nil, dial.Err()
					}
					return pipe(dial, network, address)
				}})
				if tt.when == "" {
					cancel()
				}
				_, err := c.CreateMessage(ctx, email())
				if got := ClassOf(err); got != tt.want || !errors.Is(err, context.Canceled) {
					t.Errorf("class %v, want %v: %v", got, tt.want, err)
				}
			})
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTimeoutDoesNotCountTheGate: a request that a rate limit held up still has
// its whole time for the answer.
func TestTimeoutDoesNotCountTheGate(t *testing.T) {
	for _, tt := range []struct {
		answers time.Duration
		want    Class
	}{{59 * time.Second, Sent}, {61 * time.Second, Unknown}} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, Options{
				BaseURL: "http://localhost",
				DialContext: scripted(func(c net.Conn, r *bufio.Reader, _ int) {
					takeRequest(r)
					select {
					case <-time.After(tt.answers):
						io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
					case <-t.Context().Done():
					}
				}),
				Wrap: func(next http.RoundTripper) http.RoundTripper {
					return roundTripper(func(r *http.Request) (*http.Response, error) {
						<-time.After(10 * time.Minute)
						return next.RoundTrip(r)
					})
				},
			})
			_, err := c.CreateMessage(t.Context(), email())
			if got := ClassOf(err); got != tt.want {
				t.Errorf("answer after %v: class %v, want %v", tt.answers, got, tt.want)
			}
			if tt.want == Unknown {
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 1m0s") {
					t.Errorf("error %v", err)
				}
			}
		})
	}
}

func TestOutcomeDecidedByWrap(t *testing.T) {
	closed := errors.New("gate closed")
	server := httptest.NewServer(answering(created))
	defer server.Close()
	tests := []struct {
		name string
		wrap func(next http.RoundTripper, r *http.Request) (*http.Response, error)
		want Class
	}{
		{"never goes on", func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, closed }, NotSent},
		{"neither answer nor error", func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, nil }, NotSent},
		{"goes on and loses the answer", func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			if resp, err := next.RoundTrip(r); err == nil {
				resp.Body.Close()
			}
			return nil, closed
		}, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, Options{BaseURL: server.URL, Wrap: func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) { return tt.wrap(next, r) })
			}})
			_, err := c.CreateMessage(t.Context(), email())
			e := asError(t, err)
			if e.Class != tt.want || e.Message == "" || errors.Is(err, closed) != (e.Message == closed.Error()) {
				t.Errorf("error %+v", e)
			}
		})
	}
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		io.WriteString(w, body)
	}
}

func TestClassOf(t *testing.T) {
	tests := []struct {
		err  error
		want Class
	}{
		{nil, Sent},
		{errors.New("foreign"), Unknown},
		{&Error{}, Unknown},
		{fmt.Errorf("row 7: %w", &Error{Class: Refused}), Refused},
	}
	for _, tt := range tests {
		if got := ClassOf(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
	words := map[string]bool{}
	for c := Unknown; c <= Hopeless; c++ {
		words[c.String()] = true
	}
	if len(words) != 6 {
		t.Errorf("classes are called %v", words)
	}
}
