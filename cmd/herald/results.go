package main

import (
	"errors"
	"fmt"
	"io/fs"
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
// written anew if it is missing, if it may lack rows, or if it is not as herald
// left it: such a file is somebody's work, and kept aside.
func (s *session) renewResults() error {
	path := s.resultsPath()
	info, err := os.Stat(path)
	if err == nil && s.resultsComplete(info) {
		return nil
	}
	if err == nil && s.resultsChanged(info) {
		aside, err := setAside(path)
		if err != nil {
			return err
		}
		s.say("%s is not as herald left it: it is kept as %s, and written anew", path, aside)
	}
	return s.writeResults()
}

// resultsComplete reports whether the results file is the one that herald left,
// with every outcome.
func (s *session) resultsComplete(info fs.FileInfo) bool {
	left := s.ledger.Results()
	return left != nil && left.Size == info.Size() && left.Modified.Equal(info.ModTime())
}

// resultsChanged reports whether a results file that is not complete has been
// changed by somebody, and does not just lack the last rows of a run that died:
// that run wrote to both files until its end.
func (s *session) resultsChanged(info fs.FileInfo) bool {
	switch {
	case info.Size() == 0:
		return false
	case s.ledger.Results() != nil || s.ledger.Created() || !isResults(s.resultsPath()):
		return true
	}
	const apart = 10 * time.Second // at most, between the last writes to the two
	return !s.ledgerWritten.IsZero() && info.ModTime().Sub(s.ledgerWritten) > apart
}

// resultsStale reports whether the results file has to be written anew.
func (s *session) resultsStale() bool {
	if s.ledger == nil {
		return false
	}
	info, err := os.Stat(s.resultsPath())
	return err != nil || !s.resultsComplete(info)
}

// closeResults ends the observer when a run is over. If rows are missing from
// the results file it is written anew; the error says why that was not possible.
func (s *session) closeResults(o *observer) error {
	complete, err := o.close()
	if isForeign(err) { // somebody's work
		return err
	}
	if complete {
		err = s.noteResults()
		if errors.Is(err, fs.ErrNotExist) && o.summary.Rows() == 0 {
			return nil // there is nothing to be in it
		}
	}
	if !complete || errors.Is(err, fs.ErrNotExist) { // or it was removed under way
		err = s.writeResults()
	}
	if errors.As(err, new(*ledger.WriteError)) {
		return nil // the run says so itself
	}
	return err
}

// writeResults writes the results file anew: the outcomes of the ledger, and the
// skips that the file has, since no ledger has them.
func (s *session) writeResults() error {
	if err := s.ledger.Flush(); err != nil {
		return err
	}
	path := s.resultsPath()
	if err := report.WriteResults(path, withSkips(path, &s.ledger.Book)); err != nil {
		return err
	}
	return s.noteResults()
}

// noteResults tells the ledger what the results file is now that it is complete.
func (s *session) noteResults() error {
	info, err := os.Stat(s.resultsPath())
	if err != nil {
		return err
	}
	return s.ledger.NoteResults(ledger.ResultsFile{Size: info.Size(), Modified: info.ModTime()})
}

// setAside renames a file and returns its new name.
func setAside(path string) (string, error) {
	ending := filepath.Ext(path)
	aside := strings.TrimSuffix(path, ending) + time.Now().Format(".kept-20060102-150405.000") + ending
	return aside, os.Rename(path, aside)
}

// isResults reports whether a file is a results file of ours, if perhaps torn.
func isResults(path string) bool {
	results, err := report.OpenResults(path)
	if err != nil {
		return !isForeign(err)
	}
	return results.Close() == nil // without rows it writes nothing
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
