package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A counter stands before a sandbox, and notes which messages were asked about.
type counter struct {
	box *sandbox.Sandbox

	mu       sync.Mutex
	asked    map[string]int // by message id
	requests int
	failAt   int // this request is answered with an error; 0: none
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/conversations/search" && !c.note(r) {
		http.Error(w, `{"type":"error.list","errors":[{"code":"server_error"}]}`, http.StatusInternalServerError)
		return
	}
	c.box.ServeHTTP(w, r)
}

// note reports whether the request is to be answered.
func (c *counter) note(r *http.Request) bool {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var query struct {
		Query struct{ Value []string } `json:"query"`
	}
	_ = json.Unmarshal(body, &query)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests++; c.requests == c.failAt {
		return false
	}
	for _, id := range query.Query.Value {
		c.asked[id]++
	}
	return true
}

// Messages are asked about in the fewest requests, and a round that was stopped
// goes on where it was, without asking again.
func TestRepliesGoOn(t *testing.T) {
	const people = 330
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var rows strings.Builder
	for i := range people {
		rows.WriteString("p" + strconv.Itoa(i) + "\n")
	}
	write("c.csv", "id\n"+rows.String())
	write("c.yaml", "name: c\nsource: c.csv\nto: {type: user, id: '{{.id}}'}\nmessage: {type: in_app, body: Hello you, from: 394051}\nrate: 5000/s\n")
	c := &counter{box: sandbox.New(sandbox.Options{AnyRecipient: true, Replies: sandbox.Replies{Share: 0.2}}), asked: map[string]int{}}
	server := httptest.NewServer(c)
	defer server.Close()
	t.Setenv("HERALD_BASE_URL", server.URL)
	t.Setenv(tokenVariable, "any")
	herald := func(command ...string) (string, error) {
		var out, said bytes.Buffer
		err := run(t.Context(), append(command[:1:1], append([]string{filepath.Join(dir, "c.yaml")}, command[1:]...)...), strings.NewReader(""), &out, &said)
		return out.String() + said.String(), err
	}
	if text, err := herald("send", "--yes"); err != nil {
		t.Fatal(err, text)
	}
	c.failAt = 4
	if text, err := herald("replies"); err == nil || !strings.Contains(text, "stopped after 150 messages") {
		t.Fatal(err, text)
	}
	text, err := herald("replies")
	if err != nil || !strings.Contains(text, "asked about 180 messages") {
		t.Fatal(err, text)
	}
	if want := (people+49)/50 + 1; c.requests != want {
		t.Errorf("%d requests, want %d", c.requests, want)
	}
	for id, n := range c.asked {
		if n != 1 {
			t.Errorf("message %s was asked about %d times", id, n)
		}
	}
	if len(c.asked) != people {
		t.Errorf("asked about %d of %d messages", len(c.asked), people)
	}
	c.asked = map[string]int{}
	text, err = herald("replies")
	if err != nil || !strings.Contains(text, "nothing new") {
		t.Fatal(err, text)
	}
	if n := len(c.asked); n < people*7/10 || n > people*9/10 {
		t.Errorf("asked about %d of %d once more: those who replied are known", n, people)
	}
}
