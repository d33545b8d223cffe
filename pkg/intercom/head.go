package intercom

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A head is the lines that a request begins with, as net/http writes them, around
// the length of its body. Messages differ in nothing else before their bodies,
// and to make the same lines again for each would be a twentieth of what one
// costs.
type head struct {
	method        string
	url           *url.URL
	header        http.Header
	before, after []byte // the length
}

var errBodyLength = errors.New("the body has not the length that was said")

// newHead returns the head of r, which is that of all requests that it fits; nil
// if net/http does not write one of the kind.
func newHead(r *http.Request) *head {
	const body, name, length = "?", "\r\nContent-Length: ", "1"
	sample := r.WithContext(context.Background()) // hooks are for r itself
	sample.Body, sample.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	var lines bytes.Buffer
	if sample.Write(&lines) != nil {
		return nil
	}
	before, after, ok := bytes.Cut(bytes.TrimSuffix(lines.Bytes(), []byte(body)), []byte(name+length+"\r\n"))
	if !ok {
		return nil
	}
	return &head{
		method: r.Method, url: r.URL, header: r.Header,
		before: slices.Concat(before, []byte(name)),
		after:  slices.Concat([]byte("\r\n"), after),
	}
}

// canHaveHead reports whether nothing but what a head knows, and the length of
// the body, decides what is before the body, and nobody wants to be told of it.
func canHaveHead(r *http.Request) bool {
	trace := httptrace.ContextClientTrace(r.Context())
	return r.Body != nil && r.ContentLength > 0 && r.Host == "" && len(r.TransferEncoding) == 0 && len(r.Trailer) == 0 && !r.Close &&
		(trace == nil || trace.WroteHeaderField == nil)
}

// fits reports whether h is the head of r: requests that share URL and headers
// share it, since nobody may change those of a request that is sent.
func (h *head) fits(r *http.Request) bool {
	return h != nil && h.method == r.Method && h.url == r.URL &&
		reflect.ValueOf(h.header).UnsafePointer() == reflect.ValueOf(r.Header).UnsafePointer()
}

// write writes r, which h fits, and calls its hooks, as r.Write does.
func (h *head) write(w *bufio.Writer, r *http.Request) error {
	trace := httptrace.ContextClientTrace(r.Context())
	err := h.writeLines(w, r.ContentLength)
	if err == nil && trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if err == nil {
		err = writeBody(w, r)
	}
	if closed := r.Body.Close(); err == nil {
		err = closed
	}
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	return err
}

func (h *head) writeLines(w *bufio.Writer, length int64) error {
	_, _ = w.Write(h.before) // an error comes again with the next write
	_, _ = w.Write(strconv.AppendInt(w.AvailableBuffer(), length, 10))
	_, err := w.Write(h.after)
	return err
}

func writeBody(w *bufio.Writer, r *http.Request) error {
	n, err := io.Copy(w, io.LimitReader(r.Body, r.ContentLength))
	if err != nil {
		return err
	}
	more, err := io.CopyN(io.Discard, r.Body, 1)
	if n != r.ContentLength || more > 0 {
		return errBodyLength
	}
	if err == io.EOF { // as it should
		return nil
	}
	return err
}
