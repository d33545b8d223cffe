package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
	"github.com/herald-campaigns/herald/pkg/suppression"
)

// addSentBy adds the rules of --exclude-sent-by and --only-sent-by.
func (s *session) addSentBy() error {
	if len(s.run.excludeSentBy) > 0 {
		written, err := s.writtenBy(s.run.excludeSentBy, true)
		if err != nil {
			return err
		}
		s.skipRules = append(s.skipRules, s.sentByRule(written, func(name string) (code, reason string) {
			if name == "" {
				return "", ""
			}
			return sentByOther, "sent, or perhaps sent, according to " + name
		}))
	}
	if len(s.run.onlySentBy) > 0 {
		written, err := s.writtenBy(s.run.onlySentBy, false)
		if err != nil {
			return err
		}
		s.skipRules = append(s.skipRules, s.sentByRule(written, func(name string) (code, reason string) {
			if name != "" {
				return "", ""
			}
			return unsentByOther, "not sent according to " + strings.Join(s.run.onlySentBy, ", ")
		}))
	}
	return nil
}

// A record is who was written to according to one ledger or results file.
type record struct {
	path string
	suppression.Set
}

// sentByRule makes a rule of who was written to; judge is told by which record
// the person in the row was, or nothing.
func (s *session) sentByRule(written []record, judge func(name string) (code, reason string)) skipRule {
	person := s.identities()
	return func(row *source.Recipient, key string, _ ledger.State) (code, reason string) {
		ids := person(row, key)
		for _, r := range written {
			for _, id := range ids {
				if _, ok := r.Find(id); ok {
					return judge(r.path)
				}
			}
		}
		return judge("")
	}
}

// writtenBy reads who was written to by others: ledgers, results files, folders of
// them, or campaigns. Those who perhaps were count only to be left out.
func (s *session) writtenBy(others []string, perhaps bool) ([]record, error) {
	var all []record
	for _, other := range others {
		paths, err := s.recordsOf(other)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			set, err := readRecord(path, perhaps)
			if err != nil {
				return nil, recordRefusal(path, err)
			}
			all = append(all, record{path, set})
		}
	}
	return all, nil
}

// recordRefusal explains why another campaign's record can't be used.
func recordRefusal(path string, err error) error {
	return &refusal{code: exitUsage, what: fmt.Sprintf("%s does not say who was written to: %s", path, firstLine(noLedgerWhat(path, err))),
		hint: "name a ledger, a results file, a campaign, or a folder of them; nothing was sent"}
}

func noLedgerWhat(path string, err error) string {
	err = noLedger(path, err)
	var r *refusal
	if errors.As(err, &r) {
		return r.what
	}
	return cause(err)
}

// recordsOf lists the ledgers and results files that another campaign is known
// by. Those of the sandbox count only for a run against it.
func (s *session) recordsOf(other string) ([]string, error) {
	info, err := os.Stat(other)
	switch {
	case err != nil:
		return nil, &refusal{code: exitUsage, what: "there is no " + other + " that could say who was written to: " + cause(err),
			hint: "name a ledger, a results file, a campaign, or a folder of them"}
	case info.IsDir():
		return s.recordsIn(other)
	case slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(other)):
		return s.recordsOfCampaign(other)
	}
	return []string{other}, nil
}

// recordsOfCampaign lists the ledgers of a campaign, with those of its editions.
func (s *session) recordsOfCampaign(path string) ([]string, error) {
	t := &session{program: s.program, me: s.me}
	if err := t.load(path); err != nil {
		return nil, err
	}
	var paths []string
	for _, edition := range append(t.editions(), "") {
		e := &session{program: s.program, me: s.me, campaign: t.campaign, files: fileFlags{edition: edition}}
		if s.client == nil || s.anySender {
			e.me = intercom.Me{}
			e.preferReal()
		}
		if exists(e.ledgerPath()) {
			paths = append(paths, e.ledgerPath())
		} else if exists(e.resultsPath()) {
			paths = append(paths, e.resultsPath())
		}
	}
	if len(paths) == 0 {
		return nil, &refusal{code: exitUsage, what: "nothing was sent by " + path + " yet: it has no ledger " + t.ledgerPath(),
			hint: "check its name; nothing was sent"}
	}
	return paths, nil
}

// recordsIn lists the ledgers in a folder, and the results files without one, but
// for this campaign's own.
func (s *session) recordsIn(dir string) ([]string, error) {
	paths, err := filesLike(dir, func(name string) bool {
		base, isResults := resultsBase(name)
		if isResults && exists(filepath.Join(dir, base+".ledger")) || strings.HasSuffix(base, ".rehearsal") {
			return false
		}
		kind := isResults || strings.HasSuffix(name, ".ledger")
		return kind && (strings.HasSuffix(strings.TrimSuffix(base, ".ledger"), ".sandbox") == (s.inSandbox() && !s.anySender))
	})
	if err != nil {
		return nil, err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		return sameFile(path, s.ledgerPath()) || sameFile(path, s.resultsPath())
	})
	if len(paths) == 0 {
		return nil, &refusal{code: exitUsage, what: "there is neither a ledger nor a results file in " + dir,
			hint: "name the folder that has them, or a file of them"}
	}
	return paths, nil
}

// resultsBase returns how the names of a campaign's files begin, and whether this
// is the name of a results file.
func resultsBase(name string) (base string, is bool) {
	for _, ending := range []string{".results.csv", ".results.jsonl", ".results.ndjson"} {
		if base, ok := strings.CutSuffix(name, ending); ok {
			return base, true
		}
	}
	return name, false
}

// readRecord reads who was written to according to a ledger or results file.
func readRecord(path string, perhaps bool) (suppression.Set, error) {
	if isResultsName(path) {
		return readResultsRecord(path, perhaps)
	}
	book, err := ledger.Load(path, nil)
	if err != nil {
		return suppression.Set{}, err
	}
	var b suppression.Builder
	for _, err := range book.Events(func(key string, line int) bool {
		switch book.Lookup(key).Status {
		case ledger.Sent:
			b.Add(suppression.Identify(key), line)
		case ledger.Unknown, ledger.Claimed:
			if perhaps {
				b.Add(suppression.Identify(key), line)
			}
		}
		return false // the keys are what counts
	}) {
		if err != nil {
			return suppression.Set{}, err
		}
	}
	return b.Set(), nil
}

func isResultsName(path string) bool {
	return slices.Contains([]string{".csv", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(path)))
}

// readResultsRecord reads a results file, in which the last row of a key counts.
func readResultsRecord(path string, perhaps bool) (suppression.Set, error) {
	var b suppression.Builder
	n := 0
	for row, err := range report.ReadResults(path) {
		if err != nil {
			return suppression.Set{}, err
		}
		n++
		written := row.Status == report.Sent || perhaps && row.Status == report.Unknown
		switch id := suppression.Identify(row.Key); {
		case written:
			b.Add(id, n)
		case row.Status != report.Skipped || row.Attempts > 0: // a skip changes nothing about what was before
			b.Remove(id, n)
		}
	}
	return b.Set(), nil
}
