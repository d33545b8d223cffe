package sender

import (
	"errors"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
)

// recheck is how long the engine waits at most without a look at the clock on
// the wall: a laptop may sleep, and its clock be set.
const recheck = 30 * time.Second

// errShut leaves a row to a later pass, or as it is.
var errShut = errors.New("the row's window is closed")

// waitForCalendar returns when the campaign may send, with errShut if the row
// may not yet, and with another error if the run ends. For a row that is only
// tried once more, the run is not kept up so long.
func (e *Engine) waitForCalendar(j *job) error {
	for {
		if !e.rowMay(j) {
			return errShut
		}
		w := e.cfg.Gate.Ask()
		switch {
		case w.None():
			return nil
		case j.tried():
			return errShut
		}
		if err := e.wait(w); err != nil {
			return err
		}
	}
}

// tried reports whether the row has an outcome of this run already.
func (j *job) tried() bool { return j.again && j.state.ThisRun }

// rowMay reports whether a row's own window is open, and remembers when it will
// be.
func (e *Engine) rowMay(j *job) bool {
	if j.zone == nil {
		return true
	}
	w := e.cfg.Gate.AskRow(j.zone)
	if !w.None() && !j.tried() {
		e.shut.add(w)
	}
	return w.None()
}

// later reports whether a row is for a pass that is not the first. One without
// a zone was refused in that.
func (e *Engine) later(j *job) bool {
	if e.cfg.Zone == nil {
		return true
	}
	var err error
	j.zone, err = e.cfg.Zone(j.row)
	return err == nil && e.rowMay(j)
}

// wait lets some of a wait pass; the caller then asks again. It ends the run
// instead if the wait is in vain, or waits are not wanted.
func (e *Engine) wait(w calendar.Wait) error {
	if err := e.stop.Err(); err != nil {
		return err
	}
	if w.Reason == calendar.Over || e.cfg.NoWait {
		e.halt(&Halt{Cause: HaltCause(w.Reason), Until: w.Until})
		return e.stop.Err()
	}
	if e.waiting.begin(w) {
		e.cfg.Waiting(w)
	}
	defer e.waiting.end()
	e.outage.over() // whether the network is there nobody knows meanwhile
	return sleep(e.stop, min(w.Until.Sub(e.cfg.Gate.Now()), recheck))
}

// A waiting knows what the workers wait for, together.
type waiting struct {
	mu    sync.Mutex
	n     int           // who wait
	what  calendar.Wait // the last that was waited for
	since time.Time
	total time.Duration // of waits that are over
	told  time.Time     // until when, by the last news
}

// begin notes that one more waits, and reports whether that is news.
func (w *waiting) begin(what calendar.Wait) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n++; w.n == 1 {
		w.since = time.Now()
	}
	news := !w.told.Equal(what.Until)
	w.what, w.told = what, what.Until
	return news
}

func (w *waiting) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n--; w.n == 0 {
		w.total += time.Since(w.since)
	}
}

// state returns what is waited for, and for how long by now all in all.
func (w *waiting) state() (calendar.Wait, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n == 0 {
		return calendar.Wait{}, w.total
	}
	return w.what, w.total + time.Since(w.since)
}

// A shut remembers the rows of a pass whose own windows were closed.
type shut struct {
	mu    sync.Mutex
	opens time.Time // the first of them; zero: none
	never int       // rows whose windows don't open in time
}

func (s *shut) add(w calendar.Wait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case w.Reason == calendar.Over:
		s.never++
	case s.opens.IsZero() || w.Until.Before(s.opens):
		s.opens = w.Until
	}
}

// forget begins a pass that asks all rows again.
func (s *shut) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens, s.never = time.Time{}, 0
}

func (s *shut) state() (opens time.Time, never int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens, s.never
}
