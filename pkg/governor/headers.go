package governor

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What headers can make the governor wait: a reset further away is a mistake,
// theirs or a clock's; a Retry-After is meant as it stands.
const (
	maxReset      = time.Minute
	maxRetryAfter = time.Hour
)

// maxLimit is more than any limit that Intercom has ever published.
const maxLimit = 1_000_000

// headers is what an answer says of the rate limit. Any of it can be absent.
type headers struct {
	limit        int // 0: not said
	remaining    int
	hasRemaining bool
	reset        time.Duration // until the window resets; 0: not said
	retryAfter   time.Duration // 0: not said
}

// pause is how long a 429 asks to wait; 0: not said.
func (h headers) pause() time.Duration {
	if h.reset > 0 {
		return h.reset
	}
	return h.retryAfter
}

// readHeaders reads X-RateLimit-Limit, -Remaining and -Reset (unix seconds)
// and Retry-After (seconds or a date), of an answer that came at now. Dates are
// compared with the server's clock.
func readHeaders(h http.Header, clock *serverClock, now time.Time) headers {
	var out headers
	if n, ok := number(h, "X-Ratelimit-Limit"); ok && n > 0 && n <= maxLimit {
		out.limit = n
	}
	if n, ok := number(h, "X-Ratelimit-Remaining"); ok {
		out.remaining, out.hasRemaining = n, true
	}
	there := clock.read(first(h, "Date"), now)
	if n, ok := number(h, "X-Ratelimit-Reset"); ok {
		out.reset = sane(time.Unix(int64(n), 0).Sub(there), maxReset)
	}
	if v := first(h, "Retry-After"); v != "" {
		out.retryAfter = sane(retryAfter(v, there), maxRetryAfter)
	}
	return out
}

func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
		return time.Duration(min(n, int(2*maxRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.Sub(now)
	}
	return 0
}

// first returns a header's first value. The name is in canonical form.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func number(h http.Header, name string) (int, bool) {
	v := first(h, name)
	if v == "" {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(v))
	return n, err == nil && n >= 0
}

// sane returns d, or 0 if it is in the past or further ahead than most.
func sane(d, most time.Duration) time.Duration {
	if d <= 0 || d > most {
		return 0
	}
	return d
}

// A serverClock tells the server's time. A Date is cut to seconds, so one
// answer alone may be a second behind; the least behind of them counts. What it
// tells is never ahead of the server, as long as neither clock is set.
type serverClock struct {
	date  string // the last one read, and what it means: they repeat
	at    time.Time
	ahead time.Duration // of ours, at least
	known bool
}

// read returns the server's time when an answer that came at now was made. It
// is now, if there is no Date.
func (c *serverClock) read(date string, now time.Time) time.Time {
	if date != c.date {
		c.date = date
		c.at, _ = http.ParseTime(date)
	}
	if c.at.IsZero() {
		return now
	}
	// Beyond what cutting to seconds and a slow answer explain, a clock was set.
	const set = 5 * time.Second
	ahead := c.at.Sub(now.Round(0))
	if !c.known || ahead > c.ahead || ahead < c.ahead-set {
		c.ahead, c.known = ahead, true
	}
	return now.Add(c.ahead).Round(0)
}
