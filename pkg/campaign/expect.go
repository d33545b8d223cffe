package campaign

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Range is how many of something are expected, both ends included. The zero
// Range expects nothing in particular.
type Range struct{ From, To int }

// ParseRange reads 500, 400..600, 400.. or ..600.
func ParseRange(text string) (Range, error) {
	from, to, isRange := strings.Cut(strings.ReplaceAll(text, " ", ""), "..")
	if !isRange {
		to = from
	}
	r := Range{To: math.MaxInt}
	var err error
	if from != "" {
		r.From, err = strconv.Atoi(from)
	}
	if to != "" && err == nil {
		r.To, err = strconv.Atoi(to)
	}
	if err != nil || from+to == "" || r.From < 0 || r.To < max(1, r.From) {
		return Range{}, fmt.Errorf("%q must be a number of rows, as in 500, 400..600, 400.. or ..600", text)
	}
	return r, nil
}

// Has reports whether n is as expected.
func (r Range) Has(n int) bool { return r == (Range{}) || r.From <= n && n <= r.To }

// String writes what ParseRange reads.
func (r Range) String() string {
	switch {
	case r.From == r.To:
		return strconv.Itoa(r.From)
	case r.To == math.MaxInt:
		return strconv.Itoa(r.From) + ".."
	case r.From == 0:
		return ".." + strconv.Itoa(r.To)
	}
	return strconv.Itoa(r.From) + ".." + strconv.Itoa(r.To)
}
