package target

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestServe(t *testing.T) {
	in, end := io.Pipe()
	said, out := io.Pipe()
	var server sync.WaitGroup
	server.Go(func() {
		if err := Serve(in, out, Options{Refuse: 4}); err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewScanner(said)
	lines.Scan()
	url := lines.Text()
	for id, body := range []string{`{"subject":"Hi \"you\"","to":{"id":"7"}}`, `{"body":"` + strings.Repeat("long ", 10_000) + `"}`, `{"a":1}`} {
		resp, err := http.Post(url+"/messages", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var got, sent map[string]any
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || json.Unmarshal(text, &got) != nil || json.Unmarshal([]byte(body), &sent) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got["id"] != string(rune('1'+id)) || resp.Header.Get("X-RateLimit-Limit") == "" {
			t.Errorf("id %v, headers %v", got["id"], resp.Header)
		}
		for name := range sent {
			if name != "to" && got[name] != sent[name] {
				t.Errorf("%s is %v, not %v", name, got[name], sent[name])
			}
		}
	}
	if resp, err := http.Get(url + "/me"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", resp, err)
	}
	if resp, err := http.Post(url+"/messages", "application/json", strings.NewReader("{}")); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the fourth message, to be refused: %v, %v", resp, err)
	}
	io.WriteString(end, "how many?\n")
	if lines.Scan(); !strings.HasPrefix(lines.Text(), "4 ") {
		t.Errorf("it says it got %q, want 4 messages", lines.Text())
	}
	end.Close()
	server.Wait()
}
