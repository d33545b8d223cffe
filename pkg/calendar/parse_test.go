package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseDays(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"mon", "mon"}, {"mon-fri", "mon-fri"}, {"Mon, TUE,wednesday", "mon-wed"}, {"sat-mon", "mon, sat, sun"},
		{"sun", "sun"}, {"sat,sun", "sat, sun"}, {"mon-sun", "mon-sun"}, {"thu, mon - tue", "mon, tue, thu"},
	} {
		days, err := ParseDays(test.text)
		if err != nil || days.String() != test.want {
			t.Errorf("%q: %v, %v; want %s", test.text, days, err, test.want)
		}
	}
	for _, bad := range []string{"", "mo", "mon-", "-mon", "mon-tue-wed", "mon tue", "mon,,tue", "weekdays", "1"} {
		if days, err := ParseDays(bad); !errors.As(err, new(*DayError)) {
			t.Errorf("%q: %v, %v", bad, days, err)
		}
	}
}

func TestParseClock(t *testing.T) {
	for text, want := range map[string]Clock{"00:00": 0, "9:05": 545, "09:00": 540, "23:59": 1439, "24:00": 1440} {
		if c, err := ParseClock(text); err != nil || c != want {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
	for _, bad := range []string{"", "9", "9am", "24:01", "25:00", "12:60", "09:00:00", "-1:00", " 9:00", "٠٩:٠٠"} {
		if c, err := ParseClock(bad); err == nil {
			t.Errorf("%q is %v", bad, c)
		}
	}
}

func TestNewWindow(t *testing.T) {
	if w, err := NewWindow(0, 0, endOfDay); err != nil || w != (Window{}) {
		t.Errorf("a whole day is %v, %v", w, err)
	}
	for _, bad := range [][2]Clock{{540, 540}, {0, 0}, {endOfDay, endOfDay}, {endOfDay, 540}} {
		if w, err := NewWindow(0, bad[0], bad[1]); err == nil {
			t.Errorf("%v is %v", bad, w)
		}
	}
	if got := window(t, "sat-sun", "20:00", "24:00").String(); got != "sat, sun 20:00 to 24:00" {
		t.Error(got)
	}
}

func TestParseMoment(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, test := range []struct {
		text string
		zone *time.Location
		want string // RFC 3339, or a part of the error
	}{
		{"2026-12-01T09:00:00+01:00", nil, "2026-12-01T08:00:00Z"},
		{"2026-12-01T09:00:00Z", berlin, "2026-12-01T09:00:00Z"},
		{"2026-12-01 09:00", berlin, "2026-12-01T08:00:00Z"},
		{"2026-12-01T09:00", berlin, "2026-12-01T08:00:00Z"},
		{"2026-12-01 09:00:30", berlin, "2026-12-01T08:00:30Z"},
		{"2026-07-01 09:00 Asia/Tokyo", berlin, "2026-07-01T00:00:00Z"},
		{"2026-07-01 09:00 Europe/Tallinn", nil, "2026-07-01T06:00:00Z"},
		{"2026-03-29 03:00", berlin, "2026-03-29T01:00:00Z"},
		{"2026-10-25 03:00", berlin, "2026-10-25T02:00:00Z"},
		{"2026-03-29 02:30", berlin, "there is no 2026-03-29 02:30 in Europe/Berlin"},
		{"2026-10-25 02:30", berlin, "write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"},
		{"2026-12-01 09:00", nil, "whose clock"},
		{"2026-12-01 09:00 Berlin", nil, `no time zone "Berlin"`},
		{"2026-12-01 09:00 Local", nil, `no time zone "Local"`},
		{"2026-12-01", berlin, "a date and a time"},
		{"tomorrow", berlin, "a date and a time"},
		{"2026-02-30 09:00", berlin, "a date and a time"},
		{"", berlin, "a date and a time"},
	} {
		got, err := ParseMoment(test.text, test.zone)
		if err != nil {
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q: %v", test.text, err)
			}
		} else if got.UTC().Format(time.RFC3339) != test.want {
			t.Errorf("%q: %v", test.text, got.UTC())
		}
	}
}

func TestEveryZoneNameLoads(t *testing.T) {
	names := ZoneNames()
	for _, name := range names {
		if _, err := LoadZone(name); err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(names) || len(names) < 500 {
		t.Errorf("%d names, sorted: %v", len(names), slices.IsSorted(names))
	}
	for _, bad := range []string{"", "Local", "Berlin", "../etc/passwd", "/etc/localtime", "GMT+1", "europe/berlin ", "\x00"} {
		if z, err := LoadZone(bad); !errors.As(err, new(*ZoneError)) {
			t.Errorf("%q is %v, %v", bad, z, err)
		}
	}
}

func FuzzParseWindow(f *testing.F) {
	f.Add("mon-fri", "09:00", "18:00")
	f.Add("sat-mon, wed", "22:00", "6:00")
	f.Add("", "24:00", "00:00")
	f.Fuzz(func(t *testing.T, days, from, to string) {
		d, err := ParseDays(days)
		if err != nil {
			return
		}
		if again, err := ParseDays(d.String()); err != nil || again != d {
			t.Errorf("%q is %v, read again %v, %v", days, d, again, err)
		}
		a, err1 := ParseClock(from)
		b, err2 := ParseClock(to)
		if err1 != nil || err2 != nil {
			return
		}
		if again, err := ParseClock(a.String()); err != nil || again != a {
			t.Errorf("%q is %v, read again %v, %v", from, a, again, err)
		}
		w, err := NewWindow(d, a, b)
		if err != nil {
			return
		}
		now := time.Unix(1_790_000_000, 0)
		if next := w.Next(now, time.UTC); next.Before(now) || next.After(now.Add(8*24*time.Hour)) || !w.Open(next, time.UTC) {
			t.Errorf("%v: the next is %v", w, next)
		}
	})
}

func FuzzParseMoment(f *testing.F) {
	for _, s := range []string{"2026-12-01T09:00:00+01:00", "2026-10-25 02:30", "2026-03-29 02:30 Europe/Berlin", "2026-12-01T09:00", "0000-01-01 0:00"} {
		f.Add(s)
	}
	z := zone(f, "America/New_York")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseMoment(s, z)
		if at = at.UTC(); err != nil || at.Year() < 0 {
			return
		}
		if again, err := ParseMoment(at.Format(time.RFC3339Nano), z); err != nil || !again.Equal(at) {
			t.Errorf("%q is %v, read again %v, %v", s, at, again, err)
		}
	})
}
