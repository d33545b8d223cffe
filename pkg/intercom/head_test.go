package intercom

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHead: requests with a head, the first that it is made for and those after
// it, are on the wire what net/http writes, with the hooks in its order.
func TestHead(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/messages"}
	request := func(length int) *http.Request {
		return &http.Request{Method: http.MethodPost, URL: u, Header: http.Header{"Accept": {"a/b"}, "X-Content-Length": {"1"}, "User-Agent": {"herald"}},
			Body: io.NopCloser(strings.NewReader(strings.Repeat("Content-Length: 1\r\n", length)[:length])), ContentLength: int64(length)}
	}
	first := request(1)
	h := newHead(first)
	for _, length := range []int{1, 9, 100_000} {
		r := request(length)
		r.Header = first.Header
		if !h.fits(r) || !canHaveHead(r) {
			t.Fatal("the head does not fit a request like the one it was made for")
		}
		got, gotHooks := written(t, r, func(w *bufio.Writer, r *http.Request) error { return h.write(w, r) })
		want, wantHooks := written(t, request(length), func(w *bufio.Writer, r *http.Request) error { return r.Write(w) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(wantHooks, gotHooks); diff != "" {
			t.Error(diff)
		}
	}
}

// written is what write writes, and which hooks it calls when so much of that was
// written.
func written(t *testing.T, r *http.Request, write func(*bufio.Writer, *http.Request) error) (all string, hooks []string) {
	var b bytes.Buffer
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { hooks = append(hooks, "headers") },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err != nil {
				t.Error(i.Err)
			}
			hooks = append(hooks, "request")
		},
	})
	w := bufio.NewWriter(&b)
	if err := write(w, r.WithContext(ctx)); err != nil {
		t.Error(err)
	}
	w.Flush()
	return b.String(), hooks
}

// TestHeadOfAnother: what differs in more than its body has a head of its own, or
// none.
func TestHeadOfAnother(t *testing.T) {
	request := func(change func(*http.Request)) *http.Request {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{Host: "a"}, Header: http.Header{}, Body: http.NoBody, ContentLength: 5}
		change(r)
		return r
	}
	r := request(func(*http.Request) {})
	h := newHead(r)
	for name, change := range map[string]func(*http.Request){
		"method":  func(r *http.Request) { r.Method = http.MethodPut },
		"URL":     func(r *http.Request) { r.URL = &url.URL{Host: "a"} },
		"headers": func(r *http.Request) { r.Header = r.Header.Clone() },
	} {
		other := r.WithContext(t.Context())
		if change(other); h.fits(other) {
			t.Errorf("the head fits a request of another %s", name)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"no length":  func(r *http.Request) { r.ContentLength = -1 },
		"no body":    func(r *http.Request) { r.Body = nil },
		"other host": func(r *http.Request) { r.Host = "b" },
		"chunked":    func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"trailers":   func(r *http.Request) { r.Trailer = http.Header{"A": nil} },
		"the last":   func(r *http.Request) { r.Close = true },
		"told of": func(r *http.Request) {
			*r = *r.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(string, []string) {}}))
		},
	} {
		if canHaveHead(request(change)) {
			t.Errorf("%s: a head knows nothing of that", name)
		}
	}
}

// TestHeadAndABodyOfAnotherLength: a request that is not what it says is not
// taken for one.
func TestHeadAndABodyOfAnotherLength(t *testing.T) {
	for _, length := range []int64{4, 6} {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{Host: "a"}, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader("12345")), ContentLength: length}
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		if err := newHead(r).write(w, r); err == nil {
			t.Errorf("a body of 5 bytes was written as one of %d", length)
		}
		if w.Flush(); !strings.HasSuffix(b.String(), "\r\n\r\n"+"12345"[:min(length, 5)]) {
			t.Errorf("%q was written", b.String())
		}
	}
}
