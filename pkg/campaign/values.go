package campaign

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// A misspelling is a value that is none of those allowed, but may be near one.
type misspelling struct {
	message, suggestion string
}

func (m *misspelling) Error() string { return m.message }

// value returns the reader of a key with a single value that parse understands.
func value[T any](d *decoder, dst *T, parse func(string) (T, error)) reader {
	return func(name string, n *yaml.Node) {
		s, ok := d.scalar(name, n)
		if !ok {
			return
		}
		v, err := parse(strings.TrimSpace(s))
		if err != nil {
			p := d.add(n, "%s: %v", name, err)
			var m *misspelling
			if errors.As(err, &m) {
				p.Suggestion = m.suggestion
			}
			return
		}
		*dst = v
	}
}

// oneOf returns a parser of a closed set of words.
func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		for _, w := range words {
			if s == w {
				return w, nil
			}
		}
		last := len(words) - 1
		return "", &misspelling{
			message:    fmt.Sprintf("%q must be %s or %s", s, strings.Join(words[:last], ", "), words[last]),
			suggestion: Nearest(s, words),
		}
	}
}

func parseText(s string) (string, error) { return s, nil }

// parseName accepts what can begin a file name on every platform.
func parseName(s string) (string, error) {
	bad := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	}
	if s == "" || strings.HasPrefix(s, ".") || strings.ContainsFunc(s, bad) || len(s) > 100 {
		return "", &misspelling{
			message:    fmt.Sprintf("%q must be made of letters, digits, dots, dashes and underscores, 100 at most: it names files", s),
			suggestion: slug(s, bad),
		}
	}
	return s, nil
}

func slug(s string, bad func(rune) bool) string {
	s = strings.Join(strings.FieldsFunc(strings.ToLower(s), bad), "-")
	return strings.TrimLeft(s[:min(len(s), 100)], ".")
}

func parseWorkers(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > MaxWorkers {
		return 0, fmt.Errorf("%q must be a whole number from 1 to %d", s, MaxWorkers)
	}
	return n, nil
}

func parseTimeout(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > time.Hour {
		return 0, fmt.Errorf("%q must be a time from 1s to 1h, as in 60s", s)
	}
	return d, nil
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q must be true or false", s)
}

// ParseRate reads "auto" or a number of requests in a time: 160/s, 1600/10s,
// 9000/min. A campaign file and the command line take the same forms.
func ParseRate(s string) (Rate, error) {
	if s == "auto" {
		return Rate{}, nil
	}
	count, unit, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	per := parsePer(strings.TrimSpace(unit))
	if err != nil || n < 1 || per <= 0 {
		return Rate{}, fmt.Errorf("%q must be auto or a number in a time, as in 160/s, 1600/10s or 9000/min", s)
	}
	return Rate{N: n, Per: per}, nil
}

func parsePer(unit string) time.Duration {
	switch unit {
	case "s", "sec", "second":
		return time.Second
	case "m", "min", "minute":
		return time.Minute
	case "h", "hour":
		return time.Hour
	}
	d, err := time.ParseDuration(unit)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return 0
	}
	return d
}

// String returns the rate as a campaign file has it.
func (r Rate) String() string {
	if r.N == 0 {
		return "auto"
	}
	switch r.Per {
	case time.Second:
		return strconv.Itoa(r.N) + "/s"
	case time.Minute:
		return strconv.Itoa(r.N) + "/min"
	case time.Hour:
		return strconv.Itoa(r.N) + "/h"
	}
	per := r.Per.String()
	if strings.HasSuffix(per, "m0s") {
		per = strings.TrimSuffix(per, "0s")
	}
	return strconv.Itoa(r.N) + "/" + per
}

// PerSecond returns the rate in requests a second; 0 is auto.
func (r Rate) PerSecond() float64 {
	if r.N == 0 {
		return 0
	}
	return float64(r.N) / r.Per.Seconds()
}

// ParseShare reads a part of a whole, 80% or 0.8, greater than 0 and at most 1.
func ParseShare(s string) (float64, error) {
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		v /= 100
	}
	if err != nil || math.IsNaN(v) || v <= 0 || v > 1 {
		return 0, fmt.Errorf("%q must be a percentage above 0%% and up to 100%%, as in 80%%", s)
	}
	return v, nil
}

// ParseLimit reads a count (20), a share (5%), or none.
func ParseLimit(s string) (Limit, error) {
	if s == "none" {
		return Limit{}, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return Limit{Count: n}, nil
	}
	if share, err := ParseShare(s); err == nil && strings.HasSuffix(s, "%") {
		return Limit{Share: share}, nil
	}
	return Limit{}, fmt.Errorf("%q must be a count, as in 20, a percentage, as in 5%%, or none", s)
}

// parseCreatedAt reads unix seconds or RFC 3339.
func parseCreatedAt(s string) (time.Time, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<33 {
		return time.Unix(n, 0).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q must be unix seconds or a time as in 2026-11-22T09:30:00Z", s)
}

func parseDelimiter(s string) (rune, error) {
	switch s {
	case "tab", "\\t", "\t":
		return '\t', nil
	case ",", ";", "|", ":":
		return rune(s[0]), nil
	}
	return 0, fmt.Errorf("%q must be one of , ; | : or tab", s)
}

// parseBaseURL checks the form only; who may be reached over plain http is the
// client's to say.
func parseBaseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return "", fmt.Errorf("%q must be an address that begins with https://", s)
	}
	return strings.TrimRight(s, "/"), nil
}
