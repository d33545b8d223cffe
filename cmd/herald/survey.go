package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// A survey is what a check found.
type survey struct {
	Rows       report.Equation `json:"rows"`
	Ready      int             `json:"ready"` // rows that would be sent
	Duplicates int             `json:"duplicates"`
	Blank      int             `json:"blank"`
	Bad        int             `json:"bad"`                // rows that can't be sent
	Skips      map[string]int  `json:"skips,omitempty"`    // by rules, by code
	Held       int             `json:"held,omitzero"`      // pending rows that wait for a variant to be chosen
	Variants   map[string]int  `json:"variants,omitempty"` // of Ready, without --limit; empty: there are none
	Forecast   string          `json:"forecast,omitempty"` // of a campaign that is bound to times
	Problems   []*problem      `json:"problems"`

	unknown   int    // of Ready: perhaps sent before
	whole     int    // Ready as it would be without --limit
	elsewhere int    // picked, and not on the lines of --line
	unchanged int    // of Ready: as they were when they failed
	digest    string // of the source
	strays    string // about rows without a time zone of their own; may be empty
	complete  int    // the length of keys, if some seem to have lost zeros
}

// A problem is all findings of one kind.
type problem struct {
	Kind     lint.Kind     `json:"kind"`
	Severity lint.Severity `json:"severity"`
	Count    int           `json:"count"`
	What     string        `json:"what"`
	Advice   string        `json:"advice"`
	First    []shown       `json:"first"` // the first ones of the source
}

// fill takes the counts of a check that is over.
func (v *survey) fill(e *examiner, p sender.Progress) {
	v.Rows, v.Ready, v.whole, v.Bad, v.Held = p.Equation, p.Ready, p.Ready, p.Bad, p.Held
	v.Variants = e.variants
	v.Duplicates = e.counts[lint.DuplicateKey]
	if e.run.limit > 0 {
		v.Ready = min(v.Ready, e.run.limit)
	}
	fixed := e.linter.Fixed(v.Ready)
	for _, l := range e.linter.Variants() {
		if f, varies := l.Alike(); varies && e.bodies[l.Name()].Alike() {
			fixed = append(fixed, f)
		}
	}
	var lost int
	if v.complete, lost = e.lost(); lost > 0 {
		e.counts[lint.LostZeros] = lost
	}
	v.Problems = []*problem{}
	for _, k := range lint.Kinds() {
		if e.counts[k] > 0 {
			v.Problems = append(v.Problems, newProblem(k, k.Severity(), e.counts[k]))
		}
	}
	for _, f := range fixed {
		v.addFixed(f, e.describe(f, nil))
	}
	order := lint.Kinds()
	slices.SortFunc(v.Problems, func(a, b *problem) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), // errors before warnings, in the alphabet, too
			slices.Index(order, a.Kind)-slices.Index(order, b.Kind))
	})
	for _, x := range v.Problems {
		x.What, x.Advice = kindWords(x.Kind, x.Count, v.Rows.Rows)
		if n := e.addresses.Sampled(); n > 1 && x.Kind == lint.OneEmailManyIDs {
			x.What += fmt.Sprintf(", among one in %d: there are too many to look at all", n)
		}
	}
}

func newProblem(k lint.Kind, s lint.Severity, n int) *problem {
	return &problem{Kind: k, Severity: s, Count: n, First: []shown{}}
}

// addFixed adds a finding of the campaign before those of rows.
func (v *survey) addFixed(f lint.Finding, text shown) {
	p := v.problem(f.Kind)
	if p == nil {
		p = newProblem(f.Kind, f.Severity, 0)
		v.Problems = append(v.Problems, p)
	}
	p.Count++
	p.First = append(p.First, text)
}

// problem returns the problem of a kind, nil if there is none.
func (v *survey) problem(k lint.Kind) *problem {
	for _, p := range v.Problems {
		if p.Kind == k {
			return p
		}
	}
	return nil
}

// number returns how many findings have a severity.
func (v *survey) number(s lint.Severity) int {
	n := 0
	for _, p := range v.Problems {
		if p.Severity == s {
			n += p.Count
		}
	}
	return n
}

// refuses reports whether the campaign can't be sent as it is: for its bad rows,
// unless they are to be skipped, or for an error in what everybody gets.
func (v *survey) refuses(skipBadRows bool) bool {
	return v.Bad > 0 && !skipBadRows || v.campaignErrors() > 0
}

// campaignErrors returns how many errors are not of single rows.
func (v *survey) campaignErrors() int {
	n := 0
	for _, p := range v.Problems {
		for _, f := range p.First {
			if p.Severity == lint.Error && f.Row == 0 {
				n++
			}
		}
	}
	return n
}
