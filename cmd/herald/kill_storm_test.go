//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// TestKillStorm kills whatever herald is doing, at moments that nobody chose:
// opening, reading, checking, claiming, posting, settling, retrying, settling by
// hand, forgetting, writing results anew. However often that happens, nobody is
// delivered to twice, and nobody is missing who isn't unknown.
//
// HERALD_TORTURE=1 kills 300 times instead of a dozen.
func TestKillStorm(t *testing.T) {
	kills := 12
	if os.Getenv("HERALD_TORTURE") != "" {
		kills = 300
	}
	s := &storm{trial: newTrial(t, buildHerald(t), 100*kills, sandbox.Options{
		Contacts: sandbox.Contacts{Unknown: 0.05},
		Latency:  time.Millisecond, Jitter: 2 * time.Millisecond,
		Faults: []sandbox.Fault{
			{Kind: sandbox.FaultStatus, Status: 503, Share: 0.01},
			{Kind: sandbox.FaultResetAfter, Share: 0.01},
		},
		Seed: 3,
	})}
	killed := 0
	for round := 0; killed < kills; round++ {
		if round > 20*kills {
			t.Fatalf("only %d of %d rounds were killed before they were done", killed, round)
		}
		if s.round() {
			killed++
		}
	}
	s.finish()
	t.Logf("killed %d times: %s", killed, counted(s.did))
}

// A storm is a trial in which anything may be killed at any time.
type storm struct {
	*trial
	did map[string]int // what was killed
}

// round starts something, and kills it if it is still there after a while that
// is as long as such things take. It reports whether it was.
func (s *storm) round() bool {
	s.Helper()
	name, args := s.something()
	p := s.command(args...).start()
	timer := time.AfterFunc(time.Duration(s.random.IntN(250_000))*time.Microsecond, func() {
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.Error(err)
		}
	})
	<-p.ended
	timer.Stop()
	if p.exitCode() == -1 {
		if s.did == nil {
			s.did = map[string]int{}
		}
		s.did[name]++
	} else if code := p.exitCode(); code != exitOK && code != exitLeft && code != exitCant {
		s.Fatalf("%s: exit code %d\n%s", name, code, p.stderr.String())
	}
	if w := s.box.Witness(); w.Duplicates > 0 {
		s.Fatalf("%s: %d people were delivered to twice", name, w.Duplicates)
	}
	return p.exitCode() == -1
}

// something is what a person might do next.
func (s *storm) something() (name string, args []string) {
	run := []string{"--yes", "--json", "--progress", "none", "--rate", "2000/s", "--late-passes", "0"}
	switch n := s.random.IntN(20); {
	case n < 10:
		return "send", append(append([]string{"send", "kill.yaml"}, run...), s.maybeCheck()...)
	case n < 12: // so that the results are written anew
		_ = os.Remove(s.path("kill.sandbox.results.csv"))
		return "send anew", append(append([]string{"send", "kill.yaml"}, run...), "--skip-check")
	case n < 16:
		return "retry", append([]string{"retry", "kill.yaml", "--only", "failed"}, run...)
	case n < 18:
		return "settle", []string{"settle", "kill.yaml", "--all", "--as", "sent"}
	}
	return "forget", []string{"forget", "kill.yaml", contact(s.random.IntN(s.rows))}
}

// finish sends what is left, and compares the ledger with the witness.
func (s *storm) finish() {
	s.Helper()
	p := s.send("--late-passes", "0")
	<-p.ended
	if code := p.exitCode(); code != exitOK && code != exitLeft {
		s.Fatalf("the last run: exit code %d\n%s", code, p.stderr.String())
	}
	if v := p.read(); !v.Source.Balanced() || v.Source.Rows != s.rows || v.Source.Pending != 0 {
		s.Errorf("%s", v.Source)
	}
	byHand := map[string]bool{}
	book := s.book()
	for e, err := range book.Entries() {
		if err != nil {
			s.Fatal(err)
		}
		byHand[e.Key] = byHand[e.Key] || e.Code == ledger.ByHand
	}
	for i := range s.rows {
		key := contact(i)
		if err := consistent(book.Lookup(key).Status, s.box.Delivered(key), byHand[key]); err != nil {
			s.Errorf("%s: %v", key, err)
		}
	}
}

// consistent reports a status that does not go with how often a message was
// delivered.
func consistent(status ledger.Status, delivered int, byHand bool) error {
	least, most := 0, 1
	switch {
	case status == ledger.Sent && !byHand:
		least = 1
	case status == ledger.Failed:
		most = 0
	case status == ledger.Pending, status == ledger.Claimed:
		most = -1
	}
	if delivered < least || delivered > most {
		return fmt.Errorf("the ledger says %s, and it was delivered to %d times", status, delivered)
	}
	return nil
}
