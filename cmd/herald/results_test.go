package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// resultsSession is a session with a ledger of one sent key. If noted, the run
// ended, and the ledger knows what the results file is, which has this text;
// otherwise the run was killed. Empty: there is no file.
func resultsSession(t *testing.T, results string, noted bool) (s *session, said *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	said = new(bytes.Buffer)
	s = &session{program: &program{err: said}, campaign: &campaign.Campaign{Name: "spring", File: filepath.Join(dir, "spring.yaml")}}
	s.sourcePath = filepath.Join(dir, "contacts.csv")
	open := func(create *ledger.Header) {
		var err error
		if s.ledger, err = ledger.Open(s.ledgerPath(), ledger.Options{Create: create}); err != nil {
			t.Fatal(err)
		}
	}
	open(&ledger.Header{Campaign: "spring"})
	err := s.ledger.StartRun(ledger.Run{})
	claim, claimErr := s.ledger.Claim("anna", 2, ledger.Pending)
	err = errors.Join(err, claimErr, s.ledger.Settle(claim, ledger.Outcome{Status: ledger.Sent}))
	if results != "" {
		write(t, s.resultsPath(), results)
	}
	if noted {
		err = errors.Join(err, s.noteResults(), s.ledger.EndRun(ledger.End{}))
	}
	if err = errors.Join(err, s.ledger.Close()); err != nil {
		t.Fatal(err)
	}
	open(nil)
	s.ledgerWritten = time.Now()
	t.Cleanup(func() { s.ledger.Close() })
	return s, said
}

// headerOnly is a results file without a row.
func headerOnly(t *testing.T) string {
	t.Helper()
	whole := filepath.Join(t.TempDir(), "whole.csv")
	if err := report.WriteResults(whole, func(func(report.Row, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRenewResults(t *testing.T) {
	header := headerOnly(t)
	later := func(t *testing.T, path string) { // an hour after herald wrote to it
		at := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	to := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { write(t, path, text) }
	}
	for _, test := range []struct {
		name    string
		left    string                   // by the last run
		noted   bool                     // it ended properly
		change  func(*testing.T, string) // what somebody did then
		renewed bool
		kept    bool
	}{
		{"as it was left", header, true, nil, false, false},
		{"removed", header, true, remove, true, false},
		{"sorted by hand", header, true, to(header + "bert,3,sent" + strings.Repeat(",", 13) + "\n"), true, true},
		{"another of the same size", header, true, later, true, true},
		{"the last run was killed", header, false, nil, true, false},
		{"killed before it wrote any", "", false, nil, true, false},
		{"torn by a crash", header + "ann", false, nil, true, false},
		{"killed, and changed by hand", header, false, later, true, true},
		{"saved by a spreadsheet", header, true, to(strings.ReplaceAll(header, ",", ";")), true, true},
		{"something else", "", false, to("id,name\nanna,Anna\n"), true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, said := resultsSession(t, test.left, test.noted)
			if test.change != nil {
				test.change(t, s.resultsPath())
			}
			before, _ := os.ReadFile(s.resultsPath())
			if err := s.renewResults(); err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(s.resultsPath())
			if err != nil {
				t.Fatal(err)
			}
			if renewed := bytes.Contains(after, []byte("\nanna,2,sent,")); renewed != test.renewed {
				t.Errorf("renewed %t, want %t:\n%s", renewed, test.renewed, after)
			}
			kept, _ := filepath.Glob(filepath.Join(filepath.Dir(s.campaign.File), "spring.results.kept-*.csv"))
			if (len(kept) == 1) != test.kept || (said.Len() > 0) != test.kept {
				t.Fatalf("kept %v, want one: %t; it says %q", kept, test.kept, said)
			}
			if test.kept {
				if text, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(text, before) {
					t.Errorf("kept %q (%v), want %q", text, err, before)
				}
			}
			if s.resultsStale() {
				t.Error("the file that was just written is taken for stale")
			}
		})
	}
}

// What people do to the ledger after a run makes the results stale, also if the
// process dies before it has written them anew.
func TestResultsAreStaleAfterSettling(t *testing.T) {
	s, _ := resultsSession(t, headerOnly(t), true)
	claim, err := s.ledger.Claim("bert", 3, ledger.Pending)
	if err == nil {
		err = errors.Join(s.ledger.Settle(claim, ledger.Outcome{Status: ledger.Unknown}), s.writeResults())
	}
	if err != nil || s.resultsStale() {
		t.Fatalf("before: stale %t, %v", s.resultsStale(), err)
	}
	if err := s.ledger.SettleByHand("bert", ledger.Sent, "", ""); err != nil {
		t.Fatal(err)
	}
	if !s.resultsStale() {
		t.Error("the results lack what was settled by hand, and are not stale")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestResultsNeverReplaceOtherFiles(t *testing.T) {
	s, _ := resultsSession(t, "", false)
	write(t, s.sourcePath, "id,name\n")
	write(t, s.campaign.File, "name: spring\n")
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(s.sourcePath, link); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{s.sourcePath, s.ledgerPath(), s.campaign.File, link} {
		s.files.results = path
		if code := exitCode(s.checkResultsPath()); code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", path, code, exitUsage)
		}
	}
	s.files.results = ""
	if err := s.checkResultsPath(); err != nil {
		t.Error(err)
	}
}

// A file that somebody put in the place of the results while a run goes on is
// not overwritten either.
func TestObserverLeavesForeignFile(t *testing.T) {
	s, _ := resultsSession(t, "", false)
	const text = "id,name\nanna,Anna\n"
	write(t, s.resultsPath(), text)
	o := observe(s.resultsPath())
	o.saw(report.Row{Key: "anna", Status: report.Sent, FinishedAt: time.Now()}, ledger.State{})
	if err := s.closeResults(o); !isForeign(err) {
		t.Errorf("close: %v, want that the file is no results file", err)
	}
	if after, err := os.ReadFile(s.resultsPath()); err != nil || string(after) != text {
		t.Errorf("the file is now %q (%v)", after, err)
	}
}

// A results file that fell behind is written anew from the ledger, which has no
// skips: those that the file has are kept.
func TestSkipsOutliveARenewal(t *testing.T) {
	s, _ := resultsSession(t, "", false)
	o := observe(s.resultsPath())
	o.saw(report.Row{Key: "bert", Line: 3, Status: report.Skipped, Code: "duplicate"}, ledger.State{})
	o.behind = true
	if err := s.closeResults(o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.resultsPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nbert,3,skipped,duplicate,", "\nanna,2,sent,"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the results lack %q:\n%s", want, text)
		}
	}
}
