package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// samples is how many rows of a kind are named.
const samples = 5

// A showing says what of a survey is printed.
type showing struct {
	all    bool   // every finding, not the first ones alone
	strict bool   // warnings are errors
	bad    string // the file that bad rows are copied to; empty: none
}

// showSurvey prints a survey, and writes the file of bad rows.
func (s *session) showSurvey(ctx context.Context, v *survey, o showing) error {
	copies, err := s.copyBadRows(o)
	if err != nil {
		return err
	}
	if o.all {
		err = s.showAll(ctx, v, copies)
	} else {
		if err = s.firstOnes(ctx, v, copies); err == nil {
			s.printSurvey(v)
		}
	}
	return copies.close(err)
}

// firstOnes fills in the first findings of each kind.
func (s *session) firstOnes(ctx context.Context, v *survey, copies *badRows) error {
	missing := 0
	for _, p := range v.Problems {
		missing += min(samples, p.Count-len(p.First))
	}
	if missing == 0 && copies == nil {
		return nil
	}
	seen := map[lint.Kind]int{}
	return s.examiner.revisit(ctx, v.complete, func(found []lint.Finding, rows *source.Reader) error {
		for _, f := range found {
			if seen[f.Kind]++; seen[f.Kind] > samples {
				continue
			}
			p := v.problem(f.Kind)
			p.First = append(p.First, s.examiner.describe(f, rows))
			missing--
		}
		if missing <= 0 && copies == nil {
			return errEnough
		}
		return copies.add(found, rows)
	})
}

// showAll prints every finding, as they are found.
func (s *session) showAll(ctx context.Context, v *survey, copies *badRows) error {
	list := &findingList{program: s.program, json: s.run.json}
	list.begin(v, s)
	for _, p := range v.Problems {
		for i := range p.First {
			list.add(&p.First[i])
		}
	}
	err := s.examiner.revisit(ctx, v.complete, func(found []lint.Finding, rows *source.Reader) error {
		for _, f := range found {
			x := s.examiner.describe(f, rows)
			list.add(&x)
		}
		return copies.add(found, rows)
	})
	list.end()
	return err
}

// A findingList prints findings one by one: lines, or the elements of a JSON list
// at the end of the survey.
type findingList struct {
	*program
	json  bool
	begun bool
}

func (l *findingList) begin(v *survey, s *session) {
	if !l.json {
		s.printHead(v)
		s.printTable(v)
		fmt.Fprintln(l.out)
		return
	}
	var b bytes.Buffer
	head := *v
	head.Problems = make([]*problem, len(v.Problems))
	for i, p := range v.Problems { // theirs are in the list
		brief := *p
		brief.First = []shown{}
		head.Problems[i] = &brief
	}
	encodeJSON(&b, head)
	fmt.Fprintf(l.out, "%s,\n  \"findings\": [", strings.TrimSuffix(b.String(), "\n}\n"))
}

func (l *findingList) add(x *shown) {
	if !l.json {
		fmt.Fprintln(l.out, x.line())
		return
	}
	b, _ := json.Marshal(x) // texts and numbers: that can't fail
	if l.begun {
		fmt.Fprint(l.out, ",")
	}
	l.begun = true
	fmt.Fprintf(l.out, "\n    %s", b)
}

func (l *findingList) end() {
	if !l.json {
		return
	}
	if l.begun {
		fmt.Fprint(l.out, "\n  ")
	}
	fmt.Fprint(l.out, "]\n}\n")
}

// printSurvey prints a survey with the first findings of each kind.
func (s *session) printSurvey(v *survey) {
	if s.run.json {
		s.printJSON(v)
		return
	}
	s.printHead(v)
	s.printTable(v)
	for _, p := range v.Problems {
		fmt.Fprintf(s.out, "\n%s: %s\n", p.Kind, p.What)
		for i := range p.First {
			fmt.Fprintf(s.out, "  %s\n", strings.TrimPrefix(p.First[i].place()+": ", ": ")+p.First[i].text())
		}
		if more := p.Count - len(p.First); more > 0 {
			fmt.Fprintf(s.out, "  and %s more\n", report.Number(more))
		}
		fmt.Fprintf(s.out, "  -> %s\n", p.Advice)
	}
}

// printHead says what will become of the rows.
func (s *session) printHead(v *survey) {
	fmt.Fprintf(s.out, "%s of %s: %s to be sent", count(v.Rows.Rows, "row"), s.sourceName, report.Number(v.Ready))
	if settled := v.Rows.Sent + v.Rows.Failed + v.Rows.Unknown; settled > 0 {
		fmt.Fprintf(s.out, ", %s settled by earlier runs", report.Number(settled))
	}
	if v.Duplicates > 0 {
		fmt.Fprintf(s.out, ", %s skipped", count(v.Duplicates, "duplicate"))
	}
	for _, words := range skipCounts(v.Skips) {
		fmt.Fprint(s.out, ", "+words)
	}
	if v.elsewhere > 0 {
		fmt.Fprintf(s.out, ", %s on other lines", report.Number(v.elsewhere))
	}
	if v.Blank > 0 {
		fmt.Fprintf(s.out, ", %s passed over", count(v.Blank, "empty line"))
	}
	if v.Bad > 0 {
		fmt.Fprintf(s.out, ", %s that can't be sent", report.Number(v.Bad))
	}
	fmt.Fprintln(s.out)
	if len(v.Variants) > 0 {
		fmt.Fprintf(s.out, "variants: %s\n", s.variantWords(v.Variants))
	}
	if v.Held > 0 {
		fmt.Fprintf(s.out, "%s until a variant is chosen for them\n", heldWords(v.Held))
	}
	if v.strays != "" {
		fmt.Fprintln(s.out, v.strays)
	}
	if v.Forecast != "" {
		fmt.Fprintf(s.out, "when: %s\nforecast: %s\n", s.whenWords(), v.Forecast)
	}
}

// printTable prints how many there are of each kind, errors and warnings apart.
func (s *session) printTable(v *survey) {
	wide := 0
	for _, p := range v.Problems {
		wide = max(wide, len(p.Kind))
	}
	last := lint.Severity("")
	for _, p := range v.Problems {
		if p.Severity != last {
			last = p.Severity
			fmt.Fprintf(s.out, "\n%s\n", count(v.number(last), string(last)))
		}
		fmt.Fprintf(s.out, "  %7s  %-*s  %s\n", report.Number(p.Count), wide, p.Kind, p.What)
	}
}
