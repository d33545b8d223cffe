package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Clock is what a clock on the wall shows, in minutes after midnight: 0 to
// 1440, which is 24:00, the end of a day.
type Clock int

const endOfDay Clock = 24 * 60

var clockForm = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})$`)

// ParseClock reads a time of day as in 09:00, of 24 hours; 24:00 is the end of
// the day.
func ParseClock(s string) (Clock, error) {
	m := clockForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q must be a time of day as in 09:00 or 18:30", s)
	}
	hours, _ := strconv.Atoi(m[1])
	minutes, _ := strconv.Atoi(m[2])
	c := Clock(60*hours + minutes)
	if minutes > 59 || c > endOfDay {
		return 0, fmt.Errorf("%q must be a time of day from 00:00 to 24:00", s)
	}
	return c, nil
}

// String returns the clock as ParseClock reads it.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// clockOf is what the clock shows at t, in t's own zone.
func clockOf(t time.Time) Clock { return Clock(60*t.Hour() + t.Minute()) }

// Days are days of the week. The zero value stands for all of them.
type Days uint8

const everyDay Days = 1<<7 - 1

// names of the days by their first three letters, as ParseDays takes them.
var names = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// DayNames returns the words that [ParseDays] takes for a day, in small letters:
// sun, sunday and so on.
func DayNames() []string {
	var all []string
	for i, name := range names {
		all = append(all, name, strings.ToLower(time.Weekday(i).String()))
	}
	return all
}

// ParseDays reads days of the week: mon, a range mon-fri or sat-mon, several
// with commas. Days may be written in full, and in capitals.
func ParseDays(s string) (Days, error) {
	var all Days
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := parseDay(first)
		if err != nil {
			return 0, err
		}
		to := from
		if isRange {
			if to, err = parseDay(last); err != nil {
				return 0, err
			}
		}
		for day := from; ; day = (day + 1) % 7 {
			all |= 1 << day
			if day == to {
				break
			}
		}
	}
	return all, nil
}

// A DayError is a word that is no day of the week.
type DayError struct{ Word string }

func (e *DayError) Error() string {
	return fmt.Sprintf("%q must be days as in mon, mon-fri or sat, sun", e.Word)
}

func parseDay(s string) (time.Weekday, error) {
	s = strings.TrimSpace(s)
	word := strings.ToLower(s)
	for i, name := range names {
		if word == name || word == strings.ToLower(time.Weekday(i).String()) {
			return time.Weekday(i), nil
		}
	}
	return 0, &DayError{s}
}

func (d Days) has(day time.Weekday) bool { return d == 0 || d&(1<<day) != 0 }

// String returns the days as ParseDays reads them, from Monday on: mon-fri, sun.
func (d Days) String() string {
	if d == 0 {
		d = everyDay
	}
	var parts []string
	for i := 1; i <= 7; i++ {
		if !d.has(time.Weekday(i % 7)) {
			continue
		}
		first := i
		for i < 7 && d.has(time.Weekday((i+1)%7)) {
			i++
		}
		switch i - first {
		case 0:
			parts = append(parts, names[first%7])
		case 1:
			parts = append(parts, names[first%7], names[i%7])
		default:
			parts = append(parts, names[first%7]+"-"+names[i%7])
		}
	}
	return strings.Join(parts, ", ")
}
