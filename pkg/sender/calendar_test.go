package sender

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A wall is a clock on a wall: the bubble's time, set to another date.
type wall struct {
	mu  sync.Mutex
	set time.Duration
}

func wallAt(t *testing.T, moment string) *wall {
	t.Helper()
	at, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		t.Fatal(err)
	}
	return &wall{set: time.Until(at)}
}

func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.set)
}

func (w *wall) turn(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set += by
}

// A claims looks at each claim at the moment it is made.
type claims struct {
	*ledger.Ledger
	look func(key string)
}

func (c *claims) Claim(key string, line int, expected ledger.Status) (uint64, error) {
	c.look(key)
	return c.Ledger.Claim(key, line, expected)
}

func loadZone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := calendar.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func office(t testing.TB) calendar.Window {
	t.Helper()
	days, err := calendar.ParseDays("mon-fri")
	if err != nil {
		t.Fatal(err)
	}
	return calendar.Window{Days: days, From: 9 * 60, To: 17 * 60}
}

// inOffice is what office means, said in another way.
func inOffice(at time.Time, zone *time.Location) bool {
	clock, day := at.In(zone).Format("15:04"), at.In(zone).Format("Mon")
	return clock >= "09:00" && clock < "17:00" && !strings.HasPrefix(day, "S")
}

// evenly paces as a limiter does.
func evenly(perSecond float64) func(context.Context) error {
	var mu sync.Mutex
	var next time.Time
	return func(ctx context.Context) error {
		mu.Lock()
		if now := time.Now(); next.Before(now) {
			next = now
		}
		at := next
		next = next.Add(time.Duration(float64(time.Second) / perSecond))
		mu.Unlock()
		return sleep(ctx, time.Until(at))
	}
}

var fortyZones = []string{
	"Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Australia/Sydney", "Australia/Lord_Howe", "Australia/Adelaide",
	"Australia/Brisbane", "Asia/Tokyo", "Asia/Shanghai", "Asia/Jakarta", "Asia/Yangon", "Asia/Dhaka", "Asia/Kathmandu",
	"Asia/Kolkata", "Asia/Karachi", "Asia/Kabul", "Asia/Dubai", "Asia/Tehran", "Asia/Jerusalem", "Asia/Beirut",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Lagos", "Africa/Nairobi", "Europe/Helsinki", "Europe/Berlin", "Europe/London",
	"Europe/Lisbon", "Atlantic/Azores", "America/Nuuk", "America/Sao_Paulo", "America/St_Johns", "America/Halifax",
	"America/New_York", "America/Havana", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
}

// A worldwide is a campaign to rows whose key begins with their zone.
type worldwide struct {
	*fake
	wall  *wall
	rules calendar.Rules
	zones map[string]*time.Location
	rows  map[*time.Location]int

	mu     sync.Mutex
	perDay map[string]int
	last   time.Time
}

func newWorldwide(t *testing.T, start string, each int) *worldwide {
	w := &worldwide{wall: wallAt(t, start), zones: map[string]*time.Location{}, rows: map[*time.Location]int{}, perDay: map[string]int{}}
	var rows []any
	for i := range each {
		for _, name := range fortyZones {
			rows = append(rows, fmt.Sprint(name, " ", i))
		}
	}
	for _, name := range fortyZones {
		w.zones[name] = loadZone(t, name)
		w.rows[w.zones[name]] = each
	}
	w.fake = newFake(t, rows...)
	w.rules = calendar.Rules{Window: office(t), Zone: w.zones["Europe/Berlin"], ByRow: true}
	w.Zone = func(r *source.Recipient) (*time.Location, error) { return w.zoneOf(r.At(0)), nil }
	w.fake.Ledger = &claims{w.fake.ledger, w.claimed}
	w.Workers = 2
	w.Pace = evenly(1)
	return w
}

func (w *worldwide) zoneOf(key string) *time.Location {
	name, _, _ := strings.Cut(key, " ")
	return w.zones[name]
}

// claimed is what must hold at every claim.
func (w *worldwide) claimed(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.wall.now()
	if zone := w.zoneOf(key); !inOffice(at, zone) {
		w.t.Errorf("%s was claimed at %s", key, at.In(zone).Format("Mon 2 Jan 15:04:05 MST"))
	}
	day := at.In(w.rules.Zone).Format(time.DateOnly)
	w.perDay[day]++
	if most := w.rules.MaxPerDay; most > 0 && w.perDay[day] > most {
		w.t.Errorf("%d claims on %s, %d are allowed", w.perDay[day], day, most)
	}
	w.last = at
}

// TestFortyZonesOverBothChangesOfAYear sends for a month in spring and for one
// in autumn, while clocks are changed in most of forty zones, on five days.
func TestFortyZonesOverBothChangesOfAYear(t *testing.T) {
	for _, start := range []string{"2026-03-06T00:00:00Z", "2026-10-02T00:00:00Z"} {
		t.Run(start[:10], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldwide(t, start, 24)
				defer w.ledger.Close()
				w.rules.MaxPerDay = 40
				w.Gate = calendar.NewGate(w.rules, w.wall.now)
				forecast := w.rules.Forecast(w.wall.now(), w.rows, 1, 0)
				p := w.runAll()
				if p.Sent != 40*24 || p.Pending != 0 {
					t.Errorf("%v", p.Equation)
				}
				if len(w.perDay) < 24 || len(w.perDay) > 36 {
					t.Errorf("it took %d days", len(w.perDay))
				}
				if off := w.last.Sub(forecast.Done).Abs(); off > 3*24*time.Hour || forecast.Left > 0 {
					t.Errorf("done %v, the forecast was %v", w.last, forecast.Done)
				}
			})
		})
	}
}

// TestEachZoneBeginsWhenItOpens holds the engine to its forecast: no zone waits
// longer than it must, and the last row is sent when that was foretold.
func TestEachZoneBeginsWhenItOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldwide(t, "2026-03-27T00:00:00Z", 20) // a Friday; clocks are changed on Sunday
		defer w.ledger.Close()
		w.Workers = 16
		w.Gate = calendar.NewGate(w.rules, w.wall.now)
		start, first := w.wall.now(), map[*time.Location]time.Time{}
		w.fake.Ledger = &claims{w.ledger, func(key string) {
			w.claimed(key)
			w.mu.Lock()
			defer w.mu.Unlock()
			if zone := w.zoneOf(key); first[zone].IsZero() {
				first[zone] = w.wall.now()
			}
		}}
		forecast := w.rules.Forecast(start, w.rows, 1, 0)
		if p := w.runAll(); p.Sent != 800 {
			t.Errorf("%v", p.Equation)
		}
		for zone, at := range first {
			if late := at.Sub(w.rules.Window.Next(start, zone)); late > 5*time.Minute {
				t.Errorf("%v began %v after it opened", zone, late)
			}
		}
		if off := w.last.Sub(forecast.Done).Abs(); off > 5*time.Minute {
			t.Errorf("done %v, the forecast was %v", w.last, forecast.Done)
		}
	})
}

// TestARestartIsNoNewDay stops a campaign in the middle of its days, many times.
func TestARestartIsNoNewDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldwide(t, "2026-10-23T00:00:00Z", 5)
		w.rules.MaxPerDay = 30
		path := filepath.Join(t.TempDir(), "b.ledger")
		var p Progress
		for range 200 {
			l := openLedger(t, path)
			gate := calendar.NewGate(w.rules, w.wall.now)
			for entry, err := range l.Entries() {
				if err != nil {
					t.Fatal(err)
				}
				gate.Seed(entry.Time.Add(w.wall.set))
			}
			w.Gate, w.Keys, w.fake.Ledger = gate, l, &claims{l, w.claimed}
			stop, cancel := context.WithTimeout(t.Context(), 3*time.Hour+7*time.Minute)
			var err error
			p, err = w.run(stop, t.Context())
			cancel()
			if closed := l.Close(); closed != nil {
				t.Fatal(closed)
			}
			if err == nil {
				break
			}
		}
		if p.Sent != 200 {
			t.Errorf("%v", p.Equation)
		}
		for key, n := range w.posts {
			if n != 1 {
				t.Errorf("%s was sent %d times", key, n)
			}
		}
	})
}

// A campaign of one zone waits in its place, and takes no more turns than time.
func TestTheCampaignsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []any
		for i := range 1000 {
			rows = append(rows, fmt.Sprint(i))
		}
		f := newFake(t, rows...)
		defer f.ledger.Close()
		clock, berlin := wallAt(t, "2026-12-04T15:30:00Z"), loadZone(t, "Europe/Berlin") // Friday, 16:30 there
		rules := calendar.Rules{StartAt: clock.now().Add(time.Minute), Window: office(t), Zone: berlin, MaxPerDay: 400}
		f.Gate = calendar.NewGate(rules, clock.now)
		f.Pace = evenly(0.1)
		f.Workers = 8
		f.Ledger = &claims{f.ledger, func(key string) {
			if !inOffice(clock.now(), berlin) {
				t.Errorf("%s was claimed at %v", key, clock.now().In(berlin))
			}
		}}
		var waits []calendar.Wait
		var mu sync.Mutex
		f.Waiting = func(w calendar.Wait) {
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, w)
		}
		forecast := rules.Forecast(clock.now(), map[*time.Location]int{berlin: 1000}, 0.1, 0)
		p := f.runAll()
		if p.Sent != 1000 {
			t.Errorf("%v", p.Equation)
		}
		var got []string
		for _, w := range waits {
			got = append(got, fmt.Sprint(w.Reason, w.Until.In(berlin).Format(" Mon 15:04")))
		}
		want := "start-at Fri 16:31, send-window Mon 09:00, max-per-day Tue 09:00, max-per-day Wed 09:00"
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("waits: %s; want %s", text, want)
		}
		if off := clock.now().Sub(forecast.Done).Abs(); off > 15*time.Minute {
			t.Errorf("done %v, the forecast was %v", clock.now(), forecast.Done)
		}
		if p.Waited < 80*time.Hour || p.Waited > 120*time.Hour {
			t.Errorf("waited %v", p.Waited)
		}
	})
}

// A laptop sleeps, or its clock is set: what the wall says counts within half a
// minute.
func TestTheClockOnTheWallJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d")
		defer f.ledger.Close()
		f.Workers = 1
		f.Pace = evenly(1.0 / 60)
		clock := wallAt(t, "2026-12-07T05:00:00Z")
		f.Gate = calendar.NewGate(calendar.Rules{Window: office(t), Zone: time.UTC}, clock.now)
		var at []string
		f.Ledger = &claims{f.ledger, func(string) { at = append(at, clock.now().UTC().Format("Mon 15:04")) }}
		start := time.Now()
		time.AfterFunc(10*time.Minute, func() { clock.turn(3*time.Hour + 55*time.Minute) })            // 05:10 is 09:05
		time.AfterFunc(11*time.Minute+15*time.Second, func() { clock.turn(8 * time.Hour) })            // shut
		time.AfterFunc(30*time.Minute, func() { clock.turn(-7*time.Hour - 59*time.Minute) })           // as if it had not been
		time.AfterFunc(32*time.Minute+50*time.Second, func() { clock.turn(24*time.Hour - time.Hour) }) // the next day
		if p := f.runAll(); p.Sent != 4 {
			t.Errorf("%v", p.Equation)
		}
		if took := time.Since(start); took > 3*time.Hour {
			t.Errorf("it took %v", took)
		}
		for _, when := range at {
			if clock := when[4:]; clock < "09:00" || clock >= "17:00" {
				t.Errorf("claims at %v", at)
			}
		}
	})
}

func TestTooLate(t *testing.T) {
	tests := []struct {
		name     string
		notAfter time.Duration // from 16:59:58 on
		rules    func(*calendar.Rules)
		sent     int
		waits    bool
	}{
		{"while it sends", 1500 * time.Millisecond, func(*calendar.Rules) {}, 2, false},
		{"before it opens again", 10 * time.Hour, func(*calendar.Rules) {}, 2, false},
		{"before the next day", time.Hour, func(r *calendar.Rules) { r.MaxPerDay, r.Window = 1, calendar.Window{} }, 1, false},
		{"already", -time.Second, func(*calendar.Rules) {}, 0, false},
		{"when a row's window opens again", 10 * time.Hour, func(r *calendar.Rules) { r.ByRow = true }, 2, false},
		{"after one more day", 40 * time.Hour, func(r *calendar.Rules) { r.MaxPerDay = 2 }, 4, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, "a", "b", "c", "d", "e", "f")
				defer f.ledger.Close()
				f.Pace = evenly(1)
				clock := wallAt(t, "2026-12-07T16:59:58Z")
				rules := calendar.Rules{Window: office(t), Zone: time.UTC, NotAfter: clock.now().Add(test.notAfter)}
				test.rules(&rules)
				f.Gate = calendar.NewGate(rules, clock.now)
				if rules.ByRow {
					f.Zone = func(*source.Recipient) (*time.Location, error) { return time.UTC, nil }
				}
				start := time.Now()
				p, err := f.run(t.Context(), t.Context())
				var halt *Halt
				if !errors.As(err, &halt) || halt.Cause != TooLate {
					t.Errorf("the run ended with %v", err)
				}
				if p.Sent != test.sent || p.Pending != 6-test.sent {
					t.Errorf("%v", p.Equation)
				}
				if waited := time.Since(start) > time.Minute; waited != test.waits {
					t.Errorf("it took %v", time.Since(start))
				}
			})
		})
	}
}

func TestNoWait(t *testing.T) {
	tests := []struct {
		name  string
		rules func(*calendar.Rules)
		cause HaltCause
		sent  int
		until string
	}{
		{"before the start", func(r *calendar.Rules) { r.StartAt = r.StartAt.Add(time.Hour) }, TooEarly, 0, "Mon 10:30"},
		{"outside the window", func(r *calendar.Rules) { r.Window.From = 10 * 60 }, WindowClosed, 0, "Mon 10:00"},
		{"when the day is full", func(r *calendar.Rules) { r.MaxPerDay = 3 }, DayFull, 3, "Tue 09:00"},
		{"outside the windows of some rows", func(r *calendar.Rules) { r.ByRow = true }, WindowClosed, 4, "Mon 14:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, "a", "b", "New York", "c", "d")
				defer f.ledger.Close()
				f.NoWait, f.Workers = true, 1
				clock := wallAt(t, "2026-12-07T09:30:00Z")
				rules := calendar.Rules{Window: office(t), Zone: time.UTC, StartAt: clock.now()}
				test.rules(&rules)
				f.Gate = calendar.NewGate(rules, clock.now)
				if rules.ByRow {
					f.Zone = func(r *source.Recipient) (*time.Location, error) {
						if r.At(0) == "New York" {
							return time.LoadLocation("America/New_York")
						}
						return time.UTC, nil
					}
				}
				p, err := f.run(t.Context(), t.Context())
				var halt *Halt
				if !errors.As(err, &halt) || halt.Cause != test.cause || halt.Until.UTC().Format("Mon 15:04") != test.until {
					t.Errorf("the run ended with %#v", halt)
				}
				if p.Sent != test.sent || p.Waited != 0 {
					t.Errorf("%v, waited %v", p.Equation, p.Waited)
				}
			})
		})
	}
}

// Every wait for the calendar ends with the run.
func TestStopEndsEveryWait(t *testing.T) {
	for _, byRow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, "a", "b", "c")
			defer f.ledger.Close()
			clock := wallAt(t, "2026-12-05T12:00:00Z") // a Saturday
			f.Gate = calendar.NewGate(calendar.Rules{Window: office(t), Zone: time.UTC, ByRow: byRow}, clock.now)
			if byRow {
				f.Zone = func(*source.Recipient) (*time.Location, error) { return time.UTC, nil }
			}
			stop, stopNow := context.WithCancel(t.Context())
			var seen Progress
			e := New(f.Config)
			time.AfterFunc(10*time.Hour+time.Second, func() {
				seen = e.Progress()
				stopNow()
			})
			start := time.Now()
			err := e.Run(stop, t.Context())
			if !errors.Is(err, context.Canceled) || time.Since(start) != 10*time.Hour+time.Second {
				t.Errorf("by row %v: %v after %v", byRow, err, time.Since(start))
			}
			if seen.Waiting.Until.UTC().Format("Mon 15:04") != "Mon 09:00" || seen.Waited != time.Since(start) {
				t.Errorf("by row %v: while it waits: %+v", byRow, seen)
			}
			if p := e.Progress(); p.Pending != 3 || !p.Balanced() || !p.Waiting.None() {
				t.Errorf("by row %v: %+v", byRow, p)
			}
		})
	}
}

// Rows that can't be sent are refused once, whatever passes follow; the limit
// ends every pass at the same row; new contacts are tried again in each zone.
func TestLaterPassesCountNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldwide(t, "2026-12-07T00:00:00Z", 2)
		defer w.ledger.Close()
		w.fake.rows = []any{"Asia/Tokyo 1", "nowhere", "Europe/Berlin 1", "Europe/Berlin 1", "America/New_York 1", "Asia/Tokyo 2", "Europe/Berlin 2"}
		w.Limit = 5 // all but the last; the duplicate is not picked
		w.LatePasses, w.LateWait = 1, time.Minute
		var mu sync.Mutex
		refused := 0
		w.Bad = func(int, error) {
			mu.Lock()
			defer mu.Unlock()
			refused++
		}
		w.Zone = func(r *source.Recipient) (*time.Location, error) {
			if r.At(0) == "nowhere" {
				return nil, errors.New("no such zone")
			}
			return w.zoneOf(r.At(0)), nil
		}
		w.answer = func(_ context.Context, key string, n int) error {
			if strings.HasSuffix(key, " 1") && n == 1 {
				return errNotFound
			}
			return nil
		}
		w.Gate = calendar.NewGate(w.rules, w.wall.now)
		p := w.runAll()
		if p.Rows != 7 || p.Sent != 4 || p.Skipped != 2 || p.Pending != 1 || p.SentNow != 4 || p.FailedNow != 0 || refused != 1 || p.Bad != 1 {
			t.Errorf("%+v, %d refused", p, refused)
		}
		if n := len(w.events); n != 4+3+2 { // sent, not found at first, skipped
			t.Errorf("%d rows were observed", n)
		}
		if w.posts["Europe/Berlin 2"] != 0 {
			t.Error("a row beyond the limit was sent")
		}
	})
}

// A retry passes over rows whose window is closed as well, and counts what they
// were.
func TestRetryWaitsForWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "c.ledger")
		f := newFake(t, "a", "b")
		l := openLedger(t, path)
		f.Keys, f.Ledger = l, l
		f.answer = func(context.Context, string, int) error { return errInvalid }
		f.runAll()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = openLedger(t, path)
		defer l.Close()
		clock := wallAt(t, "2026-12-05T12:00:00Z")
		f.Keys, f.Ledger = l, l
		f.Gate = calendar.NewGate(calendar.Rules{Window: office(t), ByRow: true}, clock.now)
		f.Zone = func(*source.Recipient) (*time.Location, error) { return time.UTC, nil }
		f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
		f.answer = func(_ context.Context, key string, _ int) error {
			if key == "a" {
				return errInvalid
			}
			return nil
		}
		if p := f.runAll(); p.Sent != 1 || p.Failed != 1 || p.SentNow != 1 || p.FailedNow != 1 || f.posts["a"] != 2 || f.posts["b"] != 2 {
			t.Errorf("%+v, %v", p, f.posts)
		}
	})
}

// What was certainly not sent does not count for the day.
func TestReleasedClaimsDoNotUseUpTheDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d", "e", "f")
		defer f.ledger.Close()
		clock := wallAt(t, "2026-12-07T12:00:00Z")
		f.Gate = calendar.NewGate(calendar.Rules{MaxPerDay: 3, Zone: time.UTC}, clock.now)
		f.NoWait, f.Workers = true, 1
		f.answer = func(_ context.Context, _ string, n int) error {
			if n < 5 {
				return errTooMany
			}
			return nil
		}
		p, err := f.run(t.Context(), t.Context())
		if p.Sent != 3 || f.Gate.Used() != 3 || !errors.As(err, new(*Halt)) {
			t.Errorf("%v, %d used: %v", p.Equation, f.Gate.Used(), err)
		}
	})
}

// A run that is through but for contacts that may be new doesn't stay up for
// them until the window opens again.
func TestLatePassesDoNotWaitForWindows(t *testing.T) {
	for _, byRow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, "a", "b")
			defer f.ledger.Close()
			f.LatePasses, f.LateWait = 2, 2*time.Minute
			f.answer = func(_ context.Context, key string, _ int) error {
				if key == "a" {
					return errNotFound
				}
				return nil
			}
			clock := wallAt(t, "2026-12-04T16:57:00Z") // a Friday, three minutes before it closes
			f.Gate = calendar.NewGate(calendar.Rules{Window: office(t), Zone: time.UTC, ByRow: byRow}, clock.now)
			if byRow {
				f.Zone = func(*source.Recipient) (*time.Location, error) { return time.UTC, nil }
			}
			start := time.Now()
			if p := f.runAll(); p.Sent != 1 || p.Failed != 1 || p.FailedNow != 1 || f.posts["a"] != 2 {
				t.Errorf("by row %v: %+v, %v", byRow, p, f.posts)
			}
			if took := time.Since(start); took > 5*time.Minute {
				t.Errorf("by row %v: it took %v", byRow, took)
			}
		})
	}
}
