package governor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhateverHappens disturbs runs in every way there is, several at a time.
// No window is ever too full, wherever between admission and answer a request
// arrived; and two windows after the last disturbance the limit is used again.
func TestWhateverHappens(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { disturbedRun(t, rand.New(rand.NewPCG(uint64(seed), 4))) })
		})
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// A trial is one disturbed run.
type trial struct {
	*model
	crew    *crew
	options Options
	latency time.Duration
	stall   atomic.Int64 // of the disk, between Pace and the request
}

const (
	troubled = 7 * Window // disturbed for
	measured = 3 * Window // use is looked at, after another two windows
)

func disturbedRun(t *testing.T, r *rand.Rand) {
	c := &trial{
		options: Options{
			Rate:    pick(r, 0, 0, 0, 50, 300, 1e6),
			Share:   pick(r, 0, 0.3, 0.8, 1),
			MaxWait: time.Hour,
		},
		latency: pick[time.Duration](r, 0, 5, 50, 100, 300) * time.Millisecond,
		model:   &model{style: style(r.IntN(3)), limit: pick(r, 20, 83, 167, 600)},
	}
	c.there, c.back = around(c.latency/2), around(c.latency/2)
	c.start(pick(r, 1, 8, 64, 256))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { c.crew.run(run); close(done) }()

	for end := time.Now().Add(troubled); time.Now().Before(end); {
		time.Sleep(rand.N(5 * time.Second))
		if r.IntN(8) == 0 {
			stop()
			<-done
			run, stop, done = c.restart(ctx)
			continue
		}
		undo := c.disturb(ctx, r)
		time.Sleep(time.Duration(r.Int64N(int64(8 * time.Second))))
		undo()
	}
	time.Sleep(2 * Window)
	began := time.Now()
	time.Sleep(measured)
	c.judge(t, began, time.Now())
	stop()
	<-done
	c.fullest(t, c.knows(c.options))
	if c.crew.failed != nil {
		t.Errorf("pace: %v", c.crew.failed)
	}
}

func (c *trial) start(workers int) {
	c.crew = &crew{g: New(c.options), m: c.model, workers: workers, claim: func() {
		if d := c.stall.Load(); d > 0 {
			time.Sleep(time.Duration(d))
		}
	}}
}

// restart goes on with a new governor that knows what the ledger does. It knows
// nothing of the API's limit.
func (c *trial) restart(ctx context.Context) (context.Context, context.CancelFunc, chan struct{}) {
	time.Sleep(rand.N(2 * time.Second))
	c.crew.g = New(c.options)
	c.crew.m = c.model
	var answered []time.Time
	c.mu.Lock()
	for _, s := range c.spans {
		answered = append(answered, s.answered)
	}
	c.told = append(c.told, telling{time.Now(), 0})
	c.mu.Unlock()
	c.crew.g.Seed(answered)
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { c.crew.run(run); close(done) }()
	return run, stop, done
}

// change runs f where the model's fields may be changed.
func (c *trial) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// disturb begins one disturbance, and returns what ends it.
func (c *trial) disturb(ctx context.Context, r *rand.Rand) (undo func()) {
	switch r.IntN(9) {
	case 0:
		was := c.limit
		c.change(func() { c.limit = pick(r, 1, 20, 83, 167, 600, 3000) })
		return func() { c.change(func() { c.limit = was }) }
	case 1:
		c.change(func() { c.storm, c.code = true, pick(r, "rate_limit_exceeded", "too_many_requests") })
		return func() { c.change(func() { c.storm = false }) }
	case 2:
		damage := pick(r, damages...)
		c.change(func() { c.damage = damage })
		return func() { c.change(func() { c.damage = nil }) }
	case 3: // stays: clocks do
		c.change(func() { c.skew = time.Duration(r.Int64N(int64(20*time.Minute))) - 10*time.Minute })
		return func() {}
	case 4:
		theirs, stop := context.WithCancel(ctx)
		go c.others(theirs, float64(c.limit)*pick(r, 0.1, 0.5, 1.2)/Window.Seconds())
		return stop
	case 5:
		c.stall.Store(int64(pick(r, 20*time.Millisecond, time.Second, 7*time.Second)))
		return func() { c.stall.Store(0) }
	case 6:
		fault := pick(r, faults...)
		c.change(func() { c.fault = fault })
		return func() { c.change(func() { c.fault = nil }) }
	case 7:
		c.crew.g.Pause()
		return c.crew.g.Resume
	}
	slow := around(5 * time.Second)
	c.change(func() { c.fault = func() error { time.Sleep(slow()); return nil } }) // answers
	return func() { c.change(func() { c.fault = nil }) }
}

var faults = []func() error{
	func() error { time.Sleep(3 * time.Second); return nil },          // dialling takes long
	func() error { return errDial },                                   // or fails
	func() error { time.Sleep(time.Second); return errDial },          // slowly
	func() error { return http.ErrHandlerTimeout },                    // who knows what
	func() error { time.Sleep(rand.N(20 * time.Second)); return nil }, // an answer may take
}

// damages are what may happen to headers.
var damages = []func(http.Header){
	func(h http.Header) { clear(h) },
	func(h http.Header) { h.Del("Date") },
	func(h http.Header) { h.Del("X-RateLimit-Limit") },
	func(h http.Header) { h.Del("X-RateLimit-Reset"); h.Set("Retry-After", "2") },
	func(h http.Header) { h.Set("X-RateLimit-Limit", "0") },
	func(h http.Header) { h.Set("X-RateLimit-Limit", "many") },
	func(h http.Header) { h.Set("X-RateLimit-Limit", strconv.Itoa(pick(anyhow, 1, 83, 1667, 99999))) },
	func(h http.Header) { h.Set("X-RateLimit-Remaining", "0") },
	func(h http.Header) { h.Set("X-RateLimit-Remaining", "-1") },
	func(h http.Header) { h.Set("X-RateLimit-Reset", "0") },
	func(h http.Header) {
		h.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	},
	func(h http.Header) { h.Set("Date", "yesterday") },
	func(h http.Header) { h.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)) },
}

var anyhow = rand.New(rand.NewPCG(1, 2))

// judge fails if less was sent than could have been.
func (c *trial) judge(t *testing.T, from, to time.Time) {
	t.Helper()
	places := float64(int(New(c.options).effective(c.limit)))
	length := to.Sub(from)
	possible := min(places-1, places/(1+c.latency.Seconds()/Window.Seconds())) * length.Seconds() / Window.Seconds()
	if c.latency > 0 {
		possible = min(possible, float64(c.crew.workers)*float64(length)/float64(c.latency+c.latency/20))
	}
	if got := c.between(from, to); float64(got) < 0.97*possible-2 {
		t.Errorf("%d requests in %v, of %.0f possible: %s", got, length, possible, c)
	}
}

func (c *trial) String() string {
	return fmt.Sprintf("%+v, %d workers, latency %v, limit %d, style %d: %+v",
		c.options, c.crew.workers, c.latency, c.limit, c.style, c.crew.g.Status())
}
