package calendar

import (
	"errors"
	"fmt"
	"time"
)

// A Window is a part of the day in which messages may be sent, on some days of
// the week. From is in it, To is not. A To that is not after From is on the
// next day. The zero Window is always open.
type Window struct {
	Days     Days // on which the window opens
	From, To Clock
}

// NewWindow returns the window from one time of day to another: to the next
// day's, if that comes earlier. The two can't be the same; a whole day is from
// 00:00 to 24:00.
func NewWindow(days Days, from, to Clock) (Window, error) {
	switch {
	case from == to:
		return Window{}, fmt.Errorf("from and to are both %s: the window would never open; a whole day is from 00:00 to 24:00", from)
	case from == endOfDay:
		return Window{}, errors.New("from can't be 24:00: the next day begins at 00:00")
	case to == endOfDay:
		to = 0
	}
	return Window{Days: days, From: from, To: to}, nil
}

// String returns the window as people say it: mon-fri 09:00 to 18:00.
func (w Window) String() string {
	to := w.To
	if to == 0 {
		to = endOfDay
	}
	return fmt.Sprintf("%s %s to %s", w.Days, w.From, to)
}

// Open reports whether the window is open at t in a zone.
func (w Window) Open(t time.Time, zone *time.Location) bool {
	t = t.In(zone)
	today, clock := t.Weekday(), clockOf(t)
	if w.From < w.To {
		return w.Days.has(today) && clock >= w.From && clock < w.To
	}
	yesterday := (today + 6) % 7
	return w.Days.has(today) && clock >= w.From || w.Days.has(yesterday) && clock < w.To
}

// Next returns when the window is next open in a zone: t if it is at t, else
// the first moment after t at which it opens.
func (w Window) Next(t time.Time, zone *time.Location) time.Time {
	for !w.Open(t, zone) {
		at, end := w.opensAfter(t.In(zone)), changes(t, zone)
		if end.IsZero() || at.Before(end) {
			return at
		}
		t = end // the clocks are changed first, and then show something else
	}
	return t
}

// opensAfter is the first opening after t, at which the window is closed, if
// the clocks are not changed.
func (w Window) opensAfter(t time.Time) time.Time {
	day := t.Weekday()
	at := midnightBefore(t).Add(time.Duration(w.From) * time.Minute)
	for !at.After(t) || !w.Days.has(day) {
		at, day = at.Add(24*time.Hour), (day+1)%7
	}
	return at
}

// Closes returns when the window, open at t in a zone, is closed again; t if it
// is not open, and the zero time if it never closes.
func (w Window) Closes(t time.Time, zone *time.Location) time.Time {
	const never = 10 * 24 * time.Hour // a window that closes at all does so within a week
	last := t.Add(never)
	for w.Open(t, zone) {
		at, end := w.endsAfter(t.In(zone)), changes(t, zone)
		if !end.IsZero() && !end.After(at) {
			at = end
		}
		if t = at; t.After(last) {
			return time.Time{}
		}
	}
	return t
}

// endsAfter is when the clock next shows To, if the clocks are not changed.
func (w Window) endsAfter(t time.Time) time.Time {
	at := midnightBefore(t).Add(time.Duration(w.To) * time.Minute)
	for !at.After(t) {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// midnightBefore is when t's day began, if the clocks were not changed since.
func midnightBefore(t time.Time) time.Time {
	return t.Add(-time.Duration(t.Hour())*time.Hour - time.Duration(t.Minute())*time.Minute -
		time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
}

// changes is when the clocks of a zone are next changed after t; zero: never.
func changes(t time.Time, zone *time.Location) time.Time {
	_, end := t.In(zone).ZoneBounds()
	return end
}

// nextDay returns when the day after t's begins in a zone. Where the clocks are
// put forward at midnight, that is not at 00:00.
func nextDay(t time.Time, zone *time.Location) time.Time {
	today := dayOf(t, zone)
	for dayOf(t, zone) <= today {
		at, end := midnightBefore(t.In(zone)).Add(24*time.Hour), changes(t, zone)
		if !end.IsZero() && end.Before(at) {
			at = end
		}
		t = at
	}
	return t
}

// dayOf numbers the days of a zone's calendar.
func dayOf(t time.Time, zone *time.Location) int {
	y, m, d := t.In(zone).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
