package report

import (
	"math"
	"testing"
)

// The values are Wilson's, by his formula of 1927 at 95 %, worked out elsewhere.
func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		rate      Rate
		low, high float64
		text      string
	}{
		{Rate{0, 10}, 0, 0.2775, "0.0 % (95 %: 0.0 to 27.8 %)"},
		{Rate{10, 10}, 0.7225, 1, "100.0 % (95 %: 72.2 to 100.0 %)"},
		{Rate{5, 10}, 0.2366, 0.7634, "50.0 % (95 %: 23.7 to 76.3 %)"},
		{Rate{81, 263}, 0.2553, 0.3662, "30.8 % (95 %: 25.5 to 36.6 %)"},
		{Rate{0, 0}, 0, 1, "of nobody"},
	} {
		low, high := tt.rate.Interval()
		if math.Abs(low-tt.low) > 5e-5 || math.Abs(high-tt.high) > 5e-5 {
			t.Errorf("%v: %.5f to %.5f, want %.4f to %.4f", tt.rate, low, high, tt.low, tt.high)
		}
		if got := tt.rate.String(); got != tt.text {
			t.Errorf("%q, want %q", got, tt.text)
		}
	}
}

func TestBest(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rates []Rate
		best  int
		clear bool
	}{
		{"none", nil, -1, false},
		{"one alone", []Rate{{1, 2}}, 0, true},
		{"far apart", []Rate{{5, 100}, {40, 100}}, 1, true},
		{"near", []Rate{{20, 100}, {25, 100}, {22, 100}}, 1, false},
		{"equal", []Rate{{20, 1000}, {20, 1000}}, 0, false},
		{"one that nobody got", []Rate{{40, 100}, {0, 0}}, 0, false},
	} {
		if best, clear := Best(tt.rates); best != tt.best || clear != tt.clear {
			t.Errorf("%s: %d, %v", tt.name, best, clear)
		}
	}
}
