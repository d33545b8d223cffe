package campaign

import (
	"strconv"
	"strings"
	"time"
)

// zones are the time zones of the function date.
type zones struct{ zoneCache }

// layoutOf returns the layout that a name stands for, or the name: it is a
// layout itself.
func layoutOf(name string) string {
	switch name {
	case "iso":
		return "2006-01-02"
	case "long":
		return "2 January 2006"
	case "us":
		return "January 2, 2006"
	case "day":
		return "Monday, 2 January"
	case "time":
		return "15:04"
	}
	return name
}

// date writes a date: date layout [zone] value.
func (z *zones) date(layout string, rest ...any) (string, error) {
	zone := time.UTC
	if len(rest) == 2 {
		name, _ := rest[0].(string)
		var err error
		if zone, err = z.load(name); err != nil {
			return "", badCall("date", "%s", err)
		}
	}
	s, err := single("date", rest[len(rest)-1])
	if err != nil {
		return "", err
	}
	t, ok := parseDate(strings.TrimSpace(s), zone)
	if !ok {
		return "", badCall("date", "%q is no date such as 2026-11-22 or 2026-11-22T09:30:00Z", s)
	}
	if len(rest) == 2 {
		t = t.In(zone)
	}
	out := t.Format(layoutOf(layout))
	if out == layout && t.Year() != 2006 {
		return "", badCall("date", "the layout %q shows no date: write it as for 2 January 2006, 15:04", layout)
	}
	return out, nil
}

// parseDate reads the forms that exports have. One without an offset is taken
// as of the zone; digits alone are unix seconds.
func parseDate(s string, zone *time.Location) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 && len(s) <= 11 {
		return time.Unix(n, 0).In(zone), true
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
	} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
