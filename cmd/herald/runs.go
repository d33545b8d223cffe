package main

import (
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// listRuns prints the audit trail: every run of a campaign.
func (s *session) listRuns(path string) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	runs := book.Runs()
	if s.run.json {
		s.printRuns(runs)
		return nil
	}
	var before map[string]string
	for i, r := range runs {
		fmt.Fprintf(s.out, "%d  %s  %s by %s on %s, herald %s\n", i+1, r.Started.Local().Format("2 January 2006 15:04:05"),
			strings.Join(append([]string{r.Command}, r.Flags...), " "), r.Who, r.Host, r.Version)
		source := r.Source
		if r.Rows > 0 {
			source += ", " + count(r.Rows, "row")
		}
		fmt.Fprintf(s.out, "   source  %s\n", source)
		if changed := changes(before, r.Fingerprint); i > 0 && len(changed) > 0 {
			fmt.Fprintf(s.out, "   new     %s\n", strings.Join(changed, ", "))
		}
		fmt.Fprintf(s.out, "   end     %s\n", endOf(&r))
		before = r.Fingerprint
	}
	return nil
}

// endOf says how a run ended, and with how many.
func endOf(r *ledger.Run) string {
	if r.End == nil {
		return "still running, or ended without a word"
	}
	n := r.End.Counts
	return fmt.Sprintf("%s; %s sent by it", endWords(r.End.Reason, r.End.Finished.Local().Format("15:04:05")), report.Number(n["sent_now"]))
}

func (s *session) printRuns(runs []ledger.Run) {
	type run struct {
		ledger.Run
		End *ledger.End `json:"end"`
	}
	list := make([]run, len(runs))
	for i, r := range runs {
		list[i] = run{r, r.End}
	}
	s.printJSON(list)
}
