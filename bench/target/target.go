// Package target is a server that costs next to nothing, for measuring clients:
// with the sandbox, which judges every message, on the same machine, more than
// half of what is measured is the sandbox. It reads just as much HTTP/1.1 as the
// clients under bench send (requests with a Content-Length, one at a time on a
// connection), and answers POST /messages as the API does, the request's body
// repeated in the answer, with the headers of a rate limit that is out of reach.
// It runs in a process of its own: see Serve.
package target

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a server answers.
type Options struct {
	// Latency is how long each message takes to be answered.
	Latency time.Duration
	// Refuse has one message of so many refused as invalid; 0 refuses none.
	Refuse int64
}

// A Server answers on a socket until it is closed.
type Server struct {
	listener net.Listener
	options  Options
	messages atomic.Int64 // that came, also those refused
	taken    atomic.Int64 // nanoseconds that all answers took

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once the server is closed
	group sync.WaitGroup
}

// Listen serves on a TCP address from when it returns; port 0 takes a free one.
func Listen(address string, o Options) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start target: %w", err)
	}
	s := &Server{listener: listener, options: o, conns: make(map[net.Conn]struct{})}
	s.group.Go(s.accept)
	return s, nil
}

// URL is where a client on this machine finds the server.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Serve is a server's whole process: it tells its URL in a line on out, for each
// line of in how many messages have come, how many nanoseconds their answers
// took in all, and how many connections are open, and ends when in ends.
func Serve(in io.Reader, out io.Writer, o Options) error {
	s, err := Listen("127.0.0.1:0", o)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, s.URL())
	asked := bufio.NewScanner(in)
	for asked.Scan() {
		fmt.Fprintln(out, s.Messages(), s.taken.Load(), s.connections())
	}
	return errors.Join(asked.Err(), s.Close())
}

// Messages returns how many messages have come.
func (s *Server) Messages() int64 { return s.messages.Load() }

// connections returns how many are open. Without any, no more messages come.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close ends the server and all its connections.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.group.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.conns == nil {
			conn.Close()
		} else {
			s.conns[conn] = struct{}{}
			s.group.Go(func() { s.serve(conn) })
		}
		s.mu.Unlock()
	}
}

// serve answers the requests of a connection until the client is gone, or sends
// what can't be read.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	in := bufio.NewReaderSize(conn, 4<<10)
	var body, out []byte
	for {
		line, length, err := readHead(in)
		if err != nil || length > maxBody {
			return
		}
		body = append(body[:0], make([]byte, length)...)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		came := time.Now()
		if out = s.answer(out[:0], line, body); line == postMessage {
			s.taken.Add(int64(time.Since(came)))
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// maxBody is the longest body of a request that is read.
const maxBody = 1 << 20

// A route is what the first line of a request asks for.
type route int

const (
	other route = iota // who the token belongs to, or an admin: one answer fits both
	postMessage
)

// readHead reads a request up to its body.
func readHead(in *bufio.Reader) (r route, length int, err error) {
	first, err := in.ReadSlice('\n')
	if err != nil {
		return other, 0, err
	}
	if bytes.HasPrefix(first, []byte("POST /messages ")) {
		r = postMessage
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return other, 0, err
		}
		if len(line) <= len("\r\n") {
			return r, length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return other, 0, errors.New("a length that is none")
			}
		}
	}
}

// answer appends the answer to a request.
func (s *Server) answer(out []byte, r route, body []byte) []byte {
	if r != postMessage {
		const who = `{"type":"admin","id":"394051","email":"a@example.com","name":"A","app":{"type":"app","id_code":"bench","name":"Bench","region":"US"}}`
		return append(appendHead(out, "200 OK", len(who)), who...)
	}
	if s.options.Latency > 0 {
		<-time.After(s.options.Latency)
	}
	number := s.messages.Add(1)
	if n := s.options.Refuse; n > 0 && number%n == 0 {
		const refused = `{"type":"error.list","request_id":"bench","errors":[{"code":"parameter_invalid","message":"refused, as was asked for"}]}`
		return append(appendHead(out, "400 Bad Request", len(refused)), refused...)
	}
	id := strconv.FormatInt(number, 10)
	const before, between = `{"type":"admin_message","id":"`, `","created_at":1734537786,"message_type":"email",`
	// The request is an object: without its brace its members follow on ours.
	members := bytes.TrimPrefix(body, []byte("{"))
	if len(members) == 0 {
		members = []byte(`"empty":true}`)
	}
	out = appendHead(out, "200 OK", len(before)+len(id)+len(between)+len(members))
	out = append(append(out, before...), id...)
	return append(append(out, between...), members...)
}

func appendHead(out []byte, status string, length int) []byte {
	out = append(append(out, "HTTP/1.1 "...), status...)
	out = append(out, "\r\nContent-Type: application/json; charset=utf-8\r\nDate: "...)
	out = time.Now().UTC().AppendFormat(out, "Mon, 02 Jan 2006 15:04:05 GMT")
	out = append(out, "\r\nX-RateLimit-Limit: 1000000\r\nX-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: "...)
	out = strconv.AppendInt(out, time.Now().Unix()+10, 10)
	out = append(out, "\r\nX-Request-Id: 000a1b2c3d4e5f6g7h8i\r\nContent-Length: "...)
	return append(strconv.AppendInt(out, int64(length), 10), "\r\n\r\n"...)
}
