package sender

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// A Threshold is how much of something is too much: a count in the run, or a
// share of the last 1,000 answers. The zero value is never exceeded.
type Threshold struct {
	Count int
	Share float64 // above 0 and at most 1
}

// Thresholds say when a run that goes wrong is stopped.
type Thresholds struct {
	Failures Threshold
	Unknown  Threshold
	// Alike is how many answers in a row, from the first on, may fail in the
	// same way; 0 for any number.
	Alike int
}

// recent is how many answers a share is taken of.
const recent = 1000

// A breaker decides, answer by answer, whether a run may go on.
type breaker struct {
	limits Thresholds

	mu      sync.Mutex
	answers int
	last    [recent]ledger.Status
	inLast  [ledger.Replaced + 1]int
	total   [ledger.Replaced + 1]int
	alike   int // answers from the first on that failed with code
	code    string
}

// saw counts an outcome and returns why the run must stop, nil if it needn't.
func (b *breaker) saw(o *ledger.Outcome) *Halt {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count(o)
	switch {
	case o.Status == ledger.Failed && b.exceeds(b.limits.Failures, ledger.Failed):
		return &Halt{Cause: TooManyFail, Count: b.total[ledger.Failed], Code: o.Code}
	case o.Status == ledger.Unknown && b.exceeds(b.limits.Unknown, ledger.Unknown):
		return &Halt{Cause: TooManyLost, Count: b.total[ledger.Unknown], Code: o.Code}
	case b.limits.Alike > 0 && b.alike >= b.limits.Alike && b.alike == b.answers:
		return &Halt{Cause: AllAlike, Count: b.alike, Code: b.code}
	}
	return nil
}

func (b *breaker) count(o *ledger.Outcome) {
	at := b.answers % recent
	if b.answers >= recent {
		b.inLast[b.last[at]]--
	}
	b.last[at] = o.Status
	b.inLast[o.Status]++
	b.total[o.Status]++
	failed := o.Status == ledger.Failed || o.Status == ledger.Unknown
	if failed && (b.answers == 0 || b.alike == b.answers && o.Code == b.code) {
		b.alike, b.code = b.alike+1, o.Code
	}
	b.answers++
}

// exceeds reports whether there were too many. A share is not taken of fewer
// than a hundred answers: the first failure would be all of them.
func (b *breaker) exceeds(t Threshold, s ledger.Status) bool {
	if t.Count > 0 && b.total[s] > t.Count {
		return true
	}
	const enough = 100
	of := min(b.answers, recent)
	return t.Share > 0 && of >= enough && float64(b.inLast[s]) > t.Share*float64(of)
}

// An outage knows since when nothing could be sent.
type outage struct {
	longest time.Duration // 0: for ever

	gone  atomic.Bool // since is set; changed under mu
	mu    sync.Mutex
	since time.Time // zero: the last request left
}

// over notes a request that left.
func (o *outage) over() {
	if !o.gone.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = time.Time{}
	o.gone.Store(false)
}

// tooLong notes a request that could not be sent, and reports whether that has
// been so for too long.
func (o *outage) tooLong() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = time.Now()
		o.gone.Store(true)
	}
	return o.longest > 0 && time.Since(o.since) > o.longest
}
