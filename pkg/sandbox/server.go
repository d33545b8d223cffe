package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Server is a sandbox on a socket.
type Server struct {
	listener net.Listener
	server   http.Server
	done     chan struct{}
	err      error
	detach   func() bool
}

// Listen puts a handler, usually a *Sandbox, on a TCP address and serves it
// from then on: when Listen returns, clients can connect. Port 0 takes a free
// one; the empty address is 127.0.0.1:0. The server ends with Close or with ctx.
func Listen(ctx context.Context, address string, handler http.Handler) (*Server, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	s := &Server{listener: listener, done: make(chan struct{})}
	s.server = http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go s.serve()
	s.detach = context.AfterFunc(ctx, func() { _ = s.server.Close() })
	return s, nil
}

func (s *Server) serve() {
	defer close(s.done)
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		s.err = fmt.Errorf("serve sandbox: %w", err)
	}
}

// Addr is the address that is listened on, with the real port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is where a client on this machine finds the server, as
// "http://127.0.0.1:43117", without a slash at the end.
func (s *Server) URL() string {
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		return "http://" + s.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
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
	s.detach()
	_ = s.server.Close()
	return s.Wait()
}
