package main

import (
	"maps"
	"math"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A schedule is what a session knows of when its campaign may send.
type schedule struct {
	gate *calendar.Gate // nil: always, or not asked yet
	left func() int     // rows of the run that are left; 0: not known

	mu     sync.Mutex
	rows   map[*time.Location]int // to be sent, by their own zone
	strays int                    // of those: without one of their own

	foretold time.Time // when words were worked out
	words    string    // the forecast of the run
}

// timed reports whether the campaign is bound to times.
func (s *session) timed() bool { return !s.campaign.When.IsZero() }

// openGate makes the gate that claims go through, and tells it what earlier runs
// sent today. A rehearsal has none.
func (s *session) openGate() error {
	if s.anySender {
		return nil
	}
	if s.ledger == nil {
		return s.gateWith(nil)
	}
	return s.gateWith(&s.ledger.Book)
}

func (s *session) gateWith(book *ledger.Book) error {
	if !s.timed() {
		return nil
	}
	s.when.gate = calendar.NewGate(s.campaign.When.Rules, nil)
	if book == nil || s.campaign.When.MaxPerDay == 0 {
		return nil
	}
	for e, err := range book.Entries() {
		if err != nil {
			return err
		}
		if e.Code != ledger.ByHand { // which tells of a claim once more
			s.when.gate.Seed(e.Time)
		}
	}
	return nil
}

// inTime refuses a run that could send nothing: any more or, where waiting is
// not wanted, now.
func (s *session) inTime() error {
	if s.when.gate == nil {
		return nil
	}
	w := s.when.gate.Ask()
	switch {
	case w.Reason == calendar.Over:
		return &refusal{code: exitUsage, what: s.overWords(s.when.gate.Now()) + "; nothing was sent",
			hint: "set a later not_after in " + s.campaign.File + " and run the same command again"}
	case !w.None() && s.run.noWait:
		return &refusal{code: exitStopped, what: s.closedWords(w) + "; nothing was sent",
			hint: "run the same command again then; without --no-wait it waits by itself"}
	}
	return nil
}

// addWhen puts the calendar into an engine that sends.
func (s *session) addWhen(c sender.Config) sender.Config {
	c.Gate, c.NoWait = s.when.gate, s.run.noWait
	c.Waiting = func(w calendar.Wait) { s.say("%s", s.waitingWords(w)) }
	if s.timed() && s.campaign.When.ByRow {
		c.Zone = func(row *source.Recipient) (*time.Location, error) {
			zone, _, err := s.renderer.Zone(row)
			return zone, err
		}
	}
	return c
}

// addZones has an engine that checks rows count them by their zone.
func (s *session) addZones(c sender.Config) sender.Config {
	if !s.timed() || !s.campaign.When.ByRow {
		return c
	}
	s.when.rows, s.when.strays = map[*time.Location]int{}, 0
	c.Zone = func(row *source.Recipient) (*time.Location, error) {
		zone, own, err := s.renderer.Zone(row)
		s.when.mu.Lock()
		defer s.when.mu.Unlock()
		if err == nil {
			s.when.rows[zone]++
		}
		if err == nil && !own {
			s.when.strays++
		}
		return zone, err
	}
	return c
}

// addPendingZones is that for an engine that only looks at keys: rows that wait
// to be sent are counted, whatever else may be wrong with them.
func (s *session) addPendingZones(c sender.Config) sender.Config {
	pick := c.Pick
	if c = s.addZones(c); c.Zone == nil {
		return c
	}
	c.Pick = func(st ledger.State) bool { return pick(st) || st.Status == ledger.Pending }
	count := c.Zone
	c.Zone = func(row *source.Recipient) (*time.Location, error) {
		zone, err := count(row)
		if err != nil {
			zone = nil
		}
		return zone, nil
	}
	c.Render = func(*source.Recipient) (*intercom.Message, error) { return nil, nil }
	return c
}

// effective is how many requests may leave in a window, as far as is known.
func (s *session) effective() float64 {
	if s.governor != nil {
		return s.governor.Status().Effective
	}
	return governor.New(governor.Options{
		Rate: s.campaign.Rate.PerSecond() * governor.Window.Seconds(), Share: s.campaign.Share,
	}).Status().Effective
}

// foresee says when a number of rows will be through, at so many requests a
// window.
func (s *session) foresee(rows int, effective float64) calendar.Forecast {
	used := 0
	if s.when.gate != nil {
		used = s.when.gate.Used()
	}
	byZone := map[*time.Location]int{nil: rows}
	if s.campaign.When.ByRow {
		byZone = s.rowsByZone(rows)
	}
	return s.campaign.When.Forecast(time.Now().Round(0), byZone, effective/governor.Window.Seconds(), used)
}

// rowsByZone is the rows that are left of the counted ones, by zone. Where there
// are fewer than that, as with --limit, each zone is taken to have its part.
func (s *session) rowsByZone(rows int) map[*time.Location]int {
	s.when.mu.Lock()
	left := maps.Clone(s.when.rows)
	s.when.mu.Unlock()
	all := 0
	for zone, n := range left {
		if s.when.gate != nil {
			n = max(0, n-s.when.gate.Taken(zone))
		}
		left[zone] = n
		all += n
	}
	if all > rows {
		for zone, n := range left {
			left[zone] = int(math.Ceil(float64(n) * float64(rows) / float64(all)))
		}
	}
	return left
}
