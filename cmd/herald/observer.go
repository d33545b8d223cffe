package main

import (
	"iter"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// An observer is told every outcome and skip of a run: it adds up the summary
// and writes the results file. It can neither fail nor delay the run: if the
// file can't be written, or its disk is slower than the API, rows are left out
// of it, and it is written anew from the ledger afterwards.
type observer struct {
	path string
	many chan struct{} // of size 1: so many rows wait that they are written now
	done chan struct{}
	err  error // why rows were left out; valid when done is closed

	mu      sync.Mutex
	room    sync.Cond    // for a row that waits for it; of mu
	waiting []report.Row // to be written
	behind  bool         // rows were left out
	over    bool         // there will be no more
	summary report.Summary
	canary  int          // how many of the first outcomes are kept
	first   []report.Row // these
}

// Rows are written a few times a second, and as soon as there are many; no more
// than mostWaiting may wait for the results file.
const (
	manyWaiting = 512
	mostWaiting = 4096
	writeEvery  = 500 * time.Millisecond
)

// observe starts an observer that writes to path.
func observe(path string) *observer {
	o := &observer{path: path, many: make(chan struct{}, 1), done: make(chan struct{})}
	o.room.L = &o.mu
	go o.write()
	return o
}

// saw takes one row; the engine's Observe.
func (o *observer) saw(row report.Row, before ledger.State) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before.ThisRun && before.Status.Settled() { // a late pass: the row replaces an earlier one
		o.summary.Remove(report.Row{Status: before.Status.String(), Code: before.Code, Variant: before.Variant})
	}
	o.summary.Add(row)
	if len(o.first) < o.canary && row.Attempts > 0 {
		o.first = append(o.first, row)
	}
	for row.Status == report.Skipped && row.Attempts == 0 && len(o.waiting) >= mostWaiting {
		o.room.Wait() // no ledger has it
	}
	if len(o.waiting) >= mostWaiting {
		o.behind = true
		return
	}
	if o.waiting = append(o.waiting, row); len(o.waiting) == manyWaiting {
		o.wake()
	}
}

func (o *observer) wake() {
	select {
	case o.many <- struct{}{}:
	default:
	}
}

// write is the observer's goroutine.
func (o *observer) write() {
	defer close(o.done)
	results, err := report.OpenResults(o.path)
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	var rows []report.Row
	for over := false; !over; {
		select {
		case <-o.many:
		case <-tick.C:
		}
		rows, over = o.take(rows)
		for i := 0; i < len(rows) && err == nil; i++ {
			err = results.Append(rows[i])
		}
		if err == nil {
			err = results.Flush()
		}
	}
	if results != nil {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}
	o.err = err
}

// take returns the rows that wait, and whether they are the last. It leaves what
// it returned before to be filled again.
func (o *observer) take(spare []report.Row) (rows []report.Row, over bool) {
	clear(spare) // or their text would live on
	o.mu.Lock()
	defer o.mu.Unlock()
	rows, o.waiting = o.waiting, spare[:0]
	o.room.Broadcast()
	return rows, o.over
}

// close ends the observer when the run is over. It reports whether the results
// file has every row, and the error that kept rows out of it, if one did.
func (o *observer) close() (complete bool, err error) {
	o.mu.Lock()
	o.over = true
	o.mu.Unlock()
	o.wake()
	<-o.done
	return !o.behind && o.err == nil, o.err
}

// withSkips yields the skips that a results file has, since no ledger has them,
// and then the ledger's outcomes. Of people who are to be forgotten it has none.
func withSkips(path string, book *ledger.Book) iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for row, err := range report.ReadResults(path) {
			skip := err == nil && row.Status == report.Skipped && row.Attempts == 0
			if skip && book.Lookup(row.Key).Status != ledger.Forgotten && !yield(row, nil) {
				return
			}
		}
		resultRows(book.Entries())(yield)
	}
}

// resultRows turns a ledger's outcomes into rows of a results file.
func resultRows(entries iter.Seq2[ledger.Entry, error]) iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for e, err := range entries {
			if !yield(sender.Row(e), err) {
				return
			}
		}
	}
}
