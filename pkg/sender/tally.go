package sender

import (
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A tally counts rows. The sift counts them as they are read, and each is
// counted a second time by its status, by whoever decides that: so a row that
// got lost in between shows as an equation that does not balance.
type tally struct {
	rows     atomic.Int64
	byStatus [ledger.Replaced + 1]atomic.Int64
	now      [ledger.Replaced + 1]atomic.Int64 // outcomes of this run
	bad      atomic.Int64                      // rows of this run that can't be read or rendered
	held     atomic.Int64                      // rows that HoldBack held
	ready    atomic.Int64                      // rows that Check could render
	partial  atomic.Bool                       // the source was not read to its end
	late     atomic.Int64                      // keys this run was told don't exist
	lateAt   atomic.Int64                      // when the next late pass starts, unix nanoseconds

	throttled, notSent atomic.Int64
}

func (t *tally) add(s ledger.Status, n int64) { t.byStatus[s].Add(n) }

// done counts a job that has left its worker with this status.
func (t *tally) done(j *job, s ledger.Status) {
	if j.again {
		t.add(j.state.Status, -1)
	}
	t.add(s, 1)
	late := j.tried()
	if late && j.settled {
		t.late.Add(-1)
	}
	if s == j.state.Status && (late || !j.settled) {
		return // counted by the first pass, or not POSTed
	}
	if late {
		t.now[j.state.Status].Add(-1)
	}
	t.now[s].Add(1)
}

func (t *tally) released(c intercom.Class) {
	switch c {
	case intercom.Throttled:
		t.throttled.Add(1)
	case intercom.NotSent:
		t.notSent.Add(1)
	}
}

// Progress is how far a run is. The first five are of the source and include
// what earlier runs settled; the others are of this run.
type Progress struct {
	report.Equation
	SentNow, FailedNow, UnknownNow, SkippedNow int
	Bad                                        int       // rows that can't be read or rendered
	Ready                                      int       // after Check: rows that Run would send
	Held                                       int       // of the pending rows: those that HoldBack held
	Throttled, NotSent                         int       // attempts that were released and tried again
	LateAt                                     time.Time // the next late pass; zero if none is waited for
	Partial                                    bool      // the source was not read to its end: cut short

	Waiting calendar.Wait // what the whole run waits for; none while it sends
	Waited  time.Duration // for the calendar, all in all
}

// Progress returns how far the run is. While it runs the equation does not
// balance: the rows in the hands of workers are missing on its right side.
func (e *Engine) Progress() Progress {
	t := &e.tally
	of := func(counts *[ledger.Replaced + 1]atomic.Int64, statuses ...ledger.Status) int {
		n := 0
		for _, s := range statuses {
			n += int(counts[s].Load())
		}
		return n
	}
	p := Progress{
		Equation: report.Equation{
			Sent:    of(&t.byStatus, ledger.Sent),
			Failed:  of(&t.byStatus, ledger.Failed),
			Skipped: of(&t.byStatus, ledger.Skipped, ledger.Forgotten, ledger.Replaced),
			Unknown: of(&t.byStatus, ledger.Unknown, ledger.Claimed),
			Pending: of(&t.byStatus, ledger.Pending),
			Rows:    int(t.rows.Load()),
		},
		SentNow: of(&t.now, ledger.Sent), FailedNow: of(&t.now, ledger.Failed),
		UnknownNow: of(&t.now, ledger.Unknown), SkippedNow: of(&t.now, ledger.Skipped),
		Bad: int(t.bad.Load()), Ready: int(t.ready.Load()), Held: int(t.held.Load()), Throttled: int(t.throttled.Load()), NotSent: int(t.notSent.Load()),
		Partial: t.partial.Load(),
	}
	if at := t.lateAt.Load(); at != 0 {
		p.LateAt = time.Unix(0, at)
	}
	p.Waiting, p.Waited = e.waiting.state()
	return p
}
