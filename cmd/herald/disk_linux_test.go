package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// TestDisk takes the disk away from the binary, before and while it sends, and
// counts at the sandbox what is POSTed afterwards.
func TestDisk(t *testing.T) {
	herald := buildHerald(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, herald string)
	}{
		{"no more room", diskFull},
		{"no longer file", fileFull},
		{"read-only folder", readOnlyFolder},
		{"read-only ledger", readOnlyLedger},
		{"no room for the results", resultsDiskFull},
		{"no folder for the results", resultsFolderGone},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, herald) })
	}
}

const diskWorkers = 8

// talking starts `herald send`, which says everything it has to say.
func (tr *trial) talking(flags ...string) *process {
	tr.Helper()
	args := []string{"send", "kill.yaml", "--yes", "--progress", "none", "--rate", "1000000/s", "--workers", fmt.Sprint(diskWorkers)}
	return tr.command(append(args, flags...)...).start()
}

// inFlight runs until every worker has a message on its way, and no more than
// before messages were answered: all that herald has to write is written.
func (tr *trial) inFlight(before int, flags ...string) (*process, *trap) {
	tr.Helper()
	held := tr.door.set(before+1, false)
	p := tr.talking(flags...)
	for range diskWorkers {
		p.reaches(held)
	}
	return p, held
}

// gaveUp checks how a run ended that could not write its ledger, after so many
// messages.
func (tr *trial) gaveUp(p *process, cause string, messages int64) {
	tr.Helper()
	p.ends(exitCant)
	p.says("herald: write kill.sandbox.ledger: " + cause)
	p.says(fmt.Sprintf("the outcomes of up to %d messages may not be on record: the next run shows them as unknown", diskWorkers))
	p.says("next: herald send kill.yaml --rate 1000000/s\n")
	w := tr.box.Witness()
	if w.Messages != messages || w.Duplicates != 0 {
		tr.Errorf("%d messages and %d duplicates arrived, want %d messages: none without its claim", w.Messages, w.Duplicates, messages)
	}
	tr.allClaimed()
	if n := tr.inDoubt(); n != diskWorkers {
		tr.Errorf("%d in doubt, want the %d that were on their way", n, diskWorkers)
	}
}

// allClaimed checks that whoever was written to has a claim in the ledger.
func (tr *trial) allClaimed() {
	tr.Helper()
	book := tr.book()
	for d := range tr.box.Deliveries() {
		if book.Lookup(d.ID).Status == ledger.Pending {
			tr.Errorf("%s was written to without a claim", d.ID)
		}
	}
}

// goesOn sends the rest, with the disk as it should be: everybody gets one,
// and so many are in doubt.
func (tr *trial) goesOn(unknown int) {
	tr.Helper()
	code := exitOK
	if unknown > 0 {
		code = exitLeft
	}
	v := tr.send().verdict(code)
	if want := (report.Equation{Rows: tr.rows, Sent: tr.rows - unknown, Unknown: unknown}); v.Source != want {
		tr.Errorf("%s, want %s", v.Source, want)
	}
	tr.accounts()
}

// The disk is full while messages are on their way. What is left of the
// ledger's last block takes a few claims more, and their messages may leave.
func diskFull(t *testing.T, herald string) {
	tr := newTrialIn(t, smallDisk(t, "size=20m"), herald, 300, sandbox.Options{})
	p, held := tr.inFlight(50)
	tr.fill()
	held.free()
	p.ends(exitCant)
	p.says("herald: write kill.sandbox.ledger: no space left on device\n")
	p.says("next: herald send kill.yaml --rate 1000000/s\n")
	tr.allClaimed()
	doubt, sent := tr.inDoubt(), tr.box.Witness()
	if doubt < 1 || doubt > diskWorkers {
		t.Errorf("%d in doubt, want 1 to %d", doubt, diskWorkers)
	}
	t.Logf("%d messages arrived, %d in doubt", sent.Messages, doubt)

	p = tr.talking()
	p.ends(exitCant)
	p.says("kill.sandbox.ledger")
	if now := tr.box.Witness(); now.Messages != sent.Messages {
		t.Errorf("%d messages were sent on a full disk", now.Messages-sent.Messages)
	}
	tr.makeRoom()
	tr.goesOn(doubt)
}

// The ledger may not be written behind its last frame any more while messages
// are on their way.
func fileFull(t *testing.T, herald string) {
	tr := newTrial(t, herald, 300, sandbox.Options{})
	p, held := tr.inFlight(50)
	now, err := ledger.Verify(tr.path("kill.sandbox.ledger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	end := uint64(now.End)
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: end, Max: end}, nil); err != nil {
		t.Skip("the size of another process's files can't be limited: ", err)
	}
	held.free()
	tr.gaveUp(p, "file too large", 50+diskWorkers)
	tr.goesOn(diskWorkers)
}

// smallDisk mounts a file system in memory, if this user may.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skip("a small disk can't be mounted: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all the room there is in the trial's folder.
func (tr *trial) fill() {
	tr.Helper()
	f, err := os.Create(tr.path("filler"))
	if err != nil {
		tr.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<12); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		tr.Fatal(err)
	}
}

func (tr *trial) makeRoom() {
	tr.Helper()
	if err := os.Remove(tr.path("filler")); err != nil {
		tr.Fatal(err)
	}
}

// A folder in which no ledger can be made: nothing is sent, and with another
// one everything is.
func readOnlyFolder(t *testing.T, herald string) {
	tr := newTrial(t, herald, 30, sandbox.Options{})
	locked := tr.path("locked")
	if err := os.Mkdir(locked, 0o700); err != nil {
		t.Fatal(err)
	}
	cause := readOnly(t, locked)
	p := tr.talking("--ledger", filepath.Join("locked", "kill.ledger"))
	p.ends(exitCant)
	p.says("herald: can't write to the folder locked: " + cause)
	if n := tr.box.Witness().Messages; n != 0 {
		t.Errorf("%d messages were sent without a ledger", n)
	}
	tr.goesOn(0)
}

// readOnly makes a folder read-only, also for root, and returns what whoever
// writes to it is told.
func readOnly(t *testing.T, dir string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		return "permission denied"
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		t.Skip("a folder can't be made read-only for root: ", err)
	}
	t.Cleanup(func() { writable(t, dir) })
	if err := unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip("a folder can't be made read-only for root: ", err)
	}
	return "read-only file system"
}

// writable takes back what readOnly did; a second time it does nothing.
func writable(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Error(err)
		}
		return
	}
	if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
		t.Error(err)
	}
}

// A ledger that was written before, and can't be now.
func readOnlyLedger(t *testing.T, herald string) {
	tr := newTrial(t, herald, 30, sandbox.Options{})
	tr.send("--limit", "10").ends(exitOK)
	cause := readOnly(t, tr.dir)
	p := tr.talking()
	p.ends(exitCant)
	p.says("kill.sandbox.ledger: " + cause)
	if n := tr.box.Witness().Messages; n != 10 {
		t.Errorf("%d messages were sent, want the 10 of the first run", n)
	}
	writable(t, tr.dir)
	tr.goesOn(0)
}

const resultsWarning = "the ledger has every outcome; the next run writes the file anew"

// The results are on a disk that is full: the run goes on without them, and the
// next one writes them anew, although it has nothing to send.
func resultsDiskFull(t *testing.T, herald string) {
	tr := newTrial(t, herald, 300, sandbox.Options{})
	disk := &trial{T: t, dir: smallDisk(t, "size=256k")}
	if err := os.Symlink(disk.dir, tr.path("disk")); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--results", filepath.Join("disk", "r.csv")}
	disk.fill()
	p := tr.talking(flags...)
	p.ends(exitOK)
	p.says("warning: disk/r.csv could not be written: ")
	p.says(resultsWarning)
	disk.makeRoom()
	tr.resultsComeBack(flags, filepath.Join("disk", "r.csv"))
}

// The same with a folder that goes away in the middle of the run.
func resultsFolderGone(t *testing.T, herald string) {
	tr := newTrial(t, herald, 300, sandbox.Options{})
	if err := os.Mkdir(tr.path("out"), 0o700); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--results", filepath.Join("out", "r.csv")}
	p, held := tr.inFlight(0, flags...)
	if err := os.RemoveAll(tr.path("out")); err != nil {
		t.Fatal(err)
	}
	held.free()
	p.ends(exitOK)
	p.says("warning: out/r.csv could not be written: ")
	p.says(resultsWarning)
	if err := os.Mkdir(tr.path("out"), 0o700); err != nil {
		t.Fatal(err)
	}
	tr.resultsComeBack(flags, filepath.Join("out", "r.csv"))
}

// resultsComeBack sends again, which has nothing to send, and finds the results
// complete.
func (tr *trial) resultsComeBack(flags []string, name string) {
	tr.Helper()
	sent := tr.box.Witness().Messages
	tr.talking(flags...).ends(exitOK)
	if err := os.Symlink(name, tr.path("kill.sandbox.results.csv")); err != nil {
		tr.Fatal(err)
	}
	if unknown := tr.accounts(); unknown != 0 || tr.box.Witness().Messages != sent || sent != int64(tr.rows) {
		tr.Errorf("%d unknown, %d messages, %d before the results were written anew", unknown, tr.box.Witness().Messages, sent)
	}
}
