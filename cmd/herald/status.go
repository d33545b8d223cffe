package main

import (
	"context"
	"errors"
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
	s.files.add(c.Flags())
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
	if _, err := os.Stat(s.ledgerPath()); err != nil && s.files.ledger == "" {
		s.me.App.ID = sandboxWorkspace
		if _, err := os.Stat(s.ledgerPath()); err != nil {
			s.me.App.ID = ""
		}
	}
	book, err := ledger.Load(s.ledgerPath(), nil)
	return book, s.ledgerError(err)
}

// A standing is what status prints.
type standing struct {
	Campaign string          `json:"campaign"`
	Source   report.Equation `json:"source"`
	// Gone is how many keys the ledger has that are no longer in the source.
	Gone     int                `json:"not_in_source"`
	Failures []report.CodeCount `json:"failures"`
	Runs     int                `json:"runs"`
	LastRun  *ledger.Run        `json:"last_run"`
	Ledger   string             `json:"ledger"`
	Forecast string             `json:"forecast,omitempty"` // of a campaign that is bound to times
}

func (s *session) status(ctx context.Context, path string) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	st := standing{Campaign: s.campaign.Name, Ledger: s.ledgerPath()}
	keys := 0
	for _, n := range book.Counts() {
		keys += n
	}
	if runs := book.Runs(); len(runs) > 0 {
		st.Runs, st.LastRun = len(runs), &runs[len(runs)-1]
	}
	states := map[ledger.State]int{}
	if st.Source, err = s.account(ctx, book, states); err != nil {
		return err
	}
	for state, n := range states {
		keys -= n
		if state.Status == ledger.Failed {
			st.Failures = append(st.Failures, report.CodeCount{Status: report.Failed, Code: codeOf(state), Count: n})
		}
	}
	slices.SortFunc(st.Failures, func(a, b report.CodeCount) int { return b.Count - a.Count })
	st.Gone = keys
	if st.Source.Pending > 0 && s.timed() {
		if err := s.gateWith(book); err != nil {
			return err
		}
		st.Forecast = s.foretell(st.Source.Pending, s.effective())
	}
	s.printStanding(&st)
	return nil
}

func codeOf(st ledger.State) string {
	if st.Code == "" {
		return fmt.Sprintf("status %d", st.HTTPStatus)
	}
	return st.Code
}

// account counts the rows of the source by what the ledger says of their keys,
// and adds the states of those that it knows.
func (s *session) account(ctx context.Context, book *ledger.Book, known map[ledger.State]int) (report.Equation, error) {
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return report.Equation{}, err
	}
	engine := sender.New(s.addPendingZones(sender.Config{
		Open: s.open, Key: s.renderer.Key, Keys: book, Workers: 1,
		Pick: func(st ledger.State) bool {
			if st.Status != ledger.Pending {
				known[st]++
			}
			return false
		},
	}))
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

func showCommand(p *program) *cobra.Command {
	s := &session{program: p}
	line := 0
	c := &cobra.Command{
		Use:   "show CAMPAIGN KEY",
		Short: "Say whether one person was written to, and what came of it",
		Long: `Show finds the outcomes of one key, or with --line of the row that started on
that line when it was sent, in the ledger.`,
		Example: "  herald show spring.yaml 6329f3a1\n  herald show spring.yaml --line 17",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			key := ""
			if len(args) == 2 {
				key = args[1]
			}
			if (key == "") == (line == 0) {
				return &usageError{err: errors.New("name one person, by key or with --line"), command: "herald show"}
			}
			return s.show(args[0], key, line)
		},
	}
	s.files.add(c.Flags())
	c.Flags().IntVar(&line, "line", 0, "the row that started on line `N` of the source")
	return c
}

// show prints every outcome of a key, or of a line, in the order they came.
func (s *session) show(path, key string, line int) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	found := 0
	for e, err := range book.Entries() {
		if err != nil {
			return err
		}
		if key != "" && e.Key != key || line != 0 && e.Line != line {
			continue
		}
		found++
		printEntry(s.out, e)
	}
	switch {
	case key != "" && book.Lookup(key).Status == ledger.Forgotten:
		fmt.Fprintf(s.out, "%s was forgotten: whether anything was sent is not known any more, and nothing will be\n", key)
		return nil
	case found > 0:
		return nil
	case key != "" && book.Lookup(key).Status == ledger.Claimed:
		fmt.Fprintf(s.out, "%s is in flight, or was when the last run died\n", key)
		return nil
	}
	return &refusal{code: exitCant, what: "the ledger has no outcome for " + who(key, line),
		hint: "nothing was sent from here to that key; keys are what the campaign's key (by default to.id) renders"}
}

func who(key string, line int) string {
	if key != "" {
		return key
	}
	return fmt.Sprintf("line %d", line)
}

func printEntry(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "%s, line %d: %s", e.Key, e.Line, e.Status)
	if e.Code != "" {
		fmt.Fprintf(w, " (%s)", e.Code)
	}
	fmt.Fprintf(w, " at %s\n", e.FinishedAt.Local().Format("15:04:05 on 2 January 2006"))
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-13s%s\n", name, value)
		}
	}
	line("message", e.MessageID)
	line("conversation", e.ConversationID)
	line("reason", e.ErrorMessage)
	line("request", e.RequestID)
	if e.Status == ledger.Sent {
		fmt.Fprintln(w, "  sent means accepted by Intercom, not delivered or read")
	}
}
