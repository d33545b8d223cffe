package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoZone is what [ParseMoment] ends with for a time of day that no zone is
// known for.
var ErrNoZone = errors.New("whose clock shows that? Add an offset or a zone, as in 2026-12-01T09:00:00+01:00 or 2026-12-01 09:00 Europe/Berlin")

// ParseMoment reads a moment: RFC 3339 (2026-12-01T09:00:00+01:00), or date and
// time of a zone's clocks (2026-12-01 09:00), which is the given zone unless
// one is named behind (2026-12-01 09:00 Europe/Berlin). A nil zone is none. A
// time that the clocks skip, or show twice, when they are changed is refused.
func ParseMoment(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	date, rest := s, ""
	if at := strings.IndexAny(s, " T"); at >= 0 {
		date, rest = s[:at], strings.TrimSpace(s[at+1:])
	}
	clock, name, named := strings.Cut(rest, " ")
	wall, err := time.Parse("2006-01-02 15:04", date+" "+clock)
	if err != nil {
		wall, err = time.Parse(time.DateTime, date+" "+clock)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q must be a date and a time, as in 2026-12-01 09:00 or 2026-12-01T09:00:00+01:00", s)
	}
	if named {
		if zone, err = LoadZone(strings.TrimSpace(name)); err != nil {
			return time.Time{}, err
		}
	}
	if zone == nil {
		return time.Time{}, ErrNoZone
	}
	return whenShown(wall, zone)
}

// whenShown returns when a zone's clocks show what those of UTC show at wall.
func whenShown(wall time.Time, zone *time.Location) (time.Time, error) {
	var found []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, is := t.Zone(); is == offset && (len(found) == 0 || !found[0].Equal(t)) {
			found = append(found, t)
		}
	}
	clock := wall.Format("2006-01-02 15:04")
	switch len(found) {
	case 0:
		return time.Time{}, fmt.Errorf("there is no %s in %s: the clocks are put forward then", clock, zone)
	case 1:
		return found[0], nil
	}
	return time.Time{}, fmt.Errorf("%s comes twice in %s, since the clocks are put back: write %s or %s",
		clock, zone, found[0].Format(time.RFC3339), found[1].Format(time.RFC3339))
}
