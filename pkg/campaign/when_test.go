package campaign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/source"
)

const whenHead = `name: a
source: "-"
to: {type: user, id: "{{.id}}"}
message: {type: in_app, from: 7, body: "<p>Hello you</p>"}
`

func TestWhen(t *testing.T) {
	for _, test := range []struct{ name, keys, want string }{
		{"nothing", "", ""},
		{"a window", "send_window: {days: [mon, tue], from: 09:00, to: 18:00, timezone: Europe/Berlin}", "mon, tue 09:00 to 18:00 Europe/Berlin"},
		{"a range of days", "send_window: {days: mon-fri, from: 22:00, to: 6:00, timezone: UTC}", "mon-fri 22:00 to 06:00 UTC"},
		{"ranges in a list", "send_window: {days: [mon-wed, sat], timezone: UTC}", "mon-wed, sat 00:00 to 24:00 UTC"},
		{"every day", "send_window: {from: 8:00, to: 20:00, timezone: UTC}", "mon-sun 08:00 to 20:00 UTC"},
		{"by row", `send_window: {from: 8:00, to: 20:00, timezone: "{{.tz}}"}`, "mon-sun 08:00 to 20:00 {{.tz}} else none"},
		{"by row, with a fallback", `send_window: {from: 8:00, to: 20:00, timezone: "{{.tz}}", fallback: Asia/Tokyo}`, "mon-sun 08:00 to 20:00 {{.tz}} else Asia/Tokyo"},
		{"moments", "start_at: 2026-12-01T09:00:00+01:00\nnot_after: 2026-12-18 18:00 Europe/Berlin\nmax_per_day: 20000",
			"from 2026-12-01T08:00:00Z to 2026-12-18T17:00:00Z 20000 a day"},
		{"moments in the window's zone", "start_at: 2026-12-01 09:00\nsend_window: {days: mon, timezone: Asia/Tokyo}",
			"from 2026-12-01T00:00:00Z mon 00:00 to 24:00 Asia/Tokyo"},
		{"moments in the fallback's zone", "start_at: 2026-12-01 09:00\nsend_window: {days: mon, timezone: '{{.tz}}', fallback: Asia/Tokyo}",
			"from 2026-12-01T00:00:00Z mon 00:00 to 24:00 {{.tz}} else Asia/Tokyo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := Load(write(t, map[string]string{"campaign.yaml": whenHead + test.keys}), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, spell(&c.When)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func spell(w *When) string {
	var parts []string
	if !w.StartAt.IsZero() {
		parts = append(parts, "from", w.StartAt.UTC().Format(time.RFC3339))
	}
	if !w.NotAfter.IsZero() {
		parts = append(parts, "to", w.NotAfter.UTC().Format(time.RFC3339))
	}
	if w.MaxPerDay > 0 {
		parts = append(parts, fmt.Sprint(w.MaxPerDay, " a day"))
	}
	if w.Zone != nil || w.ByRow {
		parts = append(parts, w.Window.String())
	}
	if w.ByRow {
		parts = append(parts, w.ZoneOf.Text, "else")
	}
	switch {
	case w.Zone != nil:
		parts = append(parts, w.Zone.String())
	case w.ByRow:
		parts = append(parts, "none")
	}
	return strings.Join(parts, " ")
}

func TestWhenProblems(t *testing.T) {
	for _, test := range []struct{ name, keys, want string }{
		{"no days", "send_window: {days: [mon, tusday, fri-son, weekdays], from: 9:00, to: 18:00, timezone: UTC}", `
campaign.yaml:5:27: send_window.days: "tusday" must be days as in mon, mon-fri or sat, sun (did you mean tuesday?)
campaign.yaml:5:35: send_window.days: "son" must be days as in mon, mon-fri or sat, sun
campaign.yaml:5:44: send_window.days: "weekdays" must be days as in mon, mon-fri or sat, sun`},
		{"no clock", "send_window: {from: 9, to: 6pm, timezone: UTC}", `
campaign.yaml:5:21: send_window.from: "9" must be a time of day as in 09:00 or 18:30
campaign.yaml:5:28: send_window.to: "6pm" must be a time of day as in 09:00 or 18:30`},
		{"never open", "send_window: {from: 09:00, to: 9:00, timezone: UTC}",
			"campaign.yaml:5:14: send_window: from and to are both 09:00: the window would never open; a whole day is from 00:00 to 24:00"},
		{"without an end", "send_window: {from: 09:00, timezone: UTC}", "campaign.yaml:5:14: send_window.to is missing"},
		{"without a zone", "send_window: {from: 09:00, to: 10:00}", "campaign.yaml:5:14: send_window.timezone is missing"},
		{"a list without days", "send_window: {days: [], timezone: UTC}", "campaign.yaml:5:21: send_window.days is empty: leave it out for every day"},
		{"no mapping", "send_window: mon-fri", "campaign.yaml:5:14: send_window must be keys with values"},
		{"an unknown key", "send_window: {day: mon, timezone: UTC}", "campaign.yaml:5:15: unknown key send_window.day (did you mean days?)"},
		{"a city", "send_window: {days: mon, timezone: berlin}",
			`campaign.yaml:5:36: send_window.timezone: there is no time zone "berlin"; zones are named as in Europe/Berlin (did you mean Europe/Berlin?)`},
		{"a slip in a zone", "send_window: {days: mon, timezone: Europe/Belrin}",
			`campaign.yaml:5:36: send_window.timezone: there is no time zone "Europe/Belrin"; zones are named as in Europe/Berlin (did you mean Europe/Berlin?)`},
		{"the machine's zone", "send_window: {days: mon, timezone: Local}",
			`campaign.yaml:5:36: send_window.timezone: there is no time zone "Local"; zones are named as in Europe/Berlin`},
		{"a wrong zone is said once", "start_at: 2026-12-01 09:00\nsend_window: {days: mon, timezone: New York}",
			`campaign.yaml:6:36: send_window.timezone: there is no time zone "New York"; zones are named as in Europe/Berlin (did you mean America/New_York?)`},
		{"a wrong fallback", "send_window: {days: mon, timezone: '{{.tz}}', fallback: Tokio}",
			`campaign.yaml:5:57: send_window.fallback: there is no time zone "Tokio"; zones are named as in Europe/Berlin`},
		{"a fallback for nothing", "send_window: {days: mon, timezone: UTC, fallback: UTC}",
			`campaign.yaml:5:51: send_window.fallback goes with a timezone that each row has its own of, as in timezone: "{{.timezone}}"`},
		{"a broken template", `send_window: {days: mon, timezone: "{{.tz"}`, "campaign.yaml:5: {{ without its }}"},
		{"whose time", "start_at: 2026-12-01 09:00",
			"campaign.yaml:5:11: start_at: whose clock shows that? Add an offset or a zone, as in 2026-12-01T09:00:00+01:00 or 2026-12-01 09:00 Europe/Berlin"},
		{"no time", "start_at: tomorrow\nnot_after: 2026-12-01", `
campaign.yaml:5:11: start_at: "tomorrow" must be a date and a time, as in 2026-12-01 09:00 or 2026-12-01T09:00:00+01:00
campaign.yaml:6:12: not_after: "2026-12-01" must be a date and a time, as in 2026-12-01 09:00 or 2026-12-01T09:00:00+01:00`},
		{"a time that is skipped", "start_at: 2026-03-29 02:30 Europe/Berlin",
			"campaign.yaml:5:11: start_at: there is no 2026-03-29 02:30 in Europe/Berlin: the clocks are put forward then"},
		{"a time that comes twice", "not_after: 2026-10-25 02:30 Europe/Berlin",
			"campaign.yaml:5:12: not_after: 2026-10-25 02:30 comes twice in Europe/Berlin, since the clocks are put back: write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"},
		{"an end before the start", "start_at: 2026-12-02T09:00:00Z\nnot_after: 2026-12-02T09:00:00Z",
			"campaign.yaml:6:12: not_after is not later than start_at: nothing could be sent"},
		{"no number", "max_per_day: 0", `campaign.yaml:5:14: max_per_day: "0" must be a whole number of messages, 1 or more, as in 20000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, map[string]string{"campaign.yaml": whenHead + test.keys})
			_, err := Load(path, Options{})
			checkProblems(t, path, err, test.want)
		})
	}
}

func TestZoneOfARow(t *testing.T) {
	for _, test := range []struct {
		name, keys, tz string
		want           string // the zone, with a star if it is the row's own; or the error
	}{
		{"no rules", "", "Asia/Tokyo", "none"},
		{"one for all", "send_window: {days: mon, timezone: Europe/Berlin}", "Asia/Tokyo", "Europe/Berlin"},
		{"its own", "send_window: {days: mon, timezone: '{{.tz}}'}", " Asia/Tokyo ", "Asia/Tokyo*"},
		{"none", "send_window: {days: mon, timezone: '{{.tz}}'}", "", "campaign.yaml:5:37: send_window.timezone: is empty"},
		{"a wrong one", "send_window: {days: mon, timezone: '{{.tz}}'}", "GMT+1", `campaign.yaml:5:37: send_window.timezone: "GMT+1" is no time zone; zones are named as in Europe/Berlin`},
		{"a city", "send_window: {days: mon, timezone: '{{.tz}}'}", "los angeles", `campaign.yaml:5:37: send_window.timezone: "los angeles" is no time zone (did you mean America/Los_Angeles?)`},
		{"none, with a default", `send_window: {days: mon, timezone: '{{.tz | default "Asia/Tokyo"}}'}`, "", "Asia/Tokyo*"},
		{"none, with a fallback", "send_window: {days: mon, timezone: '{{.tz}}', fallback: Europe/Berlin}", "", "Europe/Berlin"},
		{"a wrong one, with a fallback", "send_window: {days: mon, timezone: '{{.tz}}', fallback: Europe/Berlin}", "Local", "Europe/Berlin"},
		{"a wrong one, with both", `send_window: {days: mon, timezone: '{{.tz | default "Asia/Tokyo"}}', fallback: Europe/Berlin}`, "+09:00", "Europe/Berlin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, map[string]string{"campaign.yaml": whenHead + test.keys})
			c, err := Load(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			h, err := source.NewHeader([]string{"id", "tz"})
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.Compile(h, CompileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := "none"
			zone, own, err := r.Zone(source.NewRecipient(h, 2, []string{"1", test.tz}))
			switch {
			case err != nil:
				got = strings.TrimPrefix(err.Error(), strings.TrimSuffix(path, "campaign.yaml"))
			case own:
				got = zone.String() + "*"
			case zone != nil:
				got = zone.String()
			}
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

// When a campaign sends is no part of what it sends.
func TestWhenIsNotInTheFingerprint(t *testing.T) {
	load := func(keys string) string {
		c, err := Load(write(t, map[string]string{"campaign.yaml": whenHead + keys}), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Fingerprint()
	}
	if load("") != load("start_at: 2026-12-01T09:00:00Z\nmax_per_day: 5\nsend_window: {days: mon, timezone: '{{.tz}}'}\n") {
		t.Error("the fingerprint changed")
	}
}
