package governor

import (
	"fmt"
	"time"
)

// A Cause is why requests wait.
type Cause int

// The causes of waiting.
const (
	Pacing            Cause = iota // for the next token: all is well
	Full                           // for a place: as many as may have arrived in one window
	Throttled                      // for the window to reset, after a 429
	ResourceThrottled              // for one resource, after a 429 of its own
	Others                         // for the window to reset, since others used it up
	Paused                         // for Resume
	causes
)

var causeNames = [causes]string{"pace", "full window", "throttled", "throttled resource", "others", "paused"}

// String returns the cause in small letters.
func (c Cause) String() string {
	if c < 0 || c >= causes {
		return fmt.Sprintf("cause %d", int(c))
	}
	return causeNames[c]
}

// A WaitError says that the API makes a campaign wait for longer than it may.
type WaitError struct {
	Cause  Cause         // Throttled, ResourceThrottled or Others
	Waited time.Duration // so far, since a request was last let in
	Wait   time.Duration // that would still be needed
	Max    time.Duration // the longest allowed, of both together
}

// Error says how long.
func (e *WaitError) Error() string {
	return fmt.Sprintf("waited %v for the API's limit and would wait %v more: the longest wait allowed is %v",
		e.Waited.Round(100*time.Millisecond), e.Wait.Round(100*time.Millisecond), e.Max)
}

// A Status is what a governor knows.
type Status struct {
	Limit     int     // the API's limit per Window, 0 if it has not said
	Remaining int     // of that, as the last answer said
	Effective float64 // requests per Window that may leave

	// UsedByUs is how many of our requests can have arrived in the current
	// window, or in the last 10 s where the API does not say when it began.
	// UsedByOthers is what answers prove to be used beyond that, in this window
	// or the one before, whichever is more.
	UsedByUs, UsedByOthers int

	// MostByOthers is the most that others were proven to use in a window.
	MostByOthers int

	Throttled  int // answers of 429 so far, of any kind
	TurnedBack int // requests not admitted so far

	// Until is when requests may go on; in the past if they may now. It is not
	// set by a pause, of which Paused tells.
	Until  time.Time
	Cause  Cause // why they wait, if they do
	Paused bool

	// Waits is how long requests waited so far, by Cause. The workers wait
	// together, so these are hours of the run, not of each worker.
	Waits [causes]time.Duration
}

// tally is what a governor counts.
type tally struct {
	throttled, turnedBack int
	waits                 [causes]time.Duration
	stalled               time.Duration // waited for the API since a request was last let in
}

// Share returns the part of the API's limit that may be used.
func (g *Governor) Share() float64 { return g.share }

// Status returns what the governor knows now.
func (g *Governor) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.count.advance(now)
	s := Status{
		Limit: g.limit.told, Remaining: g.limit.remaining, Effective: g.limit.effective,
		UsedByUs: g.count.since(g.limit.began(now)), UsedByOthers: g.limit.usedByOthers(now),
		MostByOthers: g.limit.mostOthers,
		Throttled:    g.tally.throttled, TurnedBack: g.tally.turnedBack, Waits: g.tally.waits,
		Until: g.window.until, Cause: Throttled, Paused: g.paused,
	}
	if t := g.paths.until(); t.After(s.Until) {
		s.Until, s.Cause = t, ResourceThrottled
	}
	if g.others.until.After(s.Until) {
		s.Until, s.Cause = g.others.until, Others
	}
	if g.paused || !s.Until.After(now) {
		s.Cause = Pacing
		if g.paused {
			s.Cause = Paused
		}
	}
	return s
}
