package calendar

import (
	"sync"
	"time"
)

// A Gate applies [Rules] to one run, and counts the messages of each day. Its
// methods may be called by many goroutines at once.
type Gate struct {
	rules Rules
	now   func() time.Time

	mu    sync.Mutex
	used  map[int]int // messages by day
	open  map[int]int // of those: passes that were not left yet
	taken map[*time.Location]int
}

// NewGate returns a gate that goes by now, which is the wall clock if nil.
func NewGate(r Rules, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	return &Gate{rules: r, now: now, used: map[int]int{}, open: map[int]int{}, taken: map[*time.Location]int{}}
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
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ask(g.Now())
}

func (g *Gate) ask(now time.Time) Wait {
	return g.rules.wait(now, g.full(dayOf(now, g.rules.zone())))
}

// AskRow returns what rows of a zone wait for besides that.
func (g *Gate) AskRow(zone *time.Location) Wait { return g.rules.rowWait(g.Now(), zone) }

// full reports whether no more messages may be sent on a day. What was begun on
// another day and is still open may get this day's date on record.
func (g *Gate) full(day int) bool {
	if g.rules.MaxPerDay == 0 {
		return false
	}
	n := g.used[day]
	for other, open := range g.open {
		if other != day {
			n += open
		}
	}
	return n >= g.rules.MaxPerDay
}

// A Pass is leave to claim one row. It is given back with [Gate.Leave], once.
type Pass struct {
	day  int
	zone *time.Location
}

// Enter asks to claim one row of a zone at this very moment; zone is nil where
// all rows have the same. If there is something to wait for, there is no pass.
func (g *Gate) Enter(zone *time.Location) (Pass, Wait) {
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
	g.open[p.day]++
	g.taken[zone]++
	return p, Wait{}
}

// Leave gives a pass back, when the row has an outcome or when it is certain
// that nothing was sent.
func (g *Gate) Leave(p Pass, sent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[p.day]--; g.open[p.day] == 0 {
		delete(g.open, p.day)
	}
	if !sent {
		g.used[p.day]--
		g.taken[p.zone]--
		return
	}
	if today := dayOf(g.Now(), g.rules.zone()); today != p.day {
		g.used[today]++ // its claim may have been written after midnight
	}
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
