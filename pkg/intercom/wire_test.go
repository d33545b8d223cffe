package intercom

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
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
