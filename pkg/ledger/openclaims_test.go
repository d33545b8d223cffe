package ledger

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOpenClaims opens and closes claims in any order, as a map would have it.
func TestOpenClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o openClaims
		want := map[uint64]openClaim{}
		last := uint64(rapid.IntRange(0, 2).Draw(t, "last"))
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			for range rapid.SampledFrom([]int{0, 1, 5, nearClaims - 1, nearClaims + 3}).Draw(t, "claims") {
				last++
				c := openClaim{line: int(last)}
				o.add(last, c)
				want[last] = c
			}
			last += uint64(rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "left out"))
			for range rapid.IntRange(0, 40).Draw(t, "ends") {
				n := uint64(rapid.IntRange(0, int(last)+2).Draw(t, "number"))
				if _, ok := want[n]; !ok && len(want) > 0 && n%4 > 0 {
					n = slices.Min(slices.Collect(maps.Keys(want)))
				}
				c, ok := o.take(n)
				if w, open := want[n]; ok != open || ok && c != w {
					t.Fatalf("claim %d: %v, want %v", n, ok, open)
				}
				delete(want, n)
			}
			if o.len != len(want) {
				t.Fatalf("%d claims are open, want %d", o.len, len(want))
			}
		}
		if got := maps.Collect(o.all()); !maps.Equal(got, want) {
			t.Fatalf("%d claims are left, want %d", len(got), len(want))
		}
	})
}
