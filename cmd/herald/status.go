package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

func statusCommand(p *program) *cobra.Command {
	s := &session{program: p}
	runs := false
	c := &cobra.Command{
		Use:   "status CAMPAIGN",
		Short: "Count what was sent, what failed and why, and what is pending",
		Long: `Status reads the ledger and the source and accounts for every row. It may be
used while a run is going on.`,
		Example: "  herald status spring.yaml\n  herald status spring.yaml --json\n  herald status spring.yaml --runs",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			defer s.close()
			if runs {
				return s.listRuns(args[0])
			}
			return s.status(c.Context(), args[0])
		},
	}
	s.files.addReading(c.Flags())
	c.Flags().BoolVar(&s.run.json, "json", false, "print the counts as JSON")
	c.Flags().BoolVar(&runs, "runs", false, "list every run: who, when, with what, and how it ended")
	return c
}

// offlineBook loads the campaign and its ledger without asking the API. Where
// only the sandbox's ledger exists, that is the one.
func (s *session) offlineBook(path string) (*ledger.Book, error) {
	if err := s.load(path); err != nil {
		return nil, err
	}
	s.preferReal()
	book, err := ledger.Load(s.ledgerPath(), nil)
	return book, s.ledgerError(err)
}

// preferReal chooses the sandbox's ledger if there is no other one.
func (s *session) preferReal() {
	if s.files.ledger != "" || exists(s.ledgerPath()) {
		return
	}
	s.me.App.ID = sandboxWorkspace
	if !exists(s.ledgerPath()) {
		s.me.App.ID = ""
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A standing is what status prints.
type standing struct {
	Campaign string          `json:"campaign"`
	Source   report.Equation `json:"source"`
	// Gone is how many keys the ledger has that are no longer in the source.
	Gone     int                   `json:"not_in_source"`
	Failures []report.CodeCount    `json:"failures"`
	Skips    []report.CodeCount    `json:"skips"`
	Variants []report.VariantCount `json:"variants,omitempty"`
	Held     int                   `json:"held,omitzero"` // pending rows that wait for a variant to be chosen
	Runs     int                   `json:"runs"`
	LastRun  *ledger.Run           `json:"last_run"`
	Ledger   string                `json:"ledger"`
	Forecast string                `json:"forecast,omitempty"` // of a campaign that is bound to times
}

func (s *session) status(ctx context.Context, path string) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	st := standing{Campaign: s.title(), Ledger: s.ledgerPath()}
	keys := 0
	for _, n := range book.Counts() {
		keys += n
	}
	if runs := book.Runs(); len(runs) > 0 {
		st.Runs, st.LastRun = len(runs), &runs[len(runs)-1]
	}
	states, skips := map[ledger.State]int{}, map[string]int{}
	if st.Source, err = s.account(ctx, book, states, skips, &st.Held); err != nil {
		return err
	}
	failures := map[string]int{}
	var variants report.VariantCounts
	for state, n := range states {
		keys -= n
		variants.Add(state.Variant, state.Status.String(), n)
		switch state.Status {
		case ledger.Failed:
			failures[codeOf(state)] += n
		case ledger.Skipped:
			skips[sender.Unsubscribed] += n
		case ledger.Forgotten, ledger.Replaced:
			skips[state.Status.String()] += n
		}
	}
	st.Failures, st.Skips = codeCounts(report.Failed, failures), codeCounts(report.Skipped, skips)
	st.Gone, st.Variants = keys, variants.List()
	if st.Source.Pending > st.Held && s.timed() {
		if err := s.gateWith(book); err != nil {
			return err
		}
		st.Forecast = s.foretell(st.Source.Pending-st.Held, s.effective())
	}
	s.printStanding(&st)
	return nil
}

// codeCounts lists codes, the most frequent first.
func codeCounts(status string, counts map[string]int) []report.CodeCount {
	list := make([]report.CodeCount, 0, len(counts))
	for code, n := range counts {
		list = append(list, report.CodeCount{Status: status, Code: code, Count: n})
	}
	slices.SortFunc(list, func(a, b report.CodeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return list
}

func codeOf(st ledger.State) string {
	if st.Code == "" {
		return fmt.Sprintf("status %d", st.HTTPStatus)
	}
	return st.Code
}

// account counts the rows of the source by what the ledger says of their keys,
// adds the states of those that it knows, why rows are skipped before anybody asks
// it, and how many are held back.
func (s *session) account(ctx context.Context, book *ledger.Book, known map[ledger.State]int, skips map[string]int, held *int) (report.Equation, error) {
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return report.Equation{}, err
	}
	s.book = book
	if err := s.loadSkips(); err != nil {
		return report.Equation{}, err
	}
	engine := sender.New(s.countHeld(s.addPendingZones(sender.Config{
		Open: s.open, Key: s.renderer.Key, Keys: book, Skip: s.skip, Workers: 1,
		Pick: func(st ledger.State) bool {
			if st.Status != ledger.Pending {
				known[st]++
			}
			return false
		},
		Observe: func(row report.Row, _ ledger.State) { skips[row.Code]++ }, // the sift, one goroutine
	}), held))
	err := engine.Check(ctx)
	return engine.Progress().Equation, err
}

func (s *session) printStanding(st *standing) {
	if s.run.json {
		s.printJSON(st)
		return
	}
	fmt.Fprintf(s.out, "%s\n%s\n", st.Campaign, st.Source)
	for _, f := range st.Failures {
		fmt.Fprintf(s.out, "  failed with %s: %s\n", f.Code, report.Number(f.Count))
	}
	for _, f := range st.Skips {
		fmt.Fprintf(s.out, "  skipped as %s: %s\n", f.Code, report.Number(f.Count))
	}
	fmt.Fprint(s.out, report.VariantLines(st.Variants))
	if st.Held > 0 {
		fmt.Fprintf(s.out, "%s\n", heldPending(st.Held))
	}
	if st.Gone > 0 {
		fmt.Fprintf(s.out, "%s in the ledger that the source no longer has\n", count(st.Gone, "key"))
	}
	if st.Forecast != "" {
		fmt.Fprintf(s.out, "forecast: %s\n", st.Forecast)
	}
	printRun(s.out, st)
	if st.Source.Unknown > 0 {
		s.say("%s unknown: herald settle %s --interactive", report.Number(st.Source.Unknown), shellQuote(s.campaign.File))
	}
	switch {
	case st.Source.Pending > 0 && st.Source.Pending == st.Held:
		s.nextForHeld(st.Held)
	case st.Source.Pending > 0:
		s.next("herald send " + shellQuote(s.campaign.File))
	case st.Source.Failed > 0:
		s.next("herald retry " + shellQuote(s.campaign.File) + " --only failed")
	}
}

func printRun(w io.Writer, st *standing) {
	if st.LastRun == nil {
		return
	}
	r := st.LastRun
	end := "still running, or ended without a word"
	if r.End != nil {
		end = endWords(r.End.Reason, r.End.Finished.Local().Format("15:04:05"))
	}
	fmt.Fprintf(w, "%s; the last: %s by %s on %s, %s, %s\n", count(st.Runs, "run"), r.Command, r.Who, r.Host,
		r.Started.Local().Format("2 January 2006 15:04:05"), end)
}
