package main

import (
	"iter"
	"sync"
	"sync/atomic"
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
	rows chan report.Row
	done chan struct{}

	behind atomic.Bool // rows were left out
	err    error       // why; valid when done is closed

	mu      sync.Mutex
	summary report.Summary
	canary  int          // how many of the first outcomes are kept
	first   []report.Row // these
}

// resultsBuffer is how many rows may wait for the results file.
const resultsBuffer = 4096

// observe starts an observer that writes to path.
func observe(path string) *observer {
	o := &observer{path: path, rows: make(chan report.Row, resultsBuffer), done: make(chan struct{})}
	go o.write()
	return o
}

// saw takes one row; the engine's Observe.
func (o *observer) saw(row report.Row, before ledger.State) {
	o.mu.Lock()
	if before.ThisRun && before.Status.Settled() { // a late pass: the row replaces an earlier one
		o.summary.Remove(report.Row{Status: before.Status.String(), Code: before.Code, Variant: before.Variant})
	}
	o.summary.Add(row)
	if len(o.first) < o.canary && row.Attempts > 0 {
		o.first = append(o.first, row)
	}
	o.mu.Unlock()
	if row.Status == report.Skipped && row.Attempts == 0 { // no ledger has it: wait for room
		o.rows <- row
		return
	}
	select {
	case o.rows <- row:
	default:
		o.behind.Store(true)
	}
}

// write is the observer's goroutine.
func (o *observer) write() {
	defer close(o.done)
	results, err := report.OpenResults(o.path)
	flush := time.NewTicker(500 * time.Millisecond)
	defer flush.Stop()
	for open := true; open; {
		var row report.Row
		select {
		case row, open = <-o.rows:
			if open && err == nil {
				err = results.Append(row)
			}
		case <-flush.C:
			if err == nil {
				err = results.Flush()
			}
		}
	}
	if results != nil {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		o.err = err
		o.behind.Store(true)
	}
}

// close ends the observer when the run is over. It reports whether the results
// file has every row, and the error that kept rows out of it, if one did.
func (o *observer) close() (complete bool, err error) {
	close(o.rows)
	<-o.done
	return !o.behind.Load(), o.err
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
