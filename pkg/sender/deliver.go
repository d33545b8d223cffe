package sender

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// deliver takes one row from rendering to its outcome and returns the status
// its key has then: the one it had before, if nothing was POSTed. An error
// says that the run can't go on.
func (e *Engine) deliver(j *job) (ledger.Status, error) {
	message, err := e.render(j)
	if err != nil {
		return e.refuse(j, err), nil
	}
	var started time.Time
	for attempt := 1; ; attempt++ {
		turn, pass, err := e.ready(j)
		if err != nil {
			return j.state.Status, nil
		}
		claim, err := e.cfg.Ledger.Claim(j.key, j.row.Line, j.state.Status)
		if err != nil {
			turn.giveBack()
			return j.state.Status, claimError(err)
		}
		if attempt == 1 {
			started = time.Now()
		}
		receipt, err := e.post(message)
		class := classOf(err)
		turn.done(class)
		switch class {
		case intercom.NotSent, intercom.Throttled, intercom.Hopeless:
			e.cfg.Gate.Release(pass)
			if err := e.release(claim, class, err); err != nil {
				return j.state.Status, err
			}
			continue // the next turn ends here if the run has stopped
		}
		e.outage.over()
		o := outcome(class, receipt, err)
		o.Variant, o.Attempts, o.FinishedAt = j.variant, attempt, time.Now()
		o.Duration = o.FinishedAt.Sub(started)
		return o.Status, e.settle(j, claim, o)
	}
}

// ready returns when the row may be claimed, or with an error when it may not be
// any more in this pass: the run stops, or the row's window is closed.
func (e *Engine) ready(j *job) (turn, calendar.Pass, error) {
	for {
		e.wakeUp()
		if err := e.waitForCalendar(j); err != nil {
			return turn{}, calendar.Pass{}, err
		}
		t, err := e.caution.enter(e.stop)
		if err != nil {
			return turn{}, calendar.Pass{}, err
		}
		if t.suspicious && !e.probe() {
			t.done(intercom.NotSent)
			continue
		}
		if err = e.cfg.Pace(e.stop); err != nil && e.stop.Err() == nil {
			e.halt(&Halt{Cause: WaitedTooLong, Err: err})
		}
		if err = e.stop.Err(); err != nil {
			t.giveBack()
			return turn{}, calendar.Pass{}, err
		}
		if !e.wakeUp() && t.stands() {
			if pass, wait := e.cfg.Gate.Enter(j.zone); wait.None() {
				return t, pass, nil
			}
		}
		t.giveBack() // of no use to a turn that doesn't stand, and harmless
	}
}

// classOf is intercom's class of an error, but for a request that the governor
// turned back: that says nothing of the network.
func classOf(err error) intercom.Class {
	if governor.TurnedBack(err) {
		return intercom.Throttled
	}
	return intercom.ClassOf(err)
}

// A renderPanic is a panic while a message was made. Nothing was claimed.
type renderPanic struct{ value any }

func (p *renderPanic) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func (e *Engine) render(j *job) (m *intercom.Message, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &renderPanic{v}
		}
	}()
	if e.cfg.RenderVariant != nil {
		m, j.variant, err = e.cfg.RenderVariant(j.row, j.variant)
	} else {
		m, err = e.cfg.Render(j.row)
	}
	if err != nil || e.cfg.Zone == nil {
		return m, err
	}
	j.zone, err = e.cfg.Zone(j.row)
	return m, err
}

// refuse reports a row whose message could not be made. It has no claim, so
// the next run tries it afresh.
func (e *Engine) refuse(j *job, err error) ledger.Status {
	if j.again { // the first pass refused and counted it
		return j.state.Status
	}
	if j.state.Status.Settled() { // its outcome stands
		e.tally.bad.Add(1)
		e.cfg.Bad(j.row.Line, err)
		return j.state.Status
	}
	status, row := ledger.Skipped, report.Row{Key: j.key, Line: j.row.Line, Status: report.Skipped, Code: BadRow}
	if errors.As(err, new(*renderPanic)) {
		status, row.Status, row.Code = ledger.Failed, report.Failed, Panic
	} else {
		e.tally.bad.Add(1)
		e.cfg.Bad(j.row.Line, err)
	}
	row.ErrorMessage, row.FinishedAt = err.Error(), time.Now()
	e.cfg.Observe(row, j.state)
	return status
}

// post sends the message. A panic behind the claim leaves nobody able to tell.
func (e *Engine) post(m *intercom.Message) (r intercom.Receipt, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &intercom.Error{Class: intercom.Unknown, Code: Panic, Message: fmt.Sprintf("panic: %v", v)}
		}
	}()
	return e.cfg.Send(e.cut, m)
}

// release gives a claim back. It stops the run if every row would be answered
// like this one, or if nothing could be sent for too long.
func (e *Engine) release(claim uint64, class intercom.Class, cause error) error {
	e.tally.released(class)
	switch {
	case class == intercom.Hopeless:
		e.halt(&Halt{Cause: Hopeless, Err: cause})
	case class == intercom.Throttled:
		e.outage.over()
	case !errors.Is(cause, context.Canceled) && e.outage.tooLong():
		e.halt(&Halt{Cause: NetworkGone, Err: cause, After: e.cfg.MaxOutage})
	}
	return e.cfg.Ledger.Release(claim, class.String())
}

// settle records the outcome, tells the observers, and asks the breaker.
func (e *Engine) settle(j *job, claim uint64, o ledger.Outcome) error {
	if err := e.cfg.Ledger.Settle(claim, o); err != nil {
		return err
	}
	j.settled = true
	if j.replaces != "" {
		// Only now: until the new key has an outcome the old one is what failed.
		if err := e.cfg.Ledger.Replace(j.replaces, j.key); err != nil {
			return err
		}
	}
	if o.Status == ledger.Failed && o.HTTPStatus == http.StatusNotFound {
		e.tally.late.Add(1)
	}
	e.cfg.Observe(Row(ledger.Entry{Claim: ledger.Claim{Key: j.key, Line: j.row.Line}, Outcome: o}), j.state)
	again := o.Status == ledger.Failed && j.state.Status == ledger.Failed && o.Code == j.state.Code
	if again { // a retried row that fails as before is no news of the run
		return nil
	}
	if h := e.breaker.saw(&o); h != nil {
		e.halt(h)
	}
	return nil
}

func claimError(err error) error {
	if errors.Is(err, ledger.ErrTaken) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}
