package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func window(t testing.TB, days, from, to string) Window {
	t.Helper()
	var w Window
	d, err := ParseDays(days)
	if err == nil {
		var f, e Clock
		if f, err = ParseClock(from); err == nil {
			if e, err = ParseClock(to); err == nil {
				w, err = NewWindow(d, f, e)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := ParseMoment(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNextAndCloses(t *testing.T) {
	const form = "Mon 2 Jan 2006 15:04 MST"
	tests := []struct {
		name, days, from, to, zone string
		now                        string // UTC
		next, closes               string // in the zone; closes of the window that opens next
	}{
		{"before it opens", "mon-fri", "09:00", "18:00", "Europe/Berlin", "2026-12-07T06:00:00Z", "Mon 7 Dec 2026 09:00 CET", "Mon 7 Dec 2026 18:00 CET"},
		{"while it is open", "mon-fri", "09:00", "18:00", "Europe/Berlin", "2026-12-07T11:30:00Z", "Mon 7 Dec 2026 12:30 CET", "Mon 7 Dec 2026 18:00 CET"},
		{"when it has closed", "mon-fri", "09:00", "18:00", "Europe/Berlin", "2026-12-07T17:00:00Z", "Tue 8 Dec 2026 09:00 CET", "Tue 8 Dec 2026 18:00 CET"},
		{"on Friday night", "mon-fri", "09:00", "18:00", "Europe/Berlin", "2026-12-11T20:00:00Z", "Mon 14 Dec 2026 09:00 CET", "Mon 14 Dec 2026 18:00 CET"},
		{"once a week, just over", "mon", "09:00", "10:00", "UTC", "2026-12-07T10:00:00Z", "Mon 14 Dec 2026 09:00 UTC", "Mon 14 Dec 2026 10:00 UTC"},
		{"across midnight", "fri", "22:00", "06:00", "UTC", "2026-12-12T05:59:00Z", "Sat 12 Dec 2026 05:59 UTC", "Sat 12 Dec 2026 06:00 UTC"},
		{"across midnight, not from the day before", "mon-fri", "22:00", "06:00", "UTC", "2026-12-07T03:00:00Z", "Mon 7 Dec 2026 22:00 UTC", "Tue 8 Dec 2026 06:00 UTC"},
		{"a whole day", "sat", "00:00", "24:00", "Europe/Berlin", "2026-12-07T03:00:00Z", "Sat 12 Dec 2026 00:00 CET", "Sun 13 Dec 2026 00:00 CET"},
		{"days that touch", "sat, sun", "00:00", "24:00", "UTC", "2026-12-12T03:00:00Z", "Sat 12 Dec 2026 03:00 UTC", "Mon 14 Dec 2026 00:00 UTC"},
		{"the end of a day", "mon-sun", "20:00", "24:00", "UTC", "2026-12-12T03:00:00Z", "Sat 12 Dec 2026 20:00 UTC", "Sun 13 Dec 2026 00:00 UTC"},
		// Clocks are put forward on 29 March 2026 at 02:00 in Berlin, back on 25 October at 03:00.
		{"opens in the gap", "mon-sun", "02:30", "04:00", "Europe/Berlin", "2026-03-28T23:00:00Z", "Sun 29 Mar 2026 03:00 CEST", "Sun 29 Mar 2026 04:00 CEST"},
		{"all of it in the gap", "mon-sun", "02:00", "03:00", "Europe/Berlin", "2026-03-28T23:00:00Z", "Mon 30 Mar 2026 02:00 CEST", "Mon 30 Mar 2026 03:00 CEST"},
		{"closes in the gap", "mon-sun", "01:00", "02:30", "Europe/Berlin", "2026-03-28T23:30:00Z", "Sun 29 Mar 2026 01:00 CET", "Sun 29 Mar 2026 03:00 CEST"},
		{"the morning after", "mon-sun", "09:00", "18:00", "Europe/Berlin", "2026-03-29T00:30:00Z", "Sun 29 Mar 2026 09:00 CEST", "Sun 29 Mar 2026 18:00 CEST"},
		{"an hour that comes twice, at first", "sun", "02:00", "02:30", "Europe/Berlin", "2026-10-24T23:00:00Z", "Sun 25 Oct 2026 02:00 CEST", "Sun 25 Oct 2026 02:30 CEST"},
		{"an hour that comes twice, again", "sun", "02:00", "02:30", "Europe/Berlin", "2026-10-25T00:45:00Z", "Sun 25 Oct 2026 02:00 CET", "Sun 25 Oct 2026 02:30 CET"},
		{"open over the clocks' change back", "sat", "22:00", "06:00", "Europe/Berlin", "2026-10-25T00:45:00Z", "Sun 25 Oct 2026 02:45 CEST", "Sun 25 Oct 2026 06:00 CET"},
		{"midnight that is skipped", "mon-sun", "00:00", "01:00", "America/Santiago", "2026-09-06T00:00:00Z", "Mon 7 Sep 2026 00:00 -03", "Mon 7 Sep 2026 01:00 -03"},
		{"a day that is skipped", "fri", "09:00", "18:00", "Pacific/Apia", "2011-12-30T00:00:00Z", "Fri 6 Jan 2012 09:00 +14", "Fri 6 Jan 2012 18:00 +14"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			z := zone(t, test.zone)
			w := window(t, test.days, test.from, test.to)
			next := w.Next(moment(t, test.now), z)
			if got := next.In(z).Format(form); got != test.next {
				t.Errorf("opens %s, want %s", got, test.next)
			}
			if got := w.Closes(next, z).In(z).Format(form); got != test.closes {
				t.Errorf("closes %s, want %s", got, test.closes)
			}
		})
	}
	t.Run("always open", func(t *testing.T) {
		for _, w := range []Window{{}, window(t, "mon-sun", "00:00", "24:00")} {
			now := moment(t, "2026-03-28T23:00:00Z")
			if !w.Next(now, time.UTC).Equal(now) || !w.Closes(now, time.UTC).IsZero() {
				t.Errorf("%v opens %v, closes %v", w, w.Next(now, time.UTC), w.Closes(now, time.UTC))
			}
		}
	})
}

// TestNextIsTheFirst compares Next and Closes with looking at the clock minute
// by minute, in zones of every kind, mostly near a change of their clocks.
func TestNextIsTheFirst(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu",
		"Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran", "UTC", "Pacific/Chatham", "America/Nuuk"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		w := Window{Days: Days(rapid.IntRange(0, 127).Draw(t, "days")),
			From: Clock(rapid.IntRange(0, 1439).Draw(t, "from")), To: Clock(rapid.IntRange(0, 1439).Draw(t, "to"))}
		now := time.Unix(rapid.Int64Range(1_300_000_000, 2_000_000_000).Draw(t, "now"), 0)
		if end := changes(now, z); !end.IsZero() && rapid.Bool().Draw(t, "near a change") {
			now = end.Add(-time.Duration(rapid.IntRange(0, 48*60).Draw(t, "before")) * time.Minute)
		}
		next := w.Next(now, z)
		if next.Before(now) || !w.Open(next, z) {
			t.Fatalf("%v in %v: from %v the next is %v, open %v", w, z, now, next, w.Open(next, z))
		}
		for at := now; at.Before(next); at = at.Add(time.Minute) {
			if w.Open(at, z) {
				t.Fatalf("%v in %v: from %v the next is %v, but it is open at %v", w, z, now, next, at.In(z))
			}
		}
		closes := w.Closes(next, z)
		if !closes.IsZero() && w.Open(closes, z) {
			t.Fatalf("%v in %v: open when it closes, at %v", w, z, closes)
		}
		for at, end := next, next.Add(3*24*time.Hour); at.Before(end) && (closes.IsZero() || at.Before(closes)); at = at.Add(time.Minute) {
			if !w.Open(at, z) {
				t.Fatalf("%v in %v: closes %v, but it is closed at %v", w, z, closes, at.In(z))
			}
		}
	})
}

// TestTheClockDecides compares Open with what a clock of the zone is written as.
func TestTheClockDecides(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	w := window(t, "mon-fri", "22:00", "06:00")
	for at, end := moment(t, "2026-03-27T00:00:00Z"), moment(t, "2026-04-02T00:00:00Z"); at.Before(end); at = at.Add(time.Minute) {
		clock, day := at.In(z).Format("15:04"), at.In(z).Format("Mon")
		evening := clock >= "22:00" && day != "Sat" && day != "Sun"
		morning := clock < "06:00" && day != "Sun" && day != "Mon"
		if w.Open(at, z) != (evening || morning) {
			t.Fatalf("%s %s: open is %v", day, clock, w.Open(at, z))
		}
	}
}

func TestNextDay(t *testing.T) {
	for _, test := range []struct{ zone, now, want string }{
		{"UTC", "2026-12-07T23:59:59Z", "2026-12-08T00:00:00Z"},
		{"Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"},    // a day of 25 hours
		{"America/Santiago", "2026-09-05T20:00:00Z", "2026-09-06T04:00:00Z"}, // begins at 01:00
		{"Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"},     // the 30th is skipped
	} {
		if got := nextDay(moment(t, test.now), zone(t, test.zone)); !got.Equal(moment(t, test.want)) {
			t.Errorf("%s: after %s comes %s, want %s", test.zone, test.now, got.UTC(), test.want)
		}
	}
}
