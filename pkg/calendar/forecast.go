package calendar

import (
	"math"
	"time"
)

// horizon is how far a forecast looks beyond the campaign's start.
const horizon = 365 * 24 * time.Hour

// A Forecast says when a campaign will be through, if all goes well.
type Forecast struct {
	Begin   time.Time     // when the first row is sent; zero: none is
	Done    time.Time     // when the last row is sent; zero if some are left
	Sending time.Duration // without the waits
	Waits   []Spell       // in their order
	Left    int           // rows that are not sent before the end, nor within a year
}

// A Spell is a time of waiting.
type Spell struct {
	From, Until time.Time
	Reason      Reason
}

// Forecast works out when rows are sent that are counted by their zone, from
// now on, at a rate in messages a second, where used of today's messages were
// sent already. Zones only matter to rules that go [Rules.ByRow].
func (r *Rules) Forecast(now time.Time, rows map[*time.Location]int, perSecond float64, used int) Forecast {
	s := &simulation{rules: r, now: now, until: later(now, r.StartAt).Add(horizon), perSecond: perSecond, used: used}
	if !r.NotAfter.IsZero() && r.NotAfter.Before(s.until) {
		s.until = r.NotAfter
	}
	for zone, n := range rows {
		if !r.ByRow {
			zone = r.zone()
		}
		s.add(zone, n)
	}
	for s.left() > 0 && perSecond > 0 && s.step() {
	}
	return s.result()
}

// A simulation goes from one change of the calendar to the next.
type simulation struct {
	rules     *Rules
	now       time.Time
	until     time.Time
	perSecond float64
	used      int // of now's day
	groups    []group
	forecast  Forecast
}

// A group is the rows of one zone that are left.
type group struct {
	zone *time.Location
	left float64
}

func (s *simulation) add(zone *time.Location, n int) {
	for i := range s.groups {
		if s.groups[i].zone == zone {
			s.groups[i].left += float64(n)
			return
		}
	}
	s.groups = append(s.groups, group{zone, float64(n)})
}

func (s *simulation) left() float64 {
	n := 0.0
	for _, g := range s.groups {
		n += g.left
	}
	return n
}

// step waits, or sends until something changes. It reports whether it goes on.
func (s *simulation) step() bool {
	full := s.rules.MaxPerDay > 0 && s.used >= s.rules.MaxPerDay
	if w := s.rules.wait(s.now, full); !w.None() {
		return s.wait(w)
	}
	open, next := s.open()
	if open == 0 {
		return s.wait(next)
	}
	return s.send(open, next.Until)
}

// open counts the rows that may be sent now, and returns the next change: of a
// window, of the day, or the end. If there are none it is the next opening.
func (s *simulation) open() (rows float64, next Wait) {
	next = Wait{Closed, s.until}
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next.Until) {
			next.Until = t
		}
	}
	for i := range s.groups {
		g := &s.groups[i]
		switch {
		case g.left == 0:
		case s.rules.Window.Open(s.now, g.zone):
			rows += g.left
			sooner(s.rules.Window.Closes(s.now, g.zone))
		default:
			sooner(s.rules.Window.Next(s.now, g.zone))
		}
	}
	if rows > 0 && s.rules.MaxPerDay > 0 {
		sooner(nextDay(s.now, s.rules.zone()))
	}
	return rows, next
}

// send sends from the open groups until next, as many as the rate and the day
// allow: of each alike, since a source has them mixed.
func (s *simulation) send(open float64, next time.Time) bool {
	if s.forecast.Begin.IsZero() {
		s.forecast.Begin = s.now
	}
	n := min(open, next.Sub(s.now).Seconds()*s.perSecond)
	if s.rules.MaxPerDay > 0 {
		n = min(n, float64(s.rules.MaxPerDay-s.used))
	}
	for i := range s.groups {
		g := &s.groups[i]
		if s.rules.Window.Open(s.now, g.zone) {
			if g.left -= n * g.left / open; g.left < 1e-6 {
				g.left = 0
			}
		}
	}
	took := time.Duration(n / s.perSecond * float64(time.Second))
	s.forecast.Sending += took
	s.used += int(math.Ceil(n - 1e-6))
	return s.turn(s.now.Add(took), next)
}

// turn goes on at t, or at next if that is as good as reached: rounding must
// not lead to ever smaller steps.
func (s *simulation) turn(t, next time.Time) bool {
	if next.Sub(t) < time.Millisecond {
		t = next
	}
	if dayOf(t, s.rules.zone()) != dayOf(s.now, s.rules.zone()) {
		s.used = 0
	}
	s.now = t
	return t.Before(s.until)
}

func (s *simulation) wait(w Wait) bool {
	if w.Reason == Over || !w.Until.Before(s.until) {
		return false
	}
	s.forecast.Waits = append(s.forecast.Waits, Spell{s.now, w.Until, w.Reason})
	return s.turn(w.Until, w.Until)
}

func (s *simulation) result() Forecast {
	if s.forecast.Left = int(math.Ceil(s.left() - 1e-6)); s.forecast.Left == 0 {
		s.forecast.Done = s.now
	}
	return s.forecast
}
