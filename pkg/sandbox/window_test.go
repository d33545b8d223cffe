package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWindows(t *testing.T) {
	type step struct {
		at        float64 // seconds after 1000, a full ten
		status    int
		remaining string
		reset     string
	}
	for name, test := range map[string]struct {
		style Style
		steps []step
	}{
		"aligned": {Aligned, []step{
			{7, 200, "1", "1010"}, {9.5, 200, "0", "1010"}, {9.9, 429, "0", "1010"},
			{10, 200, "1", "1020"}, {10.1, 200, "0", "1020"}, {19.99, 429, "0", "1020"}, {45, 200, "1", "1050"},
		}},
		"anchored": {Anchored, []step{
			{7, 200, "1", "1017"}, {9.5, 200, "0", "1017"}, {16.9, 429, "0", "1017"},
			{17.5, 200, "1", "1028"}, {45, 200, "1", "1055"},
		}},
		"sliding": {Sliding, []step{
			{7, 200, "1", "1017"}, {9.5, 200, "0", "1017"}, {16.9, 429, "0", "1017"},
			{17, 200, "0", "1020"}, {17.1, 429, "0", "1020"}, {19.5, 200, "0", "1027"}, {45, 200, "1", "1055"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Time{}
			s := New(Options{Limit: 2, Style: test.style, Now: func() time.Time { return now }})
			for _, step := range test.steps {
				now = time.Unix(1000, 0).Add(time.Duration(step.at * float64(time.Second)))
				w := post(s, fmt.Sprintf(emailTo, "a"))
				header := w.Header()
				got := [3]string{header.Get("X-RateLimit-Limit"), header.Get("X-RateLimit-Remaining"), header.Get("X-RateLimit-Reset")}
				if want := [3]string{"2", step.remaining, step.reset}; w.Code != step.status || got != want {
					t.Errorf("at %v: %d %v, want %d %v", step.at, w.Code, got, step.status, want)
				}
				if date := now.UTC().Format(http.TimeFormat); header.Get("Date") != date {
					t.Errorf("Date %q, want %q", header.Get("Date"), date)
				}
			}
		})
	}
}

func TestThrottledAnswer(t *testing.T) {
	s := New(Options{Limit: 1, Now: at(1003), Headers: Headers{RetryAfter: true}})
	get(s, "/me")
	w := post(s, fmt.Sprintf(emailTo, "a"))
	wantRefusal(t, w, 429, "rate_limit_exceeded", "Exceeded rate limit of 1 in 10_seconds", "")
	if got := w.Header().Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After %q", got)
	}
	witness := s.Witness()
	if witness.Throttled != 1 || witness.Requests != 2 || witness.MostInWindow != 2 || len(witness.Refused) != 0 {
		t.Errorf("witness %+v", witness)
	}
}

func TestHeadersCanLie(t *testing.T) {
	for name, test := range map[string]struct {
		headers Headers
		want    map[string]string
	}{
		"off":  {Headers{Off: true}, map[string]string{"X-RateLimit-Limit": "", "X-RateLimit-Remaining": "", "X-RateLimit-Reset": "", "Date": "Thu, 01 Jan 1970 00:16:43 GMT"}},
		"omit": {Headers{Omit: []string{"x-ratelimit-reset", "Date"}}, map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Reset": "", "Date": ""}},
		"set":  {Headers{Off: true, Set: map[string]string{"X-RateLimit-Limit": "0"}}, map[string]string{"X-RateLimit-Limit": "0", "X-RateLimit-Reset": ""}},
		"skew": {Headers{Skew: time.Hour}, map[string]string{"X-RateLimit-Reset": "4610", "Date": "Thu, 01 Jan 1970 01:16:43 GMT"}},
	} {
		t.Run(name, func(t *testing.T) {
			header := get(New(Options{Limit: 5, Now: at(1003), Headers: test.headers}), "/me").Header()
			for key, want := range test.want {
				if got := header.Get(key); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
		})
	}
	if header := get(New(Options{}), "/me").Header(); header.Get("X-RateLimit-Limit") != "" {
		t.Error("headers without a limit")
	}
}

// TestMostInWindowIsExact holds the witness and the sliding limit against
// counting every span that begins with an arrival.
func TestMostInWindowIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 12_000), 1, 80).Draw(t, "gaps in ms")
		now := time.Unix(1000, 0)
		s := New(Options{Limit: limit, Style: Sliding, Now: func() time.Time { return now }})
		var all, in []time.Time
		for _, gap := range gaps {
			now = now.Add(time.Duration(gap*gap/12_000) * time.Millisecond)
			all = append(all, now)
			if get(s, "/me").Code == 200 {
				in = append(in, now)
			}
		}
		if got, want := s.Witness().MostInWindow, fullest(all); got != want {
			t.Fatalf("most in a window %d, counted %d", got, want)
		}
		if got, want := fullest(in), min(limit, fullest(all)); got != want {
			t.Fatalf("let %d in, want %d", got, want)
		}
	})
}

func fullest(times []time.Time) (most int) {
	for i, from := range times {
		n := 0
		for _, at := range times[i:] {
			if at.Sub(from) < 10*time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestClockThatGoesBack(t *testing.T) {
	now := time.Unix(1000, 0)
	s := New(Options{Limit: 1, Style: Sliding, Now: func() time.Time { return now }})
	get(s, "/me")
	now = now.Add(-time.Hour)
	if w := get(s, "/me"); w.Code != 429 || s.Witness().MostInWindow != 2 {
		t.Errorf("%d, witness %+v", w.Code, s.Witness())
	}
}
