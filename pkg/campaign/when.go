package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/source"
)

// When says when the campaign may send. It is no part of what is sent, so it
// may change between runs.
type When struct {
	// Rules.Zone is the window's zone or, with ZoneOf, the fallback for rows
	// that name none; nil if the file names neither.
	calendar.Rules
	ZoneOf *Template // renders whose clocks a row's window goes by; nil: one zone for all
}

// A timetable is the file's moments, to be read when the zone is known.
type timetable struct {
	startAt, notAfter *yaml.Node
	zone              bool // there is one, right or wrong
}

func keep(dst **yaml.Node) reader {
	return func(_ string, n *yaml.Node) { *dst = n }
}

// moments reads start_at and not_after.
func (d *decoder) moments(w *When, t timetable) {
	parse := func(s string) (time.Time, error) {
		at, err := calendar.ParseMoment(s, w.Zone)
		if t.zone && errors.Is(err, calendar.ErrNoZone) {
			return at, nil // what is wrong with the zone is said there
		}
		return at, withNearZone(err)
	}
	if t.startAt != nil {
		value(d, &w.StartAt, parse)("start_at", t.startAt)
	}
	if t.notAfter == nil {
		return
	}
	value(d, &w.NotAfter, parse)("not_after", t.notAfter)
	if !w.NotAfter.IsZero() && !w.NotAfter.After(w.StartAt) {
		d.add(t.notAfter, "not_after is not later than start_at: nothing could be sent")
	}
}

func (d *decoder) sendWindow(w *When, t *timetable) reader {
	return func(name string, n *yaml.Node) {
		var days calendar.Days
		var from, to calendar.Clock
		var fallback *yaml.Node
		before := len(d.problems)
		found := d.mapping(name+".", n, []key{
			{"days", d.days(&days)},
			{"from", value(d, &from, calendar.ParseClock)},
			{"to", value(d, &to, calendar.ParseClock)},
			{"timezone", d.timezone(w)},
			{"fallback", keep(&fallback)},
		})
		if found == nil {
			return
		}
		d.require(name+".", n, found, "timezone")
		if found["from"] != found["to"] {
			d.require(name+".", n, found, "from", "to")
		}
		d.fallback(w, name, fallback)
		t.zone = found["timezone"] && !w.ByRow || found["fallback"]
		if len(d.problems) > before {
			return
		}
		w.Window.Days = days
		if found["from"] {
			var err error
			if w.Window, err = calendar.NewWindow(days, from, to); err != nil {
				d.add(n, "%s: %v", name, err)
			}
		}
	}
}

// days reads days of the week, as a list or as one text.
func (d *decoder) days(dst *calendar.Days) reader {
	return func(name string, n *yaml.Node) {
		list := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			list = n.Content
		}
		for _, item := range list {
			var days calendar.Days
			value(d, &days, parseDays)(name, resolve(item))
			*dst |= days
		}
		if len(list) == 0 {
			d.add(n, "%s is empty: leave it out for every day", name)
		}
	}
}

func parseDays(s string) (calendar.Days, error) {
	days, err := calendar.ParseDays(s)
	var unknown *calendar.DayError
	if errors.As(err, &unknown) {
		return 0, &misspelling{message: err.Error(), suggestion: Nearest(unknown.Word, calendar.DayNames())}
	}
	return days, err
}

// timezone reads the name of a zone, or a template that renders one.
func (d *decoder) timezone(w *When) reader {
	fixed, byRow := value(d, &w.Zone, parseZone), d.template(&w.ZoneOf)
	return func(name string, n *yaml.Node) {
		if w.ByRow = strings.Contains(n.Value, "{{"); w.ByRow {
			byRow(name, n)
		} else {
			fixed(name, n)
		}
	}
}

func (d *decoder) fallback(w *When, within string, n *yaml.Node) {
	switch {
	case n == nil:
	case w.ByRow:
		value(d, &w.Zone, parseZone)(within+".fallback", n)
	default:
		d.add(n, "%s.fallback goes with a timezone that each row has its own of, as in timezone: \"{{.timezone}}\"", within)
	}
}

func parseZone(s string) (*time.Location, error) {
	zone, err := calendar.LoadZone(s)
	return zone, withNearZone(err)
}

// withNearZone adds to an error about a zone which one was probably meant.
func withNearZone(err error) error {
	var unknown *calendar.ZoneError
	if !errors.As(err, &unknown) {
		return err
	}
	names := calendar.ZoneNames()
	near := sameZone(unknown.Name, names)
	if near == "" {
		near = Nearest(unknown.Name, names)
	}
	return &misspelling{message: err.Error(), suggestion: near}
}

// sameZone finds the zone that is written otherwise, or of which only the city
// is named: berlin, europe/berlin, New York.
func sameZone(name string, names []string) string {
	name = strings.ReplaceAll(strings.TrimSpace(name), " ", "_")
	for _, whole := range names {
		city := whole[strings.LastIndexByte(whole, '/')+1:]
		if strings.EqualFold(name, whole) || strings.EqualFold(name, city) {
			return whole
		}
	}
	return ""
}

func parseMaxPerDay(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q must be a whole number of messages, 1 or more, as in 20000", s)
	}
	return n, nil
}

// A zoneCache keeps the time zones that were asked for: loading one reads a
// file. Names that are none are not kept, since rows may have any number.
type zoneCache struct{ loaded sync.Map }

func (c *zoneCache) load(name string) (*time.Location, error) {
	if zone, ok := c.loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := calendar.LoadZone(name)
	if err != nil {
		return nil, err
	}
	kept, _ := c.loaded.LoadOrStore(name, zone)
	return kept.(*time.Location), nil
}

// Zone returns whose clocks the send window goes by for a row, and whether the
// row itself says so; the same zone is always the same pointer. It is nil where
// the campaign has no zone. The error is a *RenderError: the row has no time
// zone, and the campaign no fallback.
func (r *Renderer) Zone(row *source.Recipient) (zone *time.Location, own bool, err error) {
	fixed := r.campaign.When.Zone
	if r.zone == nil {
		return fixed, false, nil
	}
	b := r.buffer()
	defer r.buffers.Put(b)
	if zone, err = r.rowZone(b, row); err != nil && fixed != nil {
		return fixed, false, nil
	}
	return zone, err == nil, err
}

func (r *Renderer) rowZone(b *bytes.Buffer, row *source.Recipient) (*time.Location, error) {
	if r.zone.contact {
		joined, _, err := r.join(b, row)
		if err != nil {
			return nil, err
		}
		if row = joined; r.zone.waits(row) {
			return r.campaign.When.Zone, nil // the contact will say
		}
	}
	name, err := r.zone.filled(b, row)
	if err != nil {
		return nil, err
	}
	zone, err := r.zones.load(name)
	if err == nil {
		return zone, nil
	}
	reason := strconv.Quote(name) + " is no time zone; zones are named as in Europe/Berlin"
	if near := sameZone(name, calendar.ZoneNames()); near != "" {
		reason = strconv.Quote(name) + " is no time zone (did you mean " + near + "?)"
	}
	return nil, r.zone.refuse(KindInvalid, reason)
}
