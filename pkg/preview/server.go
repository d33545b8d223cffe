package preview

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// DefaultEvery is how often the files of a view are looked at, unless Options
// say otherwise.
const DefaultEvery = 400 * time.Millisecond

// Options are what Listen needs.
type Options struct {
	// Load makes the view; required. It is called at the start and after each
	// change of the view's files, never twice at a time, until Listen's context
	// ends. What it fails with is shown on the page.
	Load func(ctx context.Context) (*View, error)
	// Every is how often the files are looked at; 0 is DefaultEvery.
	Every time.Duration
}

// A Server shows one campaign to a browser on this machine.
type Server struct {
	load   func(ctx context.Context) (*View, error)
	every  time.Duration
	host   string // what a request must name
	secret string // the first part of each path
	ticket atomic.Pointer[string]

	current  atomic.Pointer[state]
	listener net.Listener
	server   http.Server
	end      context.CancelFunc
	done     chan struct{}
	err      error
}

// Listen loads a view and serves its page on a free port of this machine's
// loopback address, until Close or the end of ctx. The error is that of the
// first Load, or of listening.
func Listen(ctx context.Context, o Options) (*Server, error) {
	view, err := o.Load(ctx)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start preview: %w", err)
	}
	s := &Server{
		load: o.Load, every: o.Every, listener: listener,
		host: listener.Addr().String(), secret: rand.Text(), done: make(chan struct{}),
	}
	if s.every <= 0 {
		s.every = DefaultEvery
	}
	s.current.Store(newState(1, view, nil, nil))
	ctx, s.end = context.WithCancel(ctx)
	s.server = http.Server{
		Handler:           s.guard(s.routes()),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(ctx)
	}()
	go s.serve(watched)
	context.AfterFunc(ctx, func() { _ = s.server.Close() })
	return s, nil
}

func (s *Server) serve(watched <-chan struct{}) {
	defer close(s.done)
	err := s.server.Serve(s.listener)
	s.end()
	<-watched
	s.current.Load().close()
	if !errors.Is(err, http.ErrServerClosed) {
		s.err = fmt.Errorf("serve preview: %w", err)
	}
}

// URL is the page's address, which nobody can guess. A line chooses the row that
// is shown; 0 is the first one.
func (s *Server) URL(line int) string {
	return "http://" + s.host + "/" + s.secret + "/" + atLine(line)
}

// Ticket returns an address that leads to the page once, and only the latest
// one does. It is for the command line of a browser, which other users of the
// machine can read.
func (s *Server) Ticket(line int) string {
	ticket := rand.Text()
	s.ticket.Store(&ticket)
	return "http://" + s.host + "/" + ticket + atLine(line)
}

func atLine(line int) string {
	if line == 0 {
		return ""
	}
	return "?" + url.Values{"line": {strconv.Itoa(line)}}.Encode()
}

// Wait returns when the server has ended: nil after Close or the end of its
// context, else why it failed.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Close ends the server, cuts all connections and returns what Wait returns.
// It may be called more than once.
func (s *Server) Close() error {
	s.end()
	return s.Wait()
}
