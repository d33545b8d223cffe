package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// settings are the keys of the campaign file behind the reasons for a wait.
var settings = map[calendar.Reason]string{
	calendar.Early: "start_at", calendar.Closed: "send_window", calendar.Full: "max_per_day", calendar.Over: "not_after",
}

// clock writes a time as the clocks of the campaign's zone show it: Mon 7 Dec
// 09:00 Europe/Berlin, with the year unless it is this one.
func (s *session) clock(t time.Time) string {
	zone := s.campaign.When.Zone
	if zone == nil {
		zone = time.Local
	}
	t = t.In(zone)
	layout := "Mon 2 Jan 15:04"
	if t.Year() != time.Now().In(zone).Year() {
		layout = "Mon 2 Jan 2006 15:04"
	}
	if zone == time.Local {
		return t.Format(layout + " MST")
	}
	return t.Format(layout) + " " + zone.String()
}

// whenWords says when the campaign may send.
func (s *session) whenWords() string {
	w := &s.campaign.When
	var parts []string
	if w.Window != (calendar.Window{}) {
		text := w.Window.String()
		switch {
		case !w.ByRow:
			text += " " + w.Zone.String()
		case w.Zone != nil:
			text += " in each row's time zone, else " + w.Zone.String()
		default:
			text += " in each row's time zone"
		}
		parts = append(parts, text)
	}
	if !w.StartAt.IsZero() {
		parts = append(parts, "from "+s.clock(w.StartAt)+" on")
	}
	if w.MaxPerDay > 0 {
		parts = append(parts, "at most "+report.Number(w.MaxPerDay)+" a day")
	}
	if !w.NotAfter.IsZero() {
		parts = append(parts, "not after "+s.clock(w.NotAfter))
	}
	return strings.Join(parts, ", ")
}

// describeWhen says when what is about to happen will happen.
func (s *session) describeWhen(line func(name, format string, args ...any), v *survey) {
	line("when", "%s", s.whenWords())
	if v == nil {
		return
	}
	if v.strays != "" {
		line("", "%s", v.strays)
	}
	if v.Ready > 0 {
		line("forecast", "%s", s.foretell(v.Ready, s.effective()))
	}
}

// forecastWords says how long sending takes and when it is done.
func (s *session) forecastWords(f calendar.Forecast, rows int) string {
	if f.Left > 0 && s.campaign.When.NotAfter.IsZero() {
		return fmt.Sprintf("not done within a year: %s of %s by then", report.Number(rows-f.Left), count(rows, "row"))
	}
	if f.Left >= rows {
		return "no row can be sent before not_after, " + s.clock(s.campaign.When.NotAfter)
	}
	text := "about " + report.Duration(max(f.Sending, time.Second).Round(time.Second)) + " of sending"
	if time.Until(f.Begin) > time.Minute {
		text += " from " + s.clock(f.Begin) + " on"
	}
	if f.Left > 0 {
		return fmt.Sprintf("%s; by not_after, %s, %s of %s are sent and %s left", text,
			s.clock(s.campaign.When.NotAfter), report.Number(rows-f.Left), count(rows, "row"), report.Number(f.Left))
	}
	return text + "; done " + s.clock(f.Done)
}

// foretell says when rows will be through.
func (s *session) foretell(rows int, effective float64) string {
	return s.forecastWords(s.foresee(rows, effective), rows)
}

// strayWords says how many rows have no zone of their own; empty if none.
func (s *session) strayWords() string {
	if s.when.strays == 0 {
		return ""
	}
	verb := "have no valid time zone and go"
	if s.when.strays == 1 {
		verb = "has no valid time zone and goes"
	}
	return fmt.Sprintf("%s %s by %s", count(s.when.strays, "row"), verb, s.campaign.When.Zone)
}

// waitingWords says until when the run waits, why, and how much is left.
func (s *session) waitingWords(w calendar.Wait) string {
	text := fmt.Sprintf("waiting until %s (%s)", s.clock(w.Until), settings[w.Reason])
	if s.when.left != nil && s.when.left() > 0 {
		text += ", " + count(s.when.left(), "row") + " left"
	}
	return text
}

// outlookWords says when a run that is sending will be through, at a rate in
// rows a second. It is worked out anew every few seconds.
func (s *session) outlookWords(left int, rate float64) string {
	if now := time.Now(); s.when.words == "" || now.Sub(s.when.foretold) > 5*time.Second {
		f := s.foresee(left, rate*governor.Window.Seconds())
		s.when.foretold = now
		s.when.words = "done " + s.clock(f.Done)
		if f.Left > 0 {
			s.when.words = count(f.Left, "row") + " too late"
		}
	}
	return s.when.words
}

// overWords says that it is too late, or will be when something can be sent.
func (s *session) overWords(now time.Time) string {
	end := s.campaign.When.NotAfter
	if now.Before(end) {
		return "what is left can't be sent before not_after, " + s.clock(end)
	}
	return "not_after has passed, " + s.clock(end)
}

// closedWords says why nothing may be sent just now.
func (s *session) closedWords(w calendar.Wait) string {
	at := s.clock(w.Until)
	switch w.Reason {
	case calendar.Early:
		return "the campaign starts " + at
	case calendar.Full:
		return fmt.Sprintf("max_per_day is reached, %s; sending goes on %s", count(s.campaign.When.MaxPerDay, "message"), at)
	}
	return "the send window is closed until " + at
}

// haltWords says why herald stopped a run, and what to do.
func (s *session) haltWords(h *sender.Halt) (why, hint string) {
	switch h.Cause {
	case sender.TooLate:
		return "stopped: " + s.overWords(time.Now()),
			"rows that were not reached stay pending. To send them, set a later not_after and run the same command again"
	case sender.TooEarly, sender.WindowClosed, sender.DayFull:
		return "stopped: " + s.closedWords(calendar.Wait{Reason: calendar.Reason(h.Cause), Until: h.Until}),
			"run the same command again then; without --no-wait it waits by itself"
	}
	return haltSentence(h), haltHint(h)
}
