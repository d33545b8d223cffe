package calendar

import (
	"sync"
	"time"
)

// A Gate applies [Rules] to one run, and counts the messages of each day, if
// there are any rules. Its methods may be called by many goroutines at once.
type Gate struct {
	rules Rules
	free  bool // there are no rules: nothing is waited for, and nothing counted
	now   func() time.Time

	mu    sync.Mutex
	used  map[int]int            // messages by day
	taken map[*time.Location]int // of this run, by zone
}

// NewGate returns a gate that goes by now, which is the wall clock if nil.
func NewGate(r Rules, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	return &Gate{rules: r, free: r.IsZero(), now: now, used: map[int]int{}, taken: map[*time.Location]int{}}
}

// Rules returns the gate's rules.
func (g *Gate) Rules() Rules { return g.rules }

// Now returns the time on the wall, without a reading of the monotonic clock.
func (g *Gate) Now() time.Time { return g.now().Round(0) }

// Seed counts a message of an earlier run, claimed at a time: a restart is no
// new day.
func (g *Gate) Seed(claimed time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used[dayOf(claimed, g.rules.zone())]++
}

// Ask returns what the campaign waits for just now. Where rows have windows of
// their own, those are not asked: see [Gate.AskRow].
func (g *Gate) Ask() Wait {
	if g.free {
		return Wait{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ask(g.Now())
}

func (g *Gate) ask(now time.Time) Wait {
	full := g.rules.MaxPerDay > 0 && g.used[dayOf(now, g.rules.zone())] >= g.rules.MaxPerDay
	return g.rules.wait(now, full)
}

// AskRow returns what rows of a zone wait for besides that.
func (g *Gate) AskRow(zone *time.Location) Wait { return g.rules.rowWait(g.Now(), zone) }

// A Pass is leave to claim one row.
type Pass struct {
	day  int
	zone *time.Location
}

// Enter asks to claim one row of a zone at this very moment; zone is nil where
// all rows have the same. If there is something to wait for, there is no pass.
func (g *Gate) Enter(zone *time.Location) (Pass, Wait) {
	if g.free {
		return Pass{}, Wait{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.Now()
	w := g.ask(now)
	if w.None() && zone != nil {
		w = g.rules.rowWait(now, zone)
	}
	if !w.None() {
		return Pass{}, w
	}
	p := Pass{dayOf(now, g.rules.zone()), zone}
	g.used[p.day]++
	g.taken[zone]++
	return p, Wait{}
}

// Release gives a pass back with which certainly nothing was sent: the row does
// not count.
func (g *Gate) Release(p Pass) {
	if g.free {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used[p.day]--
	g.taken[p.zone]--
}

// Used returns how many messages were sent today, by this run and earlier ones.
func (g *Gate) Used() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.used[dayOf(g.Now(), g.rules.zone())]
}

// Taken returns how many rows of a zone this run has sent or is sending.
func (g *Gate) Taken(zone *time.Location) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.taken[zone]
}
