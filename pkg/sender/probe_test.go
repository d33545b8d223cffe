package sender

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// A laptop that was closed has dead connections: before the next message they
// are closed, and the API is asked whether it is there, until it is.
func TestAfterSleepTheAPIIsProbedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d", "e", "f", "g", "h")
		defer f.ledger.Close()
		f.Workers = 1
		var asleep, closed, probes int64
		f.answer = func(_ context.Context, key string, _ int) error {
			if key == "d" {
				asleep = int64(8 * time.Hour)
			}
			if key > "d" && (closed != 1 || probes != 3) {
				t.Errorf("%s was sent when connections had been closed %d times and the API been probed %d times", key, closed, probes)
			}
			return nil
		}
		f.Disconnect = func() { closed++ }
		f.Probe = func(context.Context) error {
			if probes++; probes < 3 {
				return errGone
			}
			return nil
		}
		e := New(f.Config)
		e.sleeps.ahead = func() time.Duration { return time.Duration(asleep) }
		if err := e.Run(t.Context(), t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := e.Progress(); p.Sent != 8 || closed != 1 || probes != 3 {
			t.Errorf("%v, closed %d times, probed %d times; want 8 sent, 1, 3", p.Equation, closed, probes)
		}
	})
}

func TestSleepWatch(t *testing.T) {
	ahead := time.Duration(0)
	w := &sleepWatch{ahead: func() time.Duration { return ahead }}
	for _, step := range []struct {
		gained time.Duration
		slept  bool
	}{
		{0, false}, {1500 * time.Millisecond, false}, {1500 * time.Millisecond, false}, // drift does not add up
		{1500 * time.Millisecond, false}, {1500 * time.Millisecond, false},
		{6 * time.Second, true}, {0, false}, {-time.Hour, false}, {0, false}, {time.Hour, true},
	} {
		ahead += step.gained
		if got := w.over(); got != step.slept {
			t.Errorf("after %v more: slept %t, want %t", step.gained, got, step.slept)
		}
	}
	if newSleepWatch().over() {
		t.Error("the machine has not slept since a moment ago")
	}
}

// While the network is gone, nobody is claimed: only the API is asked, and the
// run ends after the longest outage or goes on when the API is there again.
func TestOutageIsProbed(t *testing.T) {
	for _, test := range []struct {
		name   string
		outage time.Duration
		halts  bool
	}{
		{"over in time", 5 * time.Minute, false},
		{"too long", 15 * time.Minute, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, "a", "b", "c", "d", "e", "f", "g", "h")
				defer f.ledger.Close()
				f.MaxOutage = 10 * time.Minute
				start := time.Now()
				gone := func() error {
					if time.Since(start) < test.outage {
						return errGone
					}
					return nil
				}
				var lost atomic.Int64
				f.answer = func(context.Context, string, int) error {
					err := gone()
					if err != nil {
						lost.Add(1)
					}
					return err
				}
				f.Probe = func(context.Context) error { return gone() }
				p, err := f.run(t.Context(), t.Context())
				var halt *Halt
				if halted := errors.As(err, &halt) && halt.Cause == NetworkGone; halted != test.halts {
					t.Errorf("the run ended with %v", err)
				}
				if lost.Load() > int64(f.Workers) {
					t.Errorf("%d messages were tried while the network was gone, with %d workers", lost.Load(), f.Workers)
				}
				if want := 8; !test.halts && p.Sent != want || test.halts && p.Pending != want {
					t.Errorf("%v", p.Equation)
				}
			})
		})
	}
}

// A refused message shows that the API is there: the next one goes at once.
func TestARefusalEndsTheDoubt(t *testing.T) {
	var c caution
	c.suspect()
	enter := func() turn {
		t.Helper()
		turn, err := c.enter(t.Context())
		if err != nil || !turn.alone {
			t.Fatalf("alone %t, %v", turn.alone, err)
		}
		return turn
	}
	first := enter()
	if !first.suspicious {
		t.Error("not suspicious after a sleep")
	}
	first.done(intercom.Refused)
	second := enter()
	if second.suspicious {
		t.Error("suspicious after an answer")
	}
	second.done(intercom.Sent)
	if third, err := c.enter(t.Context()); err != nil || third.alone {
		t.Errorf("alone %t after a message was sent, %v", third.alone, err)
	}
}
