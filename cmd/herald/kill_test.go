//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// TestKill ends real processes in every way a process can end, and holds what
// herald says afterwards against what the sandbox saw. Nothing here waits for
// time to pass: the sandbox holds a message, the test acts, and lets it go.
//
// HERALD_FULL=1 does all of it with 100,000 rows, HERALD_SEED=N repeats a run.
func TestKill(t *testing.T) {
	herald := buildHerald(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, herald string)
	}{
		{"every row once", everyRowOnce},
		{"signals", stoppedBySignals},
		{"signals before the first message", signalledEarly},
		{"second signal", cutBySecondSignal},
		{"nohup", hangupIgnored},
		{"SIGKILL", killedAndResumed},
		{"results after SIGKILL", resultsAfterKill},
		{"SIGKILL at a low rate", killedAtLowRate},
		{"addresses", addressesKilled},
		{"searches below the limit", searchesStayBelowTheLimit},
		{"outcome without a next claim", outcomeCommittedAlone},
		{"faults", faultsAndKills},
		{"no budget left", lookUpsWait},
		{"second herald", secondHerald},
		{"nobody reads the output", closedPipes},
		{"the terminal goes away", terminalGoesAway},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, herald) })
	}
}

// rowsFor is how many rows a trial has: most, unless all or few are asked for.
func rowsFor(most int) int {
	switch {
	case os.Getenv("HERALD_FULL") != "":
		return 100_000
	case testing.Short() || underRace():
		return min(most, 1_000)
	}
	return most
}

// memoryLimit is what the sender of 100,000 rows may hold, in MiB.
const memoryLimit = 64

func everyRowOnce(t *testing.T, herald string) {
	for _, test := range []struct {
		name  string
		rows  int
		flags []string
	}{
		{"checked", 100_000, nil},
		{"unchecked", 20_000, []string{"--skip-check"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTrial(t, herald, rowsFor(test.rows), sandbox.Options{})
			last := tr.at(tr.rows)
			p := tr.send(test.flags...)
			p.reaches(last)
			peak := p.peak()
			last.free()
			v := p.verdict(exitOK)
			if want := (report.Equation{Rows: tr.rows, Sent: tr.rows}); v.Source != want {
				t.Errorf("%s, want all sent", v.Source)
			}
			tr.accounts()
			if w := tr.box.Witness(); w.Recipients != int64(tr.rows) || w.Messages != int64(tr.rows) {
				t.Errorf("the witness saw %d messages for %d recipients, want %d", w.Messages, w.Recipients, tr.rows)
			}
			if peak > memoryLimit && !underRace() {
				t.Errorf("the sender held %.1f MiB, want at most %d", peak, memoryLimit)
			}
			t.Logf("%d rows: %.0f messages/s, peak memory %.1f MiB", tr.rows, float64(tr.rows)/v.Seconds, peak)
		})
	}
}

// A first signal lets what is in flight finish: nothing becomes unknown.
func stoppedBySignals(t *testing.T, herald string) {
	tr := newTrial(t, herald, rowsFor(20_000), sandbox.Options{})
	left := tr.rows
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		held := tr.somewhere(left / 4)
		p := tr.send(tr.maybeCheck()...)
		p.reaches(held)
		p.signal(s)
		p.says("stopping:")
		held.free()
		v := p.verdict(exitInterrupted)
		sent := int(tr.box.Witness().Messages)
		left = tr.rows - sent
		if want := (report.Equation{Rows: tr.rows, Sent: sent, Pending: left}); v.Source != want || v.End != "interrupted" {
			t.Fatalf("after %v: %s (%s), want %s", s, v.Source, v.End, want)
		}
	}
	v := tr.send(tr.maybeCheck()...).verdict(exitOK)
	if want := (report.Equation{Rows: tr.rows, Sent: tr.rows}); v.Source != want {
		t.Errorf("%s, want all sent", v.Source)
	}
	tr.accounts()
}

// A signal before anything was sent is an interruption like any other.
func signalledEarly(t *testing.T, herald string) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run("who am I "+s.String(), func(t *testing.T) {
			tr := newTrial(t, herald, 10, sandbox.Options{})
			held := tr.door.setForAsking()
			p := tr.send()
			p.reaches(held)
			p.signal(s)
			p.ends(exitInterrupted)
			held.free()
			p.says("nothing was sent")
		})
		t.Run("stdin "+s.String(), func(t *testing.T) {
			tr := newTrial(t, herald, 0, sandbox.Options{})
			p := tr.command("send", "kill.yaml", "--yes", "--source", "-")
			in, err := p.cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			p.start()
			// More than a pipe holds: when it is written, the program is reading.
			if _, err := io.WriteString(in, "id,name\n"+strings.Repeat("u1,Anna\n", 100_000)); err != nil {
				t.Fatal(err)
			}
			p.signal(s)
			p.ends(exitInterrupted)
			p.says("nothing was sent")
			if left, _ := filepath.Glob(tr.path("*.spool")); len(left) > 0 {
				t.Errorf("contacts are left behind in %v", left)
			}
		})
	}
}

// A second signal cuts what is in flight: that is unknown, and nothing else.
func cutBySecondSignal(t *testing.T, herald string) {
	const workers = 16
	tr := newTrial(t, herald, rowsFor(5_000), sandbox.Options{})
	held := tr.somewhere(tr.rows - workers)
	p := tr.send("--workers", fmt.Sprint(workers))
	for range workers {
		p.reaches(held)
	}
	p.signal(syscall.SIGINT)
	p.says("stopping:")
	p.signal(syscall.SIGINT)
	v := p.verdict(exitInterrupted)
	held.free()
	if v.Source.Unknown != workers || v.Source.Failed+v.Source.Skipped > 0 {
		t.Errorf("%s, want %d unknown", v.Source, workers)
	}
	v = tr.send().verdict(exitOK)
	if want := (report.Equation{Rows: tr.rows, Sent: tr.rows - workers, Unknown: workers}); v.Source != want {
		t.Errorf("%s, want %s", v.Source, want)
	}
	tr.accounts()
}

// Whoever starts herald with nohup may hang up.
func hangupIgnored(t *testing.T, herald string) {
	tr := newTrial(t, herald, rowsFor(1_000), sandbox.Options{})
	held := tr.somewhere(tr.rows / 2)
	p := tr.command("-c", `trap "" HUP; exec "$0" send kill.yaml --yes --json --rate 1000000/s`, herald)
	p.cmd.Path = "/bin/sh"
	p.start().reaches(held)
	p.signal(syscall.SIGHUP)
	held.free()
	if v := p.verdict(exitOK); v.Source.Sent != tr.rows {
		t.Errorf("%s, want all sent", v.Source)
	}
	tr.accounts()
}

// After kill -9 nobody can tell what became of the messages in flight, which
// are at most one a worker. Everybody else gets exactly one.
func killedAndResumed(t *testing.T, herald string) {
	tr := newTrial(t, herald, rowsFor(20_000), sandbox.Options{})
	doubt, left := 0, tr.rows
	for i := range 5 {
		held := tr.at(1) // the very first message, then anywhere
		if i > 0 {
			held = tr.somewhere(left / 4)
		}
		workers := 1 << tr.random.IntN(7)
		p := tr.send(append(tr.maybeCheck(), "--workers", fmt.Sprint(workers))...)
		p.reaches(held)
		p.killed()
		held.free()
		before := doubt
		doubt = tr.inDoubt()
		if n := doubt - before; n < 1 || n > workers {
			t.Fatalf("%d messages in doubt after kill -9, want 1 to %d", n, workers)
		}
		left = tr.status(doubt).Pending
		t.Logf("killed with %d workers: %d in doubt, %d rows left", workers, doubt-before, left)
	}
	v := tr.send().verdict(exitLeft) // the last kill left somebody in doubt
	if want := (report.Equation{Rows: tr.rows, Sent: tr.rows - doubt, Unknown: doubt}); v.Source != want {
		t.Errorf("%s, want %s", v.Source, want)
	}
	tr.accounts()
}

// status asks for the equation of a campaign that nobody is sending.
func (tr *trial) status(unknown int) report.Equation {
	tr.Helper()
	p := tr.command("status", "kill.yaml", "--json").start()
	p.ends(exitOK)
	v := p.read()
	if !v.Source.Balanced() || v.Source.Rows != tr.rows || v.Source.Unknown != unknown {
		tr.Fatalf("status: %s, want %d unknown", v.Source, unknown)
	}
	return v.Source
}

// A run that was killed leaves a results file without its last rows. The next
// one completes it, although it has nothing left to send, or comes after a run
// that was refused and did no more than tidy up the ledger.
func resultsAfterKill(t *testing.T, herald string) {
	for _, test := range []struct {
		name    string
		killAt  int // of the 90 messages that are left
		between []string
		exit    int
	}{
		{"nothing left", 90, nil, exitLeft},
		{"refused run in between", 45, []string{"send", "kill.yaml"}, exitOK}, // not confirmed, but told of the one in doubt
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTrial(t, herald, 100, sandbox.Options{})
			tr.send("--limit", "10").ends(exitOK)
			held := tr.at(test.killAt)
			p := tr.send("--workers", "1")
			p.reaches(held)
			p.killed()
			held.free()
			doubt := tr.inDoubt()
			if test.between != nil {
				tr.command(test.between...).start().ends(exitUsage)
			}
			tr.send().ends(test.exit)
			if unknown := tr.accounts(); doubt != 1 || unknown != 1 {
				t.Errorf("%d in doubt, %d unknown, want the one that was held", doubt, unknown)
			}
		})
	}
}

// At a low rate almost all workers wait for their turn, and their outcomes are
// in the ledger long before their next claims: few are in doubt.
func killedAtLowRate(t *testing.T, herald string) {
	const few = 8
	tr := newTrial(t, herald, 1_000, sandbox.Options{})
	for before := range 2 {
		held := tr.at(5 + tr.random.IntN(10))
		p := tr.send("--rate", "166/10s", "--workers", "64")
		p.reaches(held)
		p.killed()
		held.free()
		doubt := tr.inDoubt()
		if doubt <= before || doubt > (before+1)*few {
			t.Errorf("%d messages in doubt after kill -9 number %d, want at most %d more each time", doubt, before+1, few)
		}
		t.Logf("%d in doubt", doubt)
	}
}

// An outcome does not wait for the worker's next claim, of which there is none
// here: of two messages one is answered, and its outcome is in the ledger while
// the other is held.
func outcomeCommittedAlone(t *testing.T, herald string) {
	tr := newTrial(t, herald, 2, sandbox.Options{})
	held := tr.at(1)
	p := tr.send("--workers", "2")
	p.reaches(held)
	p.reaches(held)
	held.freeOne()
	for tr.book().Counts()[ledger.State{Status: ledger.Sent}] == 0 {
		if t.Context().Err() != nil || p.hasEnded() {
			t.Fatal("the outcome never was in the ledger")
		}
	}
	p.killed()
	held.free()
	if doubt := tr.inDoubt(); doubt != 1 {
		t.Errorf("%d in doubt, want the message that was held", doubt)
	}
}

// boastful headers speak of more than there is, so that the limit is hit; they
// tell the right moment to go on.
var boastful = sandbox.Headers{Set: map[string]string{
	"X-RateLimit-Limit": "1000000", "X-RateLimit-Remaining": "1000000",
}}

// Whatever else goes wrong at the same time, nobody is delivered to twice. It
// has few rows always: its window lets 500 through a second.
func faultsAndKills(t *testing.T, herald string) {
	tr := newTrial(t, herald, 1_000, sandbox.Options{
		Limit: 500, Window: time.Second, Headers: boastful,
		Faults: []sandbox.Fault{
			{Kind: sandbox.FaultStatus, Status: 429, Share: 0.001},
			{Kind: sandbox.FaultStatus, Status: 503, Share: 0.01},
			{Kind: sandbox.FaultStatus, Status: 502, Taken: true, Share: 0.005},
			{Kind: sandbox.FaultResetAfter, Share: 0.005},
			{Kind: sandbox.FaultResetBefore, Share: 0.005},
			{Kind: sandbox.FaultCut, Share: 0.005},
			{Kind: sandbox.FaultSlow, Delay: 100 * time.Millisecond, Share: 0.01},
		},
		Seed: 1,
	})
	left := tr.rows
	for i := range 4 {
		held := tr.somewhere(left / 4)
		p := tr.send(tr.maybeCheck()...)
		p.reaches(held)
		if i%2 == 0 {
			p.signal(syscall.SIGINT)
			p.says("stopping:")
			held.free()
			left = p.verdict(exitInterrupted).Source.Pending
			continue
		}
		p.killed()
		held.free()
		left = tr.status(tr.inDoubt()).Pending
	}
	p := tr.send()
	v := p.verdict(exitLeft) // the last kill left somebody in doubt
	if v.Source.Rows != tr.rows || v.Source.Pending+v.Source.Failed+v.Source.Skipped > 0 {
		t.Errorf("%s, want all sent or unknown", v.Source)
	}
	if unknown := tr.accounts(); unknown != v.Source.Unknown {
		t.Errorf("%s, the ledger has %d unknown", v.Source, unknown)
	}
	w := tr.box.Witness()
	for _, fault := range []string{"429", "503", "502", "reset-after", "reset-before", "cut", "slow"} {
		if w.Faults[fault] == 0 {
			t.Errorf("no fault %s struck: this test proves less than it says", fault)
		}
	}
	t.Logf("%s; %d throttled, faults %v", v.Source, w.Throttled, w.Faults)
}

// A run that is resumed may find the window used up by the one before: what it
// looks up first then waits like everything else.
func lookUpsWait(t *testing.T, herald string) {
	tr := newTrial(t, herald, 1, sandbox.Options{})
	tr.door.close(1)
	p := tr.send()
	p.says("the API's limit is used up; going on in ")
	if v := p.verdict(exitOK); v.Source.Sent != 1 {
		t.Errorf("%s, want it sent", v.Source)
	}
}

func secondHerald(t *testing.T, herald string) {
	tr := newTrial(t, herald, 200, sandbox.Options{})
	held := tr.somewhere(tr.rows / 2)
	first := tr.send()
	first.reaches(held)
	second := tr.send(tr.maybeCheck()...)
	second.ends(exitLocked)
	second.says(fmt.Sprintf("process %d ", first.cmd.Process.Pid))
	held.free()
	if v := first.verdict(exitOK); v.Source.Sent != tr.rows {
		t.Errorf("%s, want all sent", v.Source)
	}
	tr.accounts()
}

// Output that nobody reads any more does not end a run.
func closedPipes(t *testing.T, herald string) {
	for _, early := range []bool{true, false} {
		t.Run(fmt.Sprintf("from the start: %v", early), func(t *testing.T) {
			tr := newTrial(t, herald, 500, sandbox.Options{})
			held := tr.somewhere(tr.rows / 2)
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			if early {
				_ = reader.Close()
			}
			p := tr.command("send", "kill.yaml", "--yes", "--progress", "plain", "--rate", "1000000/s")
			p.cmd.Stdout, p.cmd.Stderr = writer, writer
			p.start()
			_ = writer.Close()
			p.reaches(held)
			_ = reader.Close()
			held.free()
			p.ends(exitOK)
			if tr.accounts() != 0 {
				t.Error("not all were sent")
			}
		})
	}
}
