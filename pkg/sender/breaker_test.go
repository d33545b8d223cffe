package sender

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// feed gives a breaker n outcomes and returns after how many it halted, 0 if
// it did not, and why.
func feed(b *breaker, n int, outcome func(i int) ledger.Outcome) (int, *Halt) {
	for i := range n {
		o := outcome(i)
		if h := b.saw(&o); h != nil {
			return i + 1, h
		}
	}
	return 0, nil
}

func TestBreaker(t *testing.T) {
	sent := ledger.Outcome{Status: ledger.Sent}
	failed := func(code string) ledger.Outcome { return ledger.Outcome{Status: ledger.Failed, Code: code} }
	unknown := ledger.Outcome{Status: ledger.Unknown, Code: NoAnswer}
	every := func(n int, o ledger.Outcome) func(int) ledger.Outcome {
		return func(i int) ledger.Outcome {
			if i%n == n-1 {
				return o
			}
			return sent
		}
	}
	tests := []struct {
		name    string
		limits  Thresholds
		outcome func(int) ledger.Outcome
		after   int
		cause   HaltCause
	}{
		{"no limits", Thresholds{}, every(1, failed("x")), 0, ""},
		{"the first 20 alike", Thresholds{Alike: 20}, every(1, failed("x")), 20, AllAlike},
		{"not quite alike", Thresholds{Alike: 20}, func(i int) ledger.Outcome {
			if i == 10 {
				return failed("y")
			}
			return failed("x")
		}, 0, ""},
		{"alike later on", Thresholds{Alike: 20}, func(i int) ledger.Outcome {
			if i == 0 {
				return sent
			}
			return failed("x")
		}, 0, ""},
		{"failures by count", Thresholds{Failures: Threshold{Count: 7}}, every(10, failed("x")), 80, TooManyFail},
		{"failures by share, just allowed", Thresholds{Failures: Threshold{Share: 0.05}}, every(20, failed("x")), 0, ""},
		{"failures by share", Thresholds{Failures: Threshold{Share: 0.05}}, every(10, failed("x")), 100, TooManyFail},
		{"a share is of the last 1,000", Thresholds{Failures: Threshold{Share: 0.05}}, func(i int) ledger.Outcome {
			if i >= 2000 {
				return failed("x")
			}
			return sent
		}, 2051, TooManyFail},
		{"unknown by count", Thresholds{Unknown: Threshold{Count: 20}}, every(2, unknown), 42, TooManyLost},
		{"failures don't count as unknown", Thresholds{Unknown: Threshold{Count: 20}}, every(2, failed("x")), 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			after, halt := feed(&breaker{limits: test.limits}, 3000, test.outcome)
			var cause HaltCause
			if halt != nil {
				cause = halt.Cause
			}
			if after != test.after || cause != test.cause {
				t.Errorf("halted after %d with %q, want after %d with %q", after, cause, test.after, test.cause)
			}
		})
	}
}

func TestALostAnswerMakesClaimsGoOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []any
		for i := range 300 {
			rows = append(rows, fmt.Sprint("k", i))
		}
		f := newFake(t, rows...)
		defer f.ledger.Close()
		const workers, broken, healed = 16, 100, 105
		f.Workers = workers
		var mu sync.Mutex
		posts, inFlight, most := 0, 0, 0
		f.answer = func(ctx context.Context, _ string, _ int) error {
			mu.Lock()
			posts++
			n := posts
			inFlight++
			if n > broken+workers && n < healed+workers {
				most = max(most, inFlight)
			}
			mu.Unlock()
			_ = sleep(ctx, 50*time.Millisecond)
			mu.Lock()
			inFlight--
			mu.Unlock()
			if n >= broken && n < healed+workers {
				return errNoAnswer
			}
			return nil
		}
		p := f.runAll()
		// What was in flight when the network broke, and then one at a time.
		if p.Unknown > 2*workers+healed-broken || p.Sent+p.Unknown != 300 || most > 1 {
			t.Errorf("%v; %d at a time", p.Equation, most)
		}
	})
}

func TestASingleLostAnswerCostsOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d")
		defer f.ledger.Close()
		f.Workers = 1
		f.answer = func(ctx context.Context, key string, _ int) error {
			_ = sleep(ctx, 100*time.Millisecond)
			if key == "b" {
				return errNoAnswer
			}
			return nil
		}
		start := time.Now()
		p := f.runAll()
		if took := time.Since(start); p.Sent != 3 || p.Unknown != 1 || took != 400*time.Millisecond {
			t.Errorf("%v after %v", p.Equation, took)
		}
	})
}
