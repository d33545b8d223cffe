package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// An examiner judges the rows of one check. It keeps no finding: it counts them
// by kind, and marks the lines that have one, a bit each. Who wants to see them
// has those rows judged again, in the order of the source: see revisit.
type examiner struct {
	*session
	linter *lint.Linter
	make   variantRenderer
	bodies map[string]*lint.Bodies // by variant

	// Of the goroutine that sifts:
	addresses *lint.Addresses
	shapes    lint.Shapes
	row       *source.Recipient // whose key was asked for last
	clash     bool              // its address has another key
	number    int               // the length of its key, if that is a number, perhaps without its zeros
	numbers   lineSet           // such rows that are to be sent
	lengths   [lint.MaxKey]int  // how many of them have each length

	mu       sync.Mutex
	counts   map[lint.Kind]int
	variants map[string]int // rows that can be sent, by variant
	flagged  lineSet        // rows that have a finding of their own
	doubles  lineSet        // rows whose key an earlier one has
	clashes  lineSet        // rows whose address an earlier one has, under another key
}

func (s *session) newExaminer() *examiner {
	e := &examiner{
		session: s, linter: lint.New(s.campaign, s.renderer, s.header), make: s.variantRenderer(), bodies: map[string]*lint.Bodies{},
		addresses: lint.NewAddresses(), counts: map[lint.Kind]int{}, variants: map[string]int{},
	}
	for _, l := range e.linter.Variants() {
		e.bodies[l.Name()] = &lint.Bodies{}
	}
	return e
}

// A refusedRow is the error of a row whose finding has been counted.
type refusedRow struct{ lint.Finding }

func (r *refusedRow) Error() string {
	if r.Field == "" {
		return fmt.Sprintf("%s: %s", r.Kind, r.Reason)
	}
	return fmt.Sprintf("%s: %s %s", r.Kind, r.Field, r.Reason)
}

// key is the engine's Key.
func (e *examiner) key(row *source.Recipient) (string, error) {
	key, err := e.renderer.Key(row)
	e.row, e.clash, e.number = row, false, 0
	if err != nil {
		return "", err
	}
	if address := e.linter.AddressOf(row); address != "" {
		e.clash = e.addresses.Seen(address, key)
	}
	if e.shapes.Add(key) {
		e.number = len(key)
	}
	return key, nil
}

// chosen is told that the row whose key was asked for last is to be sent.
func (e *examiner) chosen() {
	if e.number > 0 && e.numbers.add(e.row.Line) {
		e.lengths[e.number]++
	}
	if e.clash {
		e.mark(&e.clashes, e.row.Line, lint.OneEmailManyIDs)
	}
}

// mark counts a finding that is about a row among others.
func (e *examiner) mark(set *lineSet, line int, k lint.Kind) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if set.add(line) {
		e.counts[k]++
	}
}

// render is the engine's RenderVariant of a check.
func (e *examiner) render(row *source.Recipient, had string) (*intercom.Message, string, error) {
	m, variant, found := e.judge(row, had)
	if m != nil && m.Body != campaign.NotLookedUp {
		e.bodies[variant].Add(m.Body)
	}
	err := firstFault(found)
	e.count(row.Line, found...)
	if err == nil {
		e.countVariant(variant)
	}
	return m, variant, err
}

// renderSound is the engine's RenderVariant of a run: it refuses what the check
// refused.
func (e *examiner) renderSound(row *source.Recipient, had string) (*intercom.Message, string, error) {
	m, variant, found := e.judge(row, had)
	return m, variant, firstFault(found)
}

// firstFault returns the first error among findings.
func firstFault(found []lint.Finding) error {
	for _, f := range found {
		if f.Severity == lint.Error {
			return &refusedRow{f}
		}
	}
	return nil
}

// judge renders a row in its variant, and returns what is wrong with it. A template
// that panics is at fault like one that fails.
func (e *examiner) judge(row *source.Recipient, had string) (m *intercom.Message, variant string, found []lint.Finding) {
	defer func() {
		if v := recover(); v != nil {
			m, found = nil, []lint.Finding{e.linter.Refused(row, row.Line, fmt.Errorf("panic: %v", v))}
		}
	}()
	m, variant, err := e.make(row, had)
	if err == nil && e.timed() && e.campaign.When.ByRow {
		_, _, err = e.renderer.Zone(row)
	}
	if err != nil {
		return nil, variant, []lint.Finding{e.linter.Refused(row, row.Line, err)}
	}
	return m, variant, e.linter.Variant(variant).Row(row, m)
}

func (e *examiner) count(line int, found ...lint.Finding) {
	if len(found) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range found {
		e.counts[f.Kind]++
	}
	e.flagged.add(line)
}

// countVariant counts a row that can be sent.
func (e *examiner) countVariant(name string) {
	if name == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.variants[name]++
}

// bad is the engine's Bad: of rows that can't be read or have no key.
func (e *examiner) bad(line int, err error) {
	if _, counted := err.(*refusedRow); !counted {
		e.count(line, e.linter.Refused(e.row, line, err))
	}
}

// lost is the length that keys of digits should have, and how many are shorter.
func (e *examiner) lost() (complete, n int) {
	complete = e.shapes.Complete()
	for _, count := range e.lengths[:complete] {
		n += count
	}
	return complete, n
}

// check reads, renders and judges every row that is to be sent. A source without
// any row is refused: it is the trace of an export that went wrong.
func (s *session) check(ctx context.Context) (*survey, error) {
	v := &survey{Skips: map[string]int{}}
	e := s.newExaminer()
	s.examiner = e
	var rows sender.Source
	engine := sender.New(s.addZones(sender.Config{
		Open: func() (_ sender.Source, err error) {
			o := s.sourceOptions()
			o.Digest = true
			rows, err = s.watched(o)
			return rows, err
		},
		Key: e.key, RenderVariant: e.render, Bad: e.bad, Keys: s.book,
		Pick: s.pick, Former: s.former, Skip: s.skip,
		Hold: func(row *source.Recipient, picked ledger.State) bool { // the sift is one goroutine
			if !s.run.onLines.Has(row.Line) {
				v.elsewhere++
				return true
			}
			if picked.Status == ledger.Unknown {
				v.unknown++
			}
			if s.unchanged != nil && s.unchanged(row, picked) {
				v.unchanged++
			}
			return s.hold != nil && s.hold(row, picked)
		},
		HoldBack: func(row *source.Recipient, picked ledger.State) bool {
			if s.heldBack(row, picked) {
				return true
			}
			e.chosen()
			return false
		},
		Workers: max(1, min(s.campaign.Workers, checkWorkers)),
		Observe: func(row report.Row, _ ledger.State) {
			e.mu.Lock()
			v.skipped(row.Code)
			e.mu.Unlock()
			if row.Code == sender.Duplicate {
				e.mark(&e.doubles, row.Line, lint.DuplicateKey)
			}
		},
	}))
	d := s.display(s.run.progress, 0, func() int { return engine.Progress().Rows },
		func() string { return "checking " + report.Number(engine.Progress().Rows) + " rows" })
	err := engine.Check(ctx)
	d.close()
	if err != nil {
		return nil, err
	}
	v.fill(e, engine.Progress())
	v.digest = digestOf(rows)
	v.strays = s.strayWords()
	if r, ok := rows.(interface{ Blank() int }); ok {
		v.Blank = r.Blank()
	}
	if v.Rows.Rows == 0 && !s.run.allowEmpty {
		return nil, &refusal{code: exitUsage, what: s.sourceName + " has column names and no rows",
			hint: "check that the list was exported whole, and that source: or --source names the right file; --allow-empty takes it for an empty list"}
	}
	return v, nil
}

// checkWorkers is enough to keep the cores of a small machine busy.
const checkWorkers = 8
