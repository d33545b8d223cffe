package intercom

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer is how many bytes of an answer are read, apart from a message that
// it repeats.
const maxAnswer = 1 << 20

// A Client talks to one workspace. Goroutines may share it.
type Client struct {
	base    string
	network *http.Transport
	pool    *connections
	sender  http.RoundTripper // pool, or what Options.Wrap made of it

	createMessage, getMe, listAdmins    model
	listTags, listSegments              model
	searchContacts, searchConversations model

	headerBytes int // the headers of any request have at least as many
	tidy        tidier
	attempts    chan *attempt // to be used again
	timeout     time.Duration
}

// New returns a client, or an *OptionError. It sends nothing.
func New(o Options) (*Client, error) {
	o, base, err := o.settled()
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:     strings.TrimSuffix(base.String(), "/"),
		network:  newTransport(o, base),
		tidy:     newTidier(o.Token.reveal()),
		attempts: make(chan *attempt, o.Connections),
		timeout:  o.Timeout,
	}
	c.pool = newConnections(c.network, base, o.Connections)
	c.sender = c.pool
	if o.Wrap != nil {
		c.sender = o.Wrap(c.pool)
	}
	get := headers(o)
	post := get.Clone()
	post.Set("Content-Type", "application/json")
	c.createMessage = newModel(http.MethodPost, base.JoinPath("messages"), post)
	c.getMe = newModel(http.MethodGet, base.JoinPath("me"), get)
	c.listAdmins = newModel(http.MethodGet, base.JoinPath("admins"), get)
	c.listTags = newModel(http.MethodGet, base.JoinPath("tags"), get)
	c.listSegments = newModel(http.MethodGet, base.JoinPath("segments"), get)
	c.searchContacts = newModel(http.MethodPost, base.JoinPath("contacts", "search"), post)
	c.searchConversations = newModel(http.MethodPost, base.JoinPath("conversations", "search"), post)
	for name, values := range get {
		c.headerBytes += len(name) + len(values[0])
	}
	return c, nil
}

// headers returns the headers of every request; no one else reads the token.
// There must never be an Idempotency-Key among them: the API ignores it, and
// net/http would take it for leave to send a POST again by itself.
func headers(o Options) http.Header {
	return http.Header{
		"Authorization":    {"Bearer " + o.Token.reveal()},
		"Intercom-Version": {o.Version},
		"Accept":           {"application/json"},
		"User-Agent":       {o.UserAgent},
	}
}

// A model makes requests that differ in their context and body only. They share
// their headers, which net/http just reads. It is a function because those hold
// the token, and printing a function does not show what it knows.
type model func(context.Context) *http.Request

func newModel(method string, u *url.URL, h http.Header) model {
	r := &http.Request{
		Method: method, URL: u, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	return r.WithContext
}

// BaseURL returns the URL that the client reaches the API under, without a
// slash at its end.
func (c *Client) BaseURL() string { return c.base }

// CloseIdleConnections closes the connections that no request is using, for
// example after the machine has slept, and forgets the contexts of the requests
// before.
func (c *Client) CloseIdleConnections() {
	c.pool.closeIdle()
	for range len(c.attempts) {
		c.attempt().release()
	}
}

// CreateMessage sends POST /messages exactly once. Its error is always an
// *Error, whose class says what is known of the message. A nil error is an
// accepted message, even if the rest of the answer was lost: then the receipt
// has no id. After ctx ends, a request whose headers have left is Unknown.
func (c *Client) CreateMessage(ctx context.Context, m *Message) (Receipt, error) {
	const op = "create message"
	a := c.attempt()
	defer c.giveBack(a)
	a.body = m.AppendJSON(a.body[:0])

	// The answer repeats the message, each byte as \u003c in the worst case.
	ans, err := c.exchange(ctx, op, c.createMessage, a, maxAnswer+6*len(a.body))
	switch {
	case err != nil:
		return Receipt{}, err
	case !ans.ok():
		return Receipt{}, ans.refusal(op, c.tidy)
	}
	return ans.receipt(c.tidy), nil
}

// attempt returns one that is ready for a request.
func (c *Client) attempt() *attempt {
	select {
	case a := <-c.attempts:
		return a
	default:
		return newAttempt(c.timeout)
	}
}

func (c *Client) giveBack(a *attempt) {
	if a.reset() {
		select {
		case c.attempts <- a:
			return
		default:
		}
	}
	a.release()
}

// exchange sends one request and reads the answer, of any status, into a. It
// calls the round tripper itself, since an http.Client follows redirects, and
// copies headers to be able to.
func (c *Client) exchange(ctx context.Context, op string, newRequest model, a *attempt, limit int) (answer, error) {
	ctx = a.begin(ctx)
	defer a.end()
	req := newRequest(ctx)
	// With a body, be it empty, and no GetBody, net/http never sends a request
	// again by itself: not a POST, and not a GET past the rate limit.
	req.Body, req.ContentLength = a.closer, int64(len(a.body))
	resp, err := c.sender.RoundTrip(req)
	switch {
	case err != nil:
		return answer{}, c.lost(op, a, a.cause(err))
	case resp == nil:
		return answer{}, c.lost(op, a, errors.New("no answer"))
	}
	defer resp.Body.Close()
	ans := answer{status: resp.StatusCode, header: resp.Header}
	a.answer, ans.err = readAll(a.answer[:0], resp.Body, limit)
	ans.body = a.answer
	a.spent = ans.err != nil // whatever still reads is to end
	return ans, nil
}

// lost returns the error of a request without an answer.
func (c *Client) lost(op string, a *attempt, cause error) *Error {
	e := &Error{Op: op, Err: c.tidy.err(cause), Message: c.tidy.message(describe(cause))}
	if a.certainlyNotSent(c.headerBytes) {
		e.Class = NotSent
	}
	e.Message = cmp.Or(e.Message, "no answer")
	return e
}

// describe words the cause of a lost request for people.
func describe(cause error) string {
	if late, ok := errors.AsType[timeoutError](cause); ok {
		return late.Error()
	}
	if inner := errors.Unwrap(cause); inner == io.EOF || inner == io.ErrUnexpectedEOF {
		cause = inner // net/http says around it that it could not read
	}
	switch cause {
	case context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF:
		return plainWords.Replace(cause.Error()) + " before an answer came"
	}
	return plainWords.Replace(cause.Error())
}

// plainWords replaces what only programmers say in texts of the standard library.
var plainWords = strings.NewReplacer(
	"net/http: Transport failed to read from server: ", "", "net/http: ", "", "http: ", "", "HTTP/1.x transport ", "",
	"context canceled", "cancelled", "context deadline exceeded", "out of time",
	"unexpected EOF", "connection closed", "EOF", "connection closed",
)
