package governor

import (
	"math"
	"time"
)

const (
	// staleAfter is how long a limit holds that answers no longer confirm.
	staleAfter = 6 * Window
	// sampled is how often the use by others is measured.
	sampled = 100 * time.Millisecond
	// rounded is how late a reset in whole seconds may say a window ends.
	rounded = time.Second
	// maxTheirPace is the most requests of others expected for one of ours:
	// when ours are few, the ratio says little.
	maxTheirPace = 2
	// After a 429 the rate grows in rampFor to the whole, beginning with a
	// part of rampFrom, in steps of rampStep.
	rampFor  = 2 * time.Second
	rampFrom = 1.0 / 16
	rampStep = 50 * time.Millisecond
)

// A limit is what the API allows, what of it may be used, and what is known of
// the present window.
type limit struct {
	told      int       // by the API; 0: nothing
	toldAt    time.Time // last
	remaining int
	effective float64
	places    int // effective, in whole requests

	resets     time.Time // the end of the window as last told
	byOthers   int       // proven use
	lastOthers int       // the same, when the window before ended
	mostOthers int       // the same, of all windows
	theirPace  float64   // requests by others for each of ours
	sampledAt  time.Time
}

// began returns when the current window began, or may have.
func (l *limit) began(now time.Time) time.Time {
	if now.Before(l.resets) {
		return l.resets.Add(-Window)
	}
	return now.Add(-Window)
}

// usedByOthers is the proven use, of this window or the one before: a window
// that has just begun proves nothing yet.
func (l *limit) usedByOthers(now time.Time) int {
	if now.Sub(l.resets) >= Window {
		return 0
	}
	return max(l.byOthers, l.lastOthers)
}

// setLimit takes over the API's limit, 0 if there is none.
func (g *Governor) setLimit(told int) {
	now := time.Now()
	if told > 0 {
		g.limit.toldAt = now
	}
	effective := g.effective(told)
	if told == g.limit.told && effective == g.limit.effective {
		return
	}
	g.limit.told, g.limit.effective = told, effective
	g.limit.places = max(1, int(effective))
	g.setRate(now)
	g.notify()
}

func (g *Governor) effective(told int) float64 {
	switch {
	case told == 0 && g.rate == 0:
		return DefaultRate
	case told == 0:
		return g.rate
	case g.rate == 0:
		return g.share * float64(told)
	}
	return min(g.rate, g.share*float64(told))
}

// setRate gives the pacer its rate. It leaves room for the bucket's burst of
// one in each window. After a 429 the rate starts low: full tells that it has
// grown to the whole.
func (g *Governor) setRate(now time.Time) (full bool) {
	perWindow := g.limit.effective
	if perWindow >= 2 {
		perWindow--
	}
	opened := now.Sub(g.window.until)
	full = opened < 0 || opened >= rampFor
	if !full {
		perWindow *= max(rampFrom, float64(opened.Truncate(rampStep))/float64(rampFor))
	}
	g.pacer.setRate(now, perWindow/Window.Seconds())
	return full
}

// observe takes over what the headers of an answer other than 429 say, to a
// request that was admitted at admitted.
func (g *Governor) observe(now, admitted time.Time, h headers) {
	if g.others.back(admitted) {
		g.notify()
	}
	switch {
	case h.limit > 0:
		g.setLimit(h.limit)
	case g.limit.told > 0 && now.Sub(g.limit.toldAt) > staleAfter:
		g.setLimit(0)
	}
	if !h.hasRemaining || g.limit.told == 0 || h.remaining > g.limit.told {
		return
	}
	g.limit.remaining = h.remaining
	if h.reset == 0 || h.reset > Window+rounded || now.Sub(admitted) > rounded {
		return // no window of ours, or of some time ago
	}
	low := h.remaining <= g.reserve()
	if low || now.Sub(g.limit.sampledAt) >= sampled {
		g.sample(now, h)
	}
	if !low {
		g.others.refute()
	} else if g.limit.byOthers > 0 {
		g.others.hold(now, now.Add(h.reset))
	}
	if g.limit.byOthers > 0 {
		g.notify() // scarce may be over
	}
}

// scarce returns how long at most to wait for what is under way to be answered,
// since it may be all that others left. An answer tells more.
func (g *Governor) scarce(now time.Time) time.Duration {
	if g.limit.byOthers == 0 || g.count.inFlight == 0 || now.Before(g.others.disbelief) ||
		g.limit.remaining > g.reserve() {
		return 0
	}
	return g.limit.resets.Sub(now)
}

// reserve is how many of the API's limit have to be left for us to go on: the
// others' part of it, or at least what is under way and the next request, and
// what others use meanwhile.
func (g *Governor) reserve() int {
	ours := float64(g.count.inFlight + len(g.count.aside) + 1)
	return int(max(math.Ceil(ours*(1+g.limit.theirPace)), float64(g.limit.told)*(1-g.share)))
}

// sample computes what others have used of the window: all that is used beyond
// whatever of ours can have arrived in it.
func (g *Governor) sample(now time.Time, h headers) {
	l := &g.limit
	resets := now.Add(h.reset)
	if resets.Sub(l.resets) > Window/2 {
		l.lastOthers = l.byOthers
	}
	l.sampledAt, l.resets = now, resets
	ours := g.count.since(resets.Add(-Window - rounded))
	l.byOthers = max(0, l.told-h.remaining-ours)
	l.mostOthers = max(l.mostOthers, l.byOthers)
	l.theirPace = min(float64(l.byOthers)/float64(max(1, ours)), maxTheirPace)
}

// A heldBack window is left to others until it resets. Then one request goes
// first, to see what there is: a window that slides has no more than a little.
// The zero value is not held back.
type heldBack struct {
	until     time.Time
	scout     scout
	held      time.Duration // in all since an answer showed room
	disbelief time.Time     // until when nothing is held
}

// A scout is the first request after a hold.
type scout int

const (
	scoutBack  scout = iota // or never needed
	scoutReady              // the next request is the scout
	scoutOut                // its answer is waited for
)

// scoutLimit is how long others wait for the scout.
const scoutLimit = time.Second

// wait returns for how long the next request has to wait.
func (h *heldBack) wait(now time.Time) time.Duration {
	if h.scout == scoutOut {
		return h.until.Add(scoutLimit).Sub(now)
	}
	return h.until.Sub(now)
}

// leaves notes that a request got its turn.
func (h *heldBack) leaves() {
	if h.scout == scoutReady {
		h.scout = scoutOut
	}
}

// back notes an answer, and reports whether it was waited for.
func (h *heldBack) back(admitted time.Time) bool {
	if h.scout != scoutOut || admitted.Before(h.until) {
		return false
	}
	h.scout = scoutBack
	return true
}

// How long it is believed that no room is left although requests are let in,
// and how long it is not believed then: a 429 would be the proof.
const (
	believed    = 2 * Window
	disbelieved = 2 * Window
)

// hold holds back until a time.
func (h *heldBack) hold(now, until time.Time) {
	if now.Before(h.until) || now.Before(h.disbelief) {
		return
	}
	if h.held += until.Sub(now); h.held > believed {
		h.held, h.disbelief = 0, now.Add(disbelieved)
		return
	}
	h.until, h.scout = until, scoutReady
}

// refute notes that an answer showed room.
func (h *heldBack) refute() { h.held = 0 }
