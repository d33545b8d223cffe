package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFaultsOnTheWire looks at each fault from the other end of a real socket.
func TestFaultsOnTheWire(t *testing.T) {
	for text, test := range map[string]struct {
		status    int // 0: no answer at all
		media     string
		begin     string // of the body
		cut       bool
		delivered int
	}{
		"429=100%":              {429, "application/json; charset=utf-8", `{"type":"error.list"`, false, 0},
		"500=id:a":              {500, "application/json; charset=utf-8", `{"type":"error.list"`, false, 0},
		"503+taken=first:1":     {503, "application/json; charset=utf-8", `{"type":"error.list"`, false, 1},
		"slow:1ms=100%":         {200, "application/json; charset=utf-8", `{"type":"admin_message"`, false, 1},
		"reset-before=100%":     {0, "", "", false, 0},
		"reset-after=100%":      {0, "", "", false, 1},
		"cut=100%":              {200, "application/json; charset=utf-8", `{"type":"admin_message"`, true, 1},
		"empty=100%":            {200, "", "", false, 1},
		"not-json=100%":         {502, "text/html; charset=utf-8", "<!DOCTYPE html>", false, 0},
		"not-json:200=100%":     {200, "text/html; charset=utf-8", "<!DOCTYPE html>", false, 0},
		"not-json+taken=100%":   {502, "text/html; charset=utf-8", "<!DOCTYPE html>", false, 1},
		"reset-before=id:other": {200, "application/json; charset=utf-8", `{"type":"admin_message"`, false, 1},
	} {
		t.Run(text, func(t *testing.T) {
			fault, err := ParseFault(text)
			if err != nil {
				t.Fatal(err)
			}
			s := New(Options{Faults: []Fault{fault}})
			answer, body, err := exchange(t, s, "a")
			if got := s.Delivered("a"); got != test.delivered {
				t.Errorf("delivered %d, want %d", got, test.delivered)
			}
			if test.status == 0 {
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("error %v, want a reset connection", err)
				}
				return
			}
			if test.cut != errors.Is(err, io.ErrUnexpectedEOF) || !test.cut && err != nil {
				t.Errorf("reading the body: %v", err)
			}
			if answer.StatusCode != test.status || answer.Header.Get("Content-Type") != test.media ||
				!strings.HasPrefix(body, test.begin) || test.begin == "" && body != "" {
				t.Errorf("%d %v %q", answer.StatusCode, answer.Header, body)
			}
		})
	}
}

// exchange posts one email over a socket of its own.
func exchange(t *testing.T, s *Sandbox, id string) (*http.Response, string, error) {
	t.Helper()
	server, err := Listen(t.Context(), "", s)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(newRequest(server.URL(), fmt.Sprintf(emailTo, id)))
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

func TestFaultStatuses(t *testing.T) {
	for status, code := range map[int]string{
		400: "client_error", 408: "request_timeout", 409: "conflict", 429: "too_many_requests",
		500: "server_error", 502: "server_error", 503: "service_unavailable", 504: "request_timeout",
	} {
		s := New(Options{Faults: []Fault{{Kind: FaultStatus, Status: status, Share: 1}}})
		wantRefusal(t, post(s, fmt.Sprintf(emailTo, "a")), status, code, "", "")
		if w := s.Witness(); w.Faults[fmt.Sprint(status)] != 1 || len(w.Refused) != 0 {
			t.Errorf("witness %+v", w)
		}
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: time.Second, Faults: []Fault{{Kind: FaultSlow, Delay: 3 * time.Second, First: 1}}})
		for _, want := range []time.Duration{4 * time.Second, time.Second} {
			begin := time.Now()
			post(s, fmt.Sprintf(emailTo, "a"))
			if took := time.Since(begin); took != want {
				t.Errorf("took %v, want %v", took, want)
			}
		}
	})
}

func TestFaultsSpareWhatTheyShould(t *testing.T) {
	s := New(Options{Faults: []Fault{
		{Kind: FaultStatus, Status: 503, IDs: []string{"a"}, Times: 2},
		{Kind: FaultStatus, Status: 500, First: 2},
	}})
	var got []int
	for _, id := range []string{"a", "b", "c", "a", "a"} {
		got = append(got, post(s, fmt.Sprintf(emailTo, id)).Code)
	}
	if diff := cmp.Diff([]int{503, 500, 200, 503, 200}, got); diff != "" {
		t.Error(diff)
	}
	if get(s, "/me").Code != 200 {
		t.Error("a fault struck GET /me")
	}
}

func TestFaultShareIsRepeatable(t *testing.T) {
	codes := func(seed uint64) (all []int) {
		s := New(Options{Seed: seed, Faults: []Fault{{Kind: FaultStatus, Share: .2}}})
		for try := range 2 {
			for i := range 500 {
				all = append(all, post(s, fmt.Sprintf(emailTo, fmt.Sprintf("c%d", (i+try*7)%500))).Code)
			}
		}
		return all
	}
	first, struck := codes(1), 0
	for _, code := range first {
		if code == 500 {
			struck++
		}
	}
	if struck < 150 || struck > 250 {
		t.Errorf("struck %d of 1000, want about 200", struck)
	}
	if !cmp.Equal(first, codes(1)) || cmp.Equal(first, codes(2)) {
		t.Error("the seed does not decide")
	}
}

func TestParseFault(t *testing.T) {
	for text, want := range map[string]Fault{
		"503=1%":              {Kind: FaultStatus, Status: 503, Share: .01},
		"500+taken=first:3":   {Kind: FaultStatus, Status: 500, Taken: true, First: 3},
		"reset-after=0.005":   {Kind: FaultResetAfter, Share: .005},
		"slow:3s=2%":          {Kind: FaultSlow, Delay: 3 * time.Second, Share: .02},
		"not-json:200=id:a=b": {Kind: FaultNotJSON, Status: 200, IDs: []string{"a=b"}},
	} {
		if got, err := ParseFault(text); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "503", "=1%", "503=", "503=0", "503=101%", "503=NaN", "503=first:0", "503=first:x", "503=id:",
		"200=1%", "600=1%", "boom=1%", "slow=1%", "slow:-1s=1%", "not-json:99=1%", "cut+taken=1%",
	} {
		if fault, err := ParseFault(text); err == nil {
			t.Errorf("%q was read as %+v", text, fault)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("parse fault %q: ", text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
