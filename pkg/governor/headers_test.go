package governor

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func unix(now time.Time, d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }

func date(now time.Time, d time.Duration) string {
	return now.Add(d).UTC().Format(http.TimeFormat)
}

func TestReadHeaders(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return unix(now, d) }
	on := func(d time.Duration) string { return date(now, d) }
	tests := []struct {
		name   string
		header http.Header
		want   headers
	}{
		{"none", http.Header{}, headers{}},
		{"all", http.Header{"X-Ratelimit-Limit": {"167"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {in(7 * time.Second)}},
			headers{limit: 167, hasRemaining: true, reset: 7 * time.Second}},
		{"their clock is 5 minutes ahead", http.Header{"Date": {on(5 * time.Minute)}, "X-Ratelimit-Reset": {in(5*time.Minute + 3*time.Second)}},
			headers{reset: 3 * time.Second}},
		{"limit 0", http.Header{"X-Ratelimit-Limit": {"0"}}, headers{}},
		{"absurd limit", http.Header{"X-Ratelimit-Limit": {"99999999"}}, headers{}},
		{"reset in the past", http.Header{"X-Ratelimit-Reset": {in(-time.Minute)}}, headers{}},
		{"reset in an hour", http.Header{"X-Ratelimit-Reset": {in(time.Hour)}}, headers{}},
		{"reset at the end of time", http.Header{"X-Ratelimit-Reset": {"9223372036854775807"}}, headers{}},
		{"not numbers", http.Header{"X-Ratelimit-Limit": {"many"}, "X-Ratelimit-Remaining": {"-3"}, "X-Ratelimit-Reset": {"soon"}}, headers{}},
		{"retry after seconds", http.Header{"Retry-After": {"12"}}, headers{retryAfter: 12 * time.Second}},
		{"retry after minutes", http.Header{"Retry-After": {"120"}}, headers{retryAfter: 2 * time.Minute}},
		{"retry after a date", http.Header{"Retry-After": {on(9 * time.Second)}}, headers{retryAfter: 9 * time.Second}},
		{"both", http.Header{"X-Ratelimit-Reset": {in(2 * time.Second)}, "Retry-After": {"12"}}, headers{reset: 2 * time.Second, retryAfter: 12 * time.Second}},
		{"retry after an absurd time", http.Header{"Retry-After": {"99999999999999"}}, headers{}},
		{"retry after less than nothing", http.Header{"Retry-After": {"-99999999999999"}}, headers{}},
	}
	for _, test := range tests {
		if got := readHeaders(test.header, new(serverClock), now); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// A Date is up to a second old, but with answers enough the server's time is
// known to within their latency; and never ahead of it.
func TestServerClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, skew := range []time.Duration{0, 7*time.Minute + 300*time.Millisecond, -20 * time.Second} {
		var c serverClock
		var got time.Time
		for i := range 200 {
			now = now.Add(37 * time.Millisecond)
			there := now.Add(skew)
			got = c.read(there.UTC().Format(http.TimeFormat), now)
			behind := there.Sub(got)
			if behind < 0 || behind >= time.Second || i > 100 && behind > 40*time.Millisecond {
				t.Fatalf("skew %v, answer %d: %v behind the server", skew, i, behind)
			}
		}
		// The clock is set back.
		back := now.Add(skew - time.Minute)
		if got := c.read(back.UTC().Format(http.TimeFormat), now); got.After(back) || back.Sub(got) > time.Second {
			t.Errorf("skew %v: %v after the clock was set to %v", skew, got, back)
		}
	}
}

func FuzzReadHeaders(f *testing.F) {
	f.Add("167", "3", "1795348807", "Sun, 22 Nov 2026 12:00:00 GMT", "12")
	f.Add("-1", "x", "9223372036854775807", "now", "Sun, 22 Nov 2026 12:00:09 GMT")
	f.Add("0", "", "-9223372036854775808", "Sun, 22 Nov 0000 12:00:00 GMT", "-9223372036854775808")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, limit, remaining, reset, date, after string) {
		h := readHeaders(http.Header{
			"X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset},
			"Date": {date}, "Retry-After": {after},
		}, new(serverClock), now)
		if h.limit < 0 || h.limit > maxLimit || h.remaining < 0 || h.reset < 0 || h.reset > maxReset ||
			h.retryAfter < 0 || h.retryAfter > maxRetryAfter {
			t.Errorf("%+v", h)
		}
	})
}
