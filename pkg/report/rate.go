package report

import (
	"fmt"
	"math"
)

// A Rate is how many of a number of people did something.
type Rate struct {
	Did int `json:"did"`
	Of  int `json:"of"`
}

// Share is the part who did, 0 to 1; 0 of nobody.
func (r Rate) Share() float64 {
	if r.Of == 0 {
		return 0
	}
	return float64(r.Did) / float64(r.Of)
}

// z95 is the standard normal quantile of a two-sided interval of 95 %.
const z95 = 1.959963984540054

// Interval is where the true share lies with a confidence of 95 %, by Wilson's
// score: it is right for small numbers too, and for none and all. Of nobody it is
// 0 to 1.
func (r Rate) Interval() (low, high float64) {
	if r.Of == 0 {
		return 0, 1
	}
	n, p := float64(r.Of), r.Share()
	middle := p + z95*z95/(2*n)
	half := z95 * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	scale := 1 + z95*z95/n
	return max(0, (middle-half)/scale), min(1, (middle+half)/scale)
}

// String is the share with its interval: 12.5 % (95 %: 8.9 to 17.3 %).
func (r Rate) String() string {
	if r.Of == 0 {
		return "of nobody"
	}
	low, high := r.Interval()
	return fmt.Sprintf("%.1f %% (95 %%: %.1f to %.1f %%)", 100*r.Share(), 100*low, 100*high)
}

// Best returns the index of the highest rate, and whether its interval lies above
// those of all others: if not, it may be chance. -1: there are none.
func Best(rates []Rate) (best int, clear bool) {
	best = -1
	for i, r := range rates {
		if best < 0 || r.Share() > rates[best].Share() {
			best = i
		}
	}
	if best < 0 {
		return best, false
	}
	low, _ := rates[best].Interval()
	for i, r := range rates {
		if _, high := r.Interval(); i != best && high >= low {
			return best, false
		}
	}
	return best, true
}
