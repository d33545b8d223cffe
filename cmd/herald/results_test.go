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

// resultsSession is a session with a ledger of one sent key and two runs, the
// last of which ended so; nil: it did not.
func resultsSession(t *testing.T, end *ledger.End) (s *session, said *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	said = new(bytes.Buffer)
	s = &session{program: &program{err: said}, campaign: &campaign.Campaign{Name: "spring", File: filepath.Join(dir, "spring.yaml")}}
	s.sourcePath = filepath.Join(dir, "contacts.csv")
	open := func(create *ledger.Header) *ledger.Ledger {
		l, err := ledger.Open(s.ledgerPath(), ledger.Options{Create: create})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open(&ledger.Header{Campaign: "spring"})
	claim, claimErr := l.Claim("anna", 2, ledger.Pending)
	err := errors.Join(claimErr, l.Settle(claim, ledger.Outcome{Status: ledger.Sent}),
		l.StartRun(ledger.Run{}), l.EndRun(ledger.End{}), l.StartRun(ledger.Run{}))
	if end != nil {
		err = errors.Join(err, l.EndRun(*end))
	}
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	s.ledger = open(nil)
	t.Cleanup(func() { s.ledger.Close() })
	return s, said
}

func TestRenewResults(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.csv")
	if err := report.WriteResults(whole, func(func(report.Row, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	short, err := os.ReadFile(whole) // a header alone: anna's row is missing
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		end     *ledger.End
		before  string // the file; empty: there is none
		renewed bool
		kept    bool
	}{
		{"as it was left", &ledger.End{}, string(short), false, false},
		{"missing", &ledger.End{}, "", true, false},
		{"the last run was killed", nil, string(short), true, false},
		{"the last run could not write it", &ledger.End{ResultsBehind: true}, string(short), true, false},
		{"torn by a crash", nil, string(short) + "ann", true, false},
		{"saved by a spreadsheet", &ledger.End{}, strings.ReplaceAll(string(short), ",", ";"), true, true},
		{"something else", nil, "id,name\nanna,Anna\n", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, said := resultsSession(t, test.end)
			if test.before != "" {
				write(t, s.resultsPath(), test.before)
			}
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
				if text, err := os.ReadFile(kept[0]); err != nil || string(text) != test.before {
					t.Errorf("kept %q (%v), want %q", text, err, test.before)
				}
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestResultsNeverReplaceOtherFiles(t *testing.T) {
	s, _ := resultsSession(t, nil)
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
	s, _ := resultsSession(t, nil)
	const text = "id,name\nanna,Anna\n"
	write(t, s.resultsPath(), text)
	o := observe(s.resultsPath())
	o.saw(report.Row{Key: "anna", Status: report.Sent, FinishedAt: time.Now()}, ledger.State{})
	if err := o.close(s.ledger); !isForeign(err) {
		t.Errorf("close: %v, want that the file is no results file", err)
	}
	if after, err := os.ReadFile(s.resultsPath()); err != nil || string(after) != text {
		t.Errorf("the file is now %q (%v)", after, err)
	}
}

// A results file that fell behind is written anew from the ledger, which has no
// skips: those that the file has are kept.
func TestSkipsOutliveARenewal(t *testing.T) {
	s, _ := resultsSession(t, &ledger.End{})
	o := observe(s.resultsPath())
	o.saw(report.Row{Key: "bert", Line: 3, Status: report.Skipped, Code: "duplicate"}, ledger.State{})
	o.behind.Store(true)
	if err := o.close(s.ledger); err != nil {
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
