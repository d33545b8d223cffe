package main

import (
	"fmt"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/report"
)

// meetExpectations refuses a source that is not what whoever set the campaign
// up expected: the trace of an export that went wrong, in a run that nobody
// watches. All rows count, also those that earlier runs have sent.
func (s *session) meetExpectations(v *survey) error {
	expected := s.campaign.ExpectRows
	where := s.campaign.File + ": expect.rows"
	if s.run.expect != "" {
		r, err := campaign.ParseRange(s.run.expect)
		if err != nil {
			return &usageError{err: fmt.Errorf("%s: %w", s.files.origin("expect"), err)}
		}
		expected, where = r, s.files.origin("expect")
	}
	if expected.Has(v.Rows.Rows) {
		return nil
	}
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s has %s, and %s expects %s; nothing was sent", s.sourceName, count(v.Rows.Rows, "row"), where, rangeWords(expected)),
		hint: "look whether the list was exported whole; if it is right, change the expectation"}
}

// rangeWords writes a range as people read numbers.
func rangeWords(r campaign.Range) string {
	switch text := r.String(); {
	case r.From == r.To:
		return report.Number(r.From)
	case text[0] == '.':
		return "at most " + report.Number(r.To)
	case text[len(text)-1] == '.':
		return "at least " + report.Number(r.From)
	}
	return report.Number(r.From) + " to " + report.Number(r.To)
}
