package governor

import (
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// Timers fire late, and the pace stays what it is.
func TestLateTimersDoNotSlowThePace(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, perSecond := range []float64{8.2, 166.6, 1000, 5000} {
		now := time.Unix(1_800_000_000, 0)
		p := pacer{bucket: rate.NewLimiter(0, 1)}
		p.setRate(now, perSecond)
		taken, end := 0, now.Add(20*time.Second)
		for now.Before(end) {
			due := p.due(now)
			if due.After(now) {
				now = due.Add(time.Duration(r.Int64N(int64(5 * time.Millisecond))))
				continue
			}
			if !p.take(due) {
				t.Fatalf("%v a second: the token that is due is not there", perSecond)
			}
			taken++
		}
		if want := 20 * perSecond; float64(taken) < want*0.999-1 || float64(taken) > want*1.001+2 {
			t.Errorf("%d tokens in 20 s at %v a second", taken, perSecond)
		}
	}
}

func TestRateOfNextToNothing(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := pacer{bucket: rate.NewLimiter(0, 1)}
	p.setRate(now, 1e-9)
	p.take(p.due(now))
	if wait := p.due(now).Sub(now); wait <= 0 || wait > time.Hour {
		t.Errorf("the next token is due in %v", wait)
	}
}
