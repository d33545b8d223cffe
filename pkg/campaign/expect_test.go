package campaign

import (
	"math"
	"testing"
)

func TestParseRange(t *testing.T) {
	for _, test := range []struct {
		text string
		want Range
		back string
	}{
		{"500", Range{500, 500}, "500"},
		{"400..600", Range{400, 600}, "400..600"},
		{" 400 .. 600 ", Range{400, 600}, "400..600"},
		{"400..", Range{400, math.MaxInt}, "400.."},
		{"..600", Range{0, 600}, "..600"},
		{"0..1", Range{0, 1}, "..1"},
	} {
		got, err := ParseRange(test.text)
		if err != nil || got != test.want || got.String() != test.back {
			t.Errorf("%q: %v (%s), %v", test.text, got, got, err)
		}
	}
	for _, text := range []string{"", "..", "0", "600..400", "-1", "-5..3", "1e3", "1,000", "a..b", "1..2..3"} {
		if r, err := ParseRange(text); err == nil {
			t.Errorf("%q is taken for %v", text, r)
		}
	}
	r := Range{400, 600}
	for n, want := range map[int]bool{399: false, 400: true, 600: true, 601: false} {
		if r.Has(n) != want {
			t.Errorf("%v has %d: %t", r, n, !want)
		}
	}
	if !(Range{}).Has(0) {
		t.Error("the zero range expects something")
	}
}
