package governor

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxPause bounds what a header can make the governor wait: a reset further
// away than this is a mistake, theirs or a clock's.
const maxPause = time.Minute

// maxLimit is more than any limit that Intercom has ever published.
const maxLimit = 1_000_000

// headers is what an answer says of the rate limit. Any of it can be absent.
type headers struct {
	limit        int // 0: not said
	remaining    int
	hasRemaining bool
	pause        time.Duration // until the window resets; 0: not said
}

// readHeaders reads X-RateLimit-Limit, -Remaining and -Reset (unix seconds)
// and Retry-After (seconds or a date). Waits are counted from the answer's own
// Date, since the two clocks may differ; now stands in where there is none.
func readHeaders(h http.Header, now time.Time) headers {
	var out headers
	if n, ok := number(h, "X-RateLimit-Limit"); ok && n > 0 && n <= maxLimit {
		out.limit = n
	}
	if n, ok := number(h, "X-RateLimit-Remaining"); ok {
		out.remaining, out.hasRemaining = n, true
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	if n, ok := number(h, "X-RateLimit-Reset"); ok {
		out.pause = sane(time.Unix(int64(n), 0).Sub(now))
	}
	if out.pause == 0 {
		out.pause = retryAfter(h.Get("Retry-After"), now)
	}
	return out
}

func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && n < int(maxPause/time.Second) {
		return sane(time.Duration(n) * time.Second)
	}
	if t, err := http.ParseTime(v); err == nil {
		return sane(t.Sub(now))
	}
	return 0
}

func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
	return n, err == nil && n >= 0
}

// sane returns d, or 0 if it is in the past or absurdly far ahead.
func sane(d time.Duration) time.Duration {
	if d <= 0 || d > maxPause {
		return 0
	}
	return d
}
