package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A joined rehearsal is the process that is to be killed: it sends to the
// sandbox of another one.
type joined struct{ url, ledger string }

// crashLatency has messages on their way when the process is killed.
const crashLatency = 5 * time.Millisecond

// killHalfWay rehearses in another process, and kills that when half of the rows
// have arrived, so that nothing is left to it to tidy up.
func (r *rehearsal) killHalfWay(ctx context.Context, box *sandbox.Sandbox) error {
	rows, err := r.countRows(ctx)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{"rehearse", r.path, "--join", r.api.baseURL, "--join-ledger", r.files.ledger, "--progress", "none"}, r.sameFlags()...)
	child := exec.CommandContext(ctx, self, args...)
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for box.Witness().Messages < int64(max(1, rows/2)) {
		select {
		case <-ended: // it refuses, and this run tells why; or few rows are to be sent
			if box.Witness().Messages > 0 {
				r.say("not killed: all was sent before half of the source's rows had arrived")
			}
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-ended
	r.killedAt = int(box.Witness().Messages)
	r.say("killed when %s had arrived; going on", count(r.killedAt, "message"))
	return nil
}

// sameFlags are those of this command line that say what is sent to whom.
func (r *rehearsal) sameFlags() (args []string) {
	own := []string{"crash", "inbox", "json", "progress"}
	r.files.all.Visit(func(f *pflag.Flag) {
		if slices.Contains(own, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+f.Name+"="+v)
		}
	})
	return args
}

// countRows reads the source once; a source that can be read only once is read
// to a file by this.
func (r *rehearsal) countRows(ctx context.Context) (n int, err error) {
	if r.sourceOf() == "-" {
		return 0, &refusal{code: exitUsage, what: "--crash reads the source twice, and standard input can be read once", hint: "name a file with --source"}
	}
	r.offline = true
	defer func() { r.offline = false }()
	if err := r.bind(ctx); err != nil {
		return 0, err
	}
	rows, err := r.openSource()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for {
		if _, err := rows.Next(); err != nil && rows.Rows()+rows.Bad() == n {
			return n, nil // what can't be read is told by the check
		}
		n = rows.Rows() + rows.Bad()
	}
}

// untilKilled is what the other process does.
func (r *rehearsal) untilKilled(ctx context.Context, j joined) error {
	if err := r.set(j.url, j.ledger); err != nil {
		return err
	}
	return r.send(ctx, r.path, mode{command: "rehearse", picks: pending})
}

// tellCrash says what the crash has led to, by the sandbox's count. Rows that
// are unknown because of it are no failure of a rehearsal.
func (r *rehearsal) tellCrash(box *sandbox.Sandbox, err error) error {
	w := box.Witness()
	r.say("the crash: killed after %s; %s unknown since; in all %s got the message, %s twice",
		count(r.killedAt, "message"), count(r.ledger.Recovered(), "row"), people(int(w.Recipients)), report.Number(int(w.Duplicates)))
	if r.ledger.Recovered() > 0 {
		r.say("  unknown rows may have arrived or not: herald does not send them again by itself; herald settle finds out")
	}
	if errors.Is(err, errLeft) && r.onlyCrashLeft() {
		return nil
	}
	return err
}

// onlyCrashLeft reports whether no row is left but for those that the crash left
// unknown.
func (r *rehearsal) onlyCrashLeft() bool {
	left := 0
	for state, n := range r.ledger.Counts() {
		if state.Status == ledger.Failed || state.Status == ledger.Unknown {
			left += n
		}
	}
	return left == r.ledger.Recovered()
}

// keepInbox serves the sandbox's page until somebody has seen enough.
func (r *rehearsal) keepInbox(ctx context.Context, url string) {
	stop, _, release := interruptible(ctx)
	defer release()
	r.say("the messages are at %s/; Ctrl-C ends this", url)
	<-stop.Done()
}
