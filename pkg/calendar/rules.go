package calendar

import "time"

// Rules say when a campaign may send. The zero Rules allow it always.
type Rules struct {
	StartAt   time.Time // zero: at once
	NotAfter  time.Time // the first moment that is too late; zero: none is
	MaxPerDay int       // messages on one day of Zone's calendar; 0: any number
	Window    Window
	// Zone is whose clocks the window goes by, and whose midnight ends a day;
	// nil: the machine's.
	Zone *time.Location
	// ByRow: the window goes by the clocks of each row's own zone; Zone is that
	// of the days, and of rows without one.
	ByRow bool
}

// IsZero reports whether the rules allow everything.
func (r *Rules) IsZero() bool {
	return r.StartAt.IsZero() && r.NotAfter.IsZero() && r.MaxPerDay == 0 && r.Window == Window{}
}

func (r *Rules) zone() *time.Location {
	if r.Zone == nil {
		return time.Local
	}
	return r.Zone
}

// A Reason is why nothing may be sent just now, by the name of the rule.
type Reason string

// The reasons.
const (
	Early  Reason = "start-at"    // the campaign has not begun
	Closed Reason = "send-window" // its window is closed
	Full   Reason = "max-per-day" // the day's messages are sent
	Over   Reason = "not-after"   // it is too late, or will be when the wait is over
)

// A Wait says why and until when nothing may be sent. The zero Wait is none:
// it may be sent now. A wait that is Over has no end.
type Wait struct {
	Reason Reason
	Until  time.Time
}

// None reports whether there is nothing to wait for.
func (w Wait) None() bool { return w.Reason == "" }

// wait returns what the campaign waits for at now, where full says whether the
// messages of now's day are used up. The windows of rows are not asked.
func (r *Rules) wait(now time.Time, full bool) Wait {
	w := Wait{Until: now}
	if now.Before(r.StartAt) {
		w = Wait{Early, r.StartAt}
	}
	w = r.opens(w, !r.ByRow, r.zone())
	if full && dayOf(w.Until, r.zone()) == dayOf(now, r.zone()) {
		w = r.opens(Wait{Full, nextDay(now, r.zone())}, !r.ByRow, r.zone())
	}
	return r.ended(w)
}

// rowWait is what rows of a zone wait for at now, the day's number not asked.
func (r *Rules) rowWait(now time.Time, zone *time.Location) Wait {
	if !r.ByRow {
		return Wait{}
	}
	w := Wait{Until: later(now, r.StartAt)}
	return r.ended(r.opens(w, true, zone))
}

// opens is a wait until the window is open as well.
func (r *Rules) opens(w Wait, asked bool, zone *time.Location) Wait {
	if !asked {
		return w
	}
	if at := r.Window.Next(w.Until, zone); at.After(w.Until) {
		w.Until = at
		if w.Reason == "" {
			w.Reason = Closed
		}
	}
	return w
}

// ended is a wait, unless it is in vain.
func (r *Rules) ended(w Wait) Wait {
	switch {
	case !r.NotAfter.IsZero() && !w.Until.Before(r.NotAfter):
		return Wait{Reason: Over}
	case w.Reason == "":
		return Wait{}
	}
	return w
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
