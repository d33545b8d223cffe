package sandbox

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"
)

// refusal is a documented error. An empty code or field is what the API
// sometimes sends; the field becomes null.
type refusal struct {
	status               int
	code, message, field string
}

// label names the refusal in the witness, as "404 not_found".
func (r *refusal) label() string {
	if r.code == "" {
		return strconv.Itoa(r.status)
	}
	return strconv.Itoa(r.status) + " " + r.code
}

// answer is what will be written, and how much of it.
type answer struct {
	status      int
	body        []byte
	contentType string
	delay       time.Duration // beyond the latency
	cut         bool          // send half of the body, then close
	reset       bool          // send nothing, reset the connection
}

func jsonAnswer(status int, value any) *answer {
	var body bytes.Buffer
	body.Grow(1024)
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // our own structs of strings and numbers
	}
	return &answer{status: status, body: body.Bytes(), contentType: "application/json; charset=utf-8"}
}

type errorList struct {
	Type      string      `json:"type"`
	RequestID string      `json:"request_id"`
	Errors    []errorItem `json:"errors"`
}

type errorItem struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Field   *string `json:"field"`
}

func (r *refusal) answer(requestID string) *answer {
	item := errorItem{Code: r.code, Message: r.message}
	if r.field != "" {
		item.Field = &r.field
	}
	return jsonAnswer(r.status, errorList{"error.list", requestID, []errorItem{item}})
}

func (a *answer) write(w http.ResponseWriter) {
	if a.reset {
		resetConnection(w)
		return
	}
	header := w.Header()
	// nil keeps net/http from guessing a type where none is wanted.
	header["Content-Type"] = nil
	if a.contentType != "" {
		header["Content-Type"] = []string{a.contentType}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	body := a.body
	if a.cut {
		// net/http closes a connection whose handler wrote less than announced.
		body = body[:len(body)/2]
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that has gone away is no concern of ours
}

// resetConnection makes the kernel answer with RST: nothing is flushed, nothing lingers.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not a real connection: break off all the same
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
