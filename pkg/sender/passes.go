package sender

import (
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/ledger"
)

// passes goes over the source until another pass could send nothing more.
//
// After the first pass, rows may be left whose own window was closed; another
// one begins when the first of these opens. And this run may have been told
// that contacts don't exist, which may only be new: for them there are
// LatePasses more after each of the other passes.
func (e *Engine) passes() error {
	s := &sift{engine: e, pick: e.cfg.Pick, limit: e.cfg.Limit, canary: e.cfg.Canary, first: true}
	for late := 0; ; {
		e.shut.forget()
		if err := e.pass(s, e.deliver); err != nil {
			return err
		}
		if !e.awaitPass(&late) {
			return nil
		}
		s = &sift{engine: e, pick: e.left, limit: e.cfg.Limit}
	}
}

// left picks what a later pass is for.
func (e *Engine) left(s ledger.State) bool {
	return tooNew(s) || e.cfg.Zone != nil && e.cfg.Pick(s) && !s.ThisRun
}

// tooNew picks what this run was told does not exist: it may by now.
func tooNew(s ledger.State) bool {
	return s.Status == ledger.Failed && s.ThisRun && s.HTTPStatus == 404
}

// awaitPass waits for what the next pass is for, and reports whether there is
// one. late counts the passes for new contacts since the last other one.
func (e *Engine) awaitPass(late *int) bool {
	if e.stop.Err() != nil {
		return false
	}
	opens, never := e.shut.state()
	tries := *late < e.cfg.LatePasses && e.tally.late.Load() > 0
	if tries && (opens.IsZero() || e.cfg.NoWait || e.cfg.Gate.Now().Add(e.cfg.LateWait).Before(opens)) {
		*late++
		return e.waitLate()
	}
	*late = 0
	if opens.IsZero() {
		if never > 0 {
			e.halt(&Halt{Cause: TooLate, Count: never})
		}
		return false
	}
	for e.cfg.Gate.Now().Before(opens) {
		if e.wait(calendar.Wait{Reason: calendar.Closed, Until: opens}) != nil {
			return false
		}
	}
	return e.stop.Err() == nil
}

func (e *Engine) waitLate() bool {
	e.tally.lateAt.Store(time.Now().Add(e.cfg.LateWait).UnixNano())
	defer e.tally.lateAt.Store(0)
	return sleep(e.stop, e.cfg.LateWait) == nil
}

// A handler does a worker's part of one row and returns the status its key has
// then. An error says that the run can't go on.
type handler func(*job) (ledger.Status, error)

// pass streams the source through the sift to the workers, once.
func (e *Engine) pass(s *sift, handle handler) error {
	rows, err := e.openPass()
	if err != nil {
		return err
	}
	defer rows.close()
	var group errgroup.Group // no context: an error must not cut requests in flight
	jobs := make(chan *job, e.cfg.Workers)
	batches, spare, enough := make(chan []reading, readAheads), make(chan []reading, readAheads), make(chan struct{})
	for range cap(spare) {
		spare <- nil
	}
	group.Go(func() error {
		readAhead(rows, batches, spare, enough)
		return nil
	})
	group.Go(func() error {
		defer close(jobs)
		defer close(enough)
		return e.failing(s.run(batches, spare, jobs))
	})
	for range e.cfg.Workers {
		group.Go(func() error { return e.work(jobs, handle) })
	}
	return group.Wait()
}

// openPass opens the source and begins a pass over it.
func (e *Engine) openPass() (*steps, error) {
	e.cfg.Keys.BeginPass()
	if e.cfg.Skim == nil || e.differs {
		rows, err := e.cfg.Open()
		return &steps{rows: rows}, err
	}
	rows, err := e.cfg.Skim()
	if err != nil || !rows.Skims() {
		return &steps{rows: rows}, err
	}
	e.cfg.Keys.PassOver(true)
	return &steps{rows: rows, skim: rows, open: e.cfg.Open}, nil
}

// failing stops the claiming of all workers when one of them can't go on.
func (e *Engine) failing(err error) error {
	if err != nil {
		e.halt(err)
	}
	return err
}

// work takes jobs until there are none. After an error it goes on taking them,
// so that the sift never waits for a worker that is gone.
func (e *Engine) work(jobs <-chan *job, handle handler) error {
	var first error
	for chain := range jobs {
		for j := chain; j != nil; j = j.next {
			status, err := handle(j)
			if err != nil && first == nil {
				first = e.failing(err)
			}
			e.tally.done(j, status)
			e.inHand.Done()
		}
	}
	return first
}
