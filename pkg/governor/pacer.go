package governor

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// catchUp is how late a token, or else the one after it, may be taken without
// the pace falling behind.
const catchUp = 50 * time.Millisecond

// A pacer spaces requests: a token bucket with a burst of one. Nobody sleeps
// for a token that is already his: the one caller at the head of the queue asks
// when the next token is due, and takes it then, so that a new rate applies at
// once to everybody, and a token nobody wants any more has not been spent.
//
// It is not safe for concurrent use.
type pacer struct {
	bucket *rate.Limiter
	last   time.Time // when the last token was due, or the rate changed
}

// setRate sets the rate in requests a second.
func (p *pacer) setRate(now time.Time, perSecond float64) {
	if limit := rate.Limit(perSecond); limit != p.bucket.Limit() {
		p.bucket.SetLimitAt(now, limit)
		p.last = now
	}
}

// due returns when the next token is there. It counts from the moment that the
// last token was due, not from the later one at which a sleeper woke or a place
// became free: else each of these would make the pace a little slower.
func (p *pacer) due(now time.Time) time.Time {
	due := p.last
	if missing := 1 - p.bucket.TokensAt(due); missing > 0 {
		wait := math.Ceil(missing / float64(p.bucket.Limit()) * float64(time.Second))
		due = due.Add(time.Duration(min(wait, float64(time.Hour))))
	}
	interval := time.Duration(float64(time.Second) / float64(p.bucket.Limit()))
	if late := now.Add(-max(catchUp, interval)); due.Before(late) {
		return late
	}
	return due
}

// take takes the token that is due, and reports whether it was there.
func (p *pacer) take(due time.Time) bool {
	if !p.bucket.AllowN(due, 1) {
		return false
	}
	p.last = due
	return true
}
