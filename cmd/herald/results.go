package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// checkResultsPath refuses to write results over the files of the campaign.
func (s *session) checkResultsPath() error {
	path := s.resultsPath()
	for _, other := range []struct{ what, path string }{
		{"campaign", s.campaign.File}, {"source", s.sourcePath}, {"ledger", s.ledgerPath()},
	} {
		if sameFile(path, other.path) {
			return &refusal{code: exitUsage,
				what: fmt.Sprintf("the results can't be written to %s: that is the %s", path, other.what),
				hint: "name a new file with --results, or leave it out"}
		}
	}
	if end := strings.ToLower(filepath.Ext(path)); !slices.Contains([]string{".csv", ".jsonl", ".ndjson"}, end) {
		return &refusal{code: exitUsage, what: fmt.Sprintf("the results can't be written to %s: its ending says no format", path),
			hint: "name a .csv or .jsonl file with --results"}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &refusal{code: exitUsage, what: fmt.Sprintf("the results can't be written to %s: that is a folder", path),
			hint: "name a .csv or .jsonl file with --results"}
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return &refusal{code: exitUsage, what: fmt.Sprintf("the results can't be written to %s: there is no such folder", path),
			hint: "make the folder first, or name another file with --results"}
	}
	return nil
}

func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// renewResults makes the results file agree with the ledger before a run. It is
// written anew if it is missing, if it may lack the last rows of the last run,
// or if it is not as herald left it: such a file is somebody's work, and kept
// aside.
func (s *session) renewResults() error {
	path := s.resultsPath()
	changed, err := setAsideChanged(path)
	if err != nil {
		return err
	}
	if changed != "" {
		s.say("%s is not as herald left it: it is kept as %s, and written anew", path, changed)
	}
	if s.ledger.Created() {
		return nil
	}
	if _, err := os.Stat(path); err == nil && !s.resultsBehind() {
		return nil
	}
	return report.WriteResults(path, resultRows(s.ledger.Entries()))
}

// resultsBehind reports whether the last run left rows out of the results file:
// it did not come to its end, or could not write it.
func (s *session) resultsBehind() bool {
	if s.ledger == nil {
		return false
	}
	runs := s.ledger.Runs()
	if len(runs) == 0 {
		return false
	}
	end := runs[len(runs)-1].End
	return end == nil || end.ResultsBehind
}

// setAsideChanged renames a file that is no results file, or not one any more,
// and returns its new name; empty if there was no need.
func setAsideChanged(path string) (string, error) {
	results, err := report.OpenResults(path)
	if err == nil {
		return "", results.Close() // without rows it writes nothing
	}
	if !isForeign(err) {
		return "", err
	}
	ending := filepath.Ext(path)
	aside := strings.TrimSuffix(path, ending) + time.Now().Format(".kept-20060102-150405.000") + ending
	return aside, os.Rename(path, aside)
}

// isForeign reports whether a results file can't be used because of what is in it.
func isForeign(err error) bool {
	var file *report.FileError
	return errors.As(err, &file) && file.Kind != report.Unreachable
}

// What a row takes on the disk, with some to spare: its claim and outcome in the
// ledger, and its line in the results.
const (
	bytesPerRow = 1 << 10
	leastSpace  = 16 << 20
)

// checkSpace refuses to begin a run that is bound to fill the disk: without its
// ledger herald has to stop in the middle.
func (s *session) checkSpace(v *survey) error {
	need := uint64(leastSpace)
	if v != nil {
		need += bytesPerRow * uint64(v.Ready)
	}
	free, err := ledger.FreeSpace(s.ledgerPath())
	if err != nil || free >= need {
		return nil // not known here, or enough
	}
	return &refusal{code: exitCant,
		what: fmt.Sprintf("%s may not fit: %s are free there, and a run of this size wants %s", s.ledgerPath(), report.Bytes(int64(free)), report.Bytes(int64(need))),
		hint: "make room, or keep the ledger elsewhere with --ledger; nothing was sent"}
}
