package sender

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
)

// probe asks, with a request that writes to nobody, whether the API can be
// reached at all. It stops the run if that has not been so for too long.
func (e *Engine) probe() bool {
	if e.cfg.Probe == nil {
		return true
	}
	err := e.cfg.Probe(e.stop)
	switch class := classOf(err); {
	case e.stop.Err() != nil:
		return false
	case class != intercom.NotSent && class != intercom.Unknown, errors.As(err, new(*governor.WaitError)):
		e.outage.over() // also if it was refused: a message will tell why
		return true
	}
	if e.outage.tooLong() {
		e.halt(&Halt{Cause: NetworkGone, Err: err, After: e.cfg.MaxOutage})
	}
	return false
}

// wakeUp makes the engine cautious if the machine has slept: its connections
// are dead, and a message on one of them would be unknown.
func (e *Engine) wakeUp() (slept bool) {
	if slept = e.sleeps.over(); slept {
		if e.cfg.Disconnect != nil {
			e.cfg.Disconnect()
		}
		e.caution.suspect()
	}
	return slept
}

// A sleepWatch notices that the machine slept: the wall clock went on, and the
// monotonic one stood still. A wall clock that is set forward looks the same,
// and costs a probe.
type sleepWatch struct {
	ahead func() time.Duration // of the monotonic clock, since some start
	last  atomic.Int64         // what ahead was then, in nanoseconds
}

// longNap is how long a sleep must be to count. It is more than clocks are
// corrected by, and less than connections live.
const longNap = 5 * time.Second

func newSleepWatch() *sleepWatch {
	start := time.Now()
	wall := start.Round(0) // without the monotonic clock
	return &sleepWatch{ahead: func() time.Duration {
		now := time.Now()
		return now.Round(0).Sub(wall) - now.Sub(start)
	}}
}

// over reports, to one caller, that a sleep is over.
func (w *sleepWatch) over() bool {
	ahead, last := int64(w.ahead()), w.last.Load()
	gained := time.Duration(ahead - last)
	if gained.Abs() < time.Second { // clocks drift: don't let it add up, nor write each time
		return false
	}
	return w.last.CompareAndSwap(last, ahead) && gained >= longNap
}
