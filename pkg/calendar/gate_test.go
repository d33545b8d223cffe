package calendar

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGate(t *testing.T) {
	tokyo, berlin := zone(t, "Asia/Tokyo"), zone(t, "Europe/Berlin")
	now := moment(t, "2026-12-07T07:00:00Z") // Monday, 08:00 in Berlin, 16:00 in Tokyo
	rules := Rules{Window: window(t, "mon-fri", "09:00", "17:00"), Zone: berlin, MaxPerDay: 2, NotAfter: moment(t, "2026-12-08T12:00:00Z")}
	g := NewGate(rules, func() time.Time { return now })
	ask := func(want string) {
		t.Helper()
		if got := spell(g.Ask(), berlin); got != want {
			t.Errorf("at %v: %q, want %q", now.In(berlin), got, want)
		}
	}
	enter := func() Pass {
		t.Helper()
		p, w := g.Enter(nil)
		if !w.None() {
			t.Fatalf("at %v: %v", now, w)
		}
		return p
	}
	ask("send-window Mon 09:00")
	now = now.Add(2 * time.Hour)
	ask("")
	g.Seed(now.Add(-24 * time.Hour))
	g.Seed(now.Add(-time.Hour))
	p := enter()
	ask("max-per-day Tue 09:00")
	if _, w := g.Enter(nil); w.Reason != Full {
		t.Errorf("beyond the day's number: %v", w)
	}
	g.Release(p)
	enter()
	if g.Used() != 2 || g.Taken(nil) != 1 {
		t.Errorf("used %d, taken %d", g.Used(), g.Taken(nil))
	}
	now = now.Add(24 * time.Hour)
	enter()
	enter()
	ask("not-after")               // the next day is after the end
	now = now.Add(-24 * time.Hour) // the clock is set back: that day is full as it was
	ask("max-per-day Tue 09:00")

	rules.ByRow = true
	g = NewGate(rules, func() time.Time { return now })
	now = moment(t, "2026-12-07T07:30:00Z")
	ask("")
	if w := g.AskRow(tokyo); !w.None() {
		t.Errorf("Tokyo waits for %v", w)
	}
	if got := spell(g.AskRow(berlin), berlin); got != "send-window Mon 09:00" {
		t.Errorf("Berlin waits for %s", got)
	}
	if _, w := g.Enter(berlin); w.Reason != Closed {
		t.Errorf("Berlin enters: %v", w)
	}
	now = moment(t, "2026-12-08T08:00:00Z")
	if w := g.AskRow(tokyo); w.Reason != Over {
		t.Errorf("Tokyo opens after the end: %v", w)
	}
}

func spell(w Wait, zone *time.Location) string {
	text := string(w.Reason)
	if !w.Until.IsZero() {
		text += w.Until.In(zone).Format(" Mon 15:04")
	}
	return text
}

func TestForecast(t *testing.T) {
	berlin, tokyo := zone(t, "Europe/Berlin"), zone(t, "Asia/Tokyo")
	day := window(t, "mon-fri", "09:00", "17:00")
	tests := []struct {
		name  string
		rules Rules
		now   string
		rows  map[*time.Location]int
		rate  float64
		used  int
		begin string // in Berlin
		done  string
		took  time.Duration
		waits []string
		left  int
	}{
		{"no rules", Rules{}, "2026-12-07T08:00:00Z", map[*time.Location]int{nil: 3600}, 1, 0,
			"Mon 7 Dec 09:00", "Mon 7 Dec 10:00", time.Hour, nil, 0},
		{"nothing", Rules{}, "2026-12-07T08:00:00Z", nil, 1, 0, "", "Mon 7 Dec 09:00", 0, nil, 0},
		{"over a weekend", Rules{Window: day, Zone: berlin}, "2026-12-04T15:00:00Z", map[*time.Location]int{nil: 7200}, 1, 0,
			"Fri 4 Dec 16:00", "Mon 7 Dec 10:00", 2 * time.Hour, []string{"send-window Mon 09:00"}, 0},
		{"over the clocks' change", Rules{Window: window(t, "sat", "22:00", "06:00"), Zone: berlin}, "2026-10-24T10:00:00Z", map[*time.Location]int{nil: 9 * 3600}, 1, 0,
			"Sat 24 Oct 22:00", "Sun 25 Oct 06:00", 9 * time.Hour, []string{"send-window Sat 22:00"}, 0},
		{"so many a day", Rules{MaxPerDay: 100, Zone: berlin}, "2026-12-07T11:00:00Z", map[*time.Location]int{nil: 250}, 10, 60,
			"Mon 7 Dec 12:00", "Thu 10 Dec 00:00", 25 * time.Second, []string{"max-per-day Tue 00:00", "max-per-day Wed 00:00", "max-per-day Thu 00:00"}, 0},
		{"a start and an end", Rules{StartAt: moment(t, "2026-12-07T12:00:00Z"), NotAfter: moment(t, "2026-12-07T13:00:00Z"), Zone: berlin}, "2026-12-07T11:00:00Z", map[*time.Location]int{nil: 5000}, 1, 0,
			"Mon 7 Dec 13:00", "", time.Hour, []string{"start-at Mon 13:00"}, 1400},
		{"too late", Rules{NotAfter: moment(t, "2026-12-07T11:00:00Z"), Zone: berlin}, "2026-12-07T11:00:00Z", map[*time.Location]int{nil: 5}, 1, 0, "", "", 0, nil, 5},
		{"two zones", Rules{Window: day, Zone: berlin, ByRow: true}, "2026-12-07T00:00:00Z", map[*time.Location]int{tokyo: 3600, berlin: 3600}, 1, 0,
			"Mon 7 Dec 01:00", "Mon 7 Dec 10:00", 2 * time.Hour, []string{"send-window Mon 09:00"}, 0},
		{"a start years ahead", Rules{StartAt: moment(t, "2036-12-08T12:00:00Z"), Zone: berlin}, "2026-12-07T11:00:00Z", map[*time.Location]int{nil: 1}, 1, 0,
			"Mon 8 Dec 13:00", "Mon 8 Dec 13:00", time.Second, []string{"start-at Mon 13:00"}, 0},
		{"more than a year", Rules{MaxPerDay: 1, Zone: berlin}, "2026-12-07T11:00:00Z", map[*time.Location]int{nil: 1000}, 1, 0, "Mon 7 Dec 12:00", "", 366 * time.Second, nil, 634},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := test.rules.Forecast(moment(t, test.now), test.rows, test.rate, test.used)
			at := func(t time.Time) string {
				if t.IsZero() {
					return ""
				}
				return t.In(berlin).Format("Mon 2 Jan 15:04")
			}
			if at(f.Begin) != test.begin || at(f.Done) != test.done || f.Left != test.left {
				t.Errorf("from %s to %s, %d left", at(f.Begin), at(f.Done), f.Left)
			}
			if (f.Sending - test.took).Abs() > time.Second {
				t.Errorf("%v of sending", f.Sending)
			}
			var waits []string
			for _, w := range f.Waits {
				waits = append(waits, spell(Wait{w.Reason, w.Until}, berlin))
			}
			if len(waits) < 10 && !cmp.Equal(test.waits, waits) {
				t.Errorf("waits: %q", waits)
			}
		})
	}
}

// TestForecastAddsUp: whatever the rules, a forecast ends, sends no faster than
// the rate, in no wait, and accounts for every row.
func TestForecastAddsUp(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
		r := Rules{
			MaxPerDay: rapid.IntRange(0, 500).Draw(t, "max per day"),
			ByRow:     rapid.Bool().Draw(t, "by row"),
			Window: Window{Days: Days(rapid.IntRange(0, 127).Draw(t, "days")),
				From: Clock(rapid.IntRange(0, 1439).Draw(t, "from")), To: Clock(rapid.IntRange(0, 1439).Draw(t, "to"))},
			StartAt:  now.Add(time.Duration(rapid.IntRange(-48, 48).Draw(t, "start")) * time.Hour),
			NotAfter: now.Add(time.Duration(rapid.IntRange(49, 2000).Draw(t, "end")) * time.Hour),
		}
		rows, all := map[*time.Location]int{}, 0
		for _, name := range zones {
			z, err := LoadZone(name)
			if err != nil {
				t.Fatal(err)
			}
			r.Zone = z
			rows[z] = rapid.IntRange(0, 2000).Draw(t, name)
			all += rows[z]
		}
		rate := rapid.Float64Range(0.001, 200).Draw(t, "rate")
		f := r.Forecast(now, rows, rate, 0)
		sent := float64(all - f.Left)
		if f.Left < 0 || f.Left > all || math.Abs(f.Sending.Seconds()*rate-sent) > 1.5 {
			t.Fatalf("%d rows at %v a second: %+v", all, rate, f)
		}
		if (f.Left == 0) == f.Done.IsZero() {
			t.Fatalf("%d left, done %v", f.Left, f.Done)
		}
		if f.Left == 0 && all > 0 {
			waited := time.Duration(0)
			for _, w := range f.Waits {
				waited += w.Until.Sub(w.From)
			}
			if off := f.Done.Sub(now) - waited - f.Sending; off.Abs() > time.Second+time.Duration(len(f.Waits))*time.Millisecond {
				t.Fatalf("%v of waiting and %v of sending make %v", waited, f.Sending, f.Done.Sub(now))
			}
			if !f.Done.Before(r.NotAfter.Add(time.Millisecond)) {
				t.Fatalf("done %v, after %v", f.Done, r.NotAfter)
			}
		}
	})
}
