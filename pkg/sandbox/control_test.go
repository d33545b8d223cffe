package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestControl(t *testing.T) {
	s := New(Options{Limit: 1000, Now: at(1003)})
	for _, id := range []string{"a", "b", "b"} {
		post(s, fmt.Sprintf(emailTo, id))
	}
	var got Witness
	if err := json.Unmarshal(get(s, "/_sandbox/witness").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	moment := time.Unix(1003, 0)
	want := Witness{
		Requests: 3, Messages: 3, Recipients: 2, Duplicates: 1, MostInWindow: 3, First: moment, Last: moment,
		Endpoints: map[string]int64{"POST /messages": 3},
		Refused:   map[string]int64{}, Faults: map[string]int64{}, Digest: got.Digest,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got.Digest) != 64 {
		t.Errorf("digest %q\n%s", got.Digest, diff)
	}
	if diff := cmp.Diff(map[string]Delivery{"a": {"a", 1, "1"}, "b": {"b", 2, "3"}}, deliveries(t, s, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]Delivery{"b": {"b", 2, "3"}}, deliveries(t, s, "?over=1")); diff != "" {
		t.Error(diff)
	}
	if code := get(s, "/_sandbox/other").Code; code != 404 {
		t.Errorf("unknown control path: %d", code)
	}
}

func deliveries(t *testing.T, s *Sandbox, query string) map[string]Delivery {
	t.Helper()
	found := map[string]Delivery{}
	lines := bufio.NewScanner(get(s, "/_sandbox/deliveries"+query).Body)
	for lines.Scan() {
		var d Delivery
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		found[d.ID] = d
	}
	return found
}

func TestReset(t *testing.T) {
	s := New(Options{Limit: 3, Now: at(1003)})
	post(s, fmt.Sprintf(emailTo, "a"))
	r := newRequest("", "")
	r.URL.Path = "/_sandbox/reset"
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if code := ask(s, r).Code; code != 403 || s.Delivered("a") != 1 {
		t.Errorf("another site could reset: %d", code)
	}
	r.Header.Del("Sec-Fetch-Site")
	if code := ask(s, r).Code; code != 204 || s.Delivered("a") != 0 || s.Witness().Requests != 0 {
		t.Errorf("reset: %d %+v", code, s.Witness())
	}
	w := post(s, fmt.Sprintf(emailTo, "a"))
	if left := w.Header().Get("X-RateLimit-Remaining"); left != "1" || !strings.Contains(w.Body.String(), `"id":"2"`) {
		t.Errorf("the window or the ids began anew: %s left, %s", left, w.Body)
	}
}

func TestDigest(t *testing.T) {
	digest := func(ids ...string) string {
		s := New(Options{Contacts: Contacts{States: map[string]State{"gone": Unknown}}})
		for _, id := range ids {
			post(s, fmt.Sprintf(emailTo, id))
		}
		return s.Witness().Digest
	}
	want := digest("a", "b", "c")
	if digest("c", "gone", "a", "b") != want {
		t.Error("order or a refused message changes the digest")
	}
	for _, other := range [][]string{{"a", "b"}, {"a", "b", "d"}, {"a", "b", "c", "c", "c"}, {}} {
		if digest(other...) == want {
			t.Errorf("%v has the digest of a, b, c", other)
		}
	}
}

func TestServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server, err := Listen(ctx, "0.0.0.0:0", New(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if port := server.Addr().(*net.TCPAddr).Port; server.URL() != fmt.Sprintf("http://127.0.0.1:%d", port) {
		t.Errorf("%s for %s", server.URL(), server.Addr())
	}
	answer, err := http.Get(server.URL() + "/_sandbox/witness")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if _, err := Listen(ctx, server.Addr().String(), New(Options{})); err == nil || !strings.HasPrefix(err.Error(), "start sandbox: ") {
		t.Errorf("second on the same port: %v", err)
	}
	cancel()
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}
