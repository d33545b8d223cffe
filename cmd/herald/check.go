package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

func checkCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var online bool
	var planFile string
	c := &cobra.Command{
		Use:   "check CAMPAIGN",
		Short: "Read, render and check every row; send nothing",
		Long: `Check reads the campaign and the whole source, renders the message of every row
that is still to be sent, and says what is wrong and where. It sends nothing.
With a token it also checks the token, the sender and the workspace; --online
insists on that.`,
		Example: "  herald check spring.yaml\n  herald check spring.yaml --source corrected.csv\n  herald check spring.yaml --write-plan spring.plan    # then: herald send spring.yaml --plan spring.plan",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			defer s.close()
			return checkOnly(c.Context(), s, args[0], online || planFile != "", planFile)
		},
	}
	s.files.addReading(c.Flags())
	s.api.add(c.Flags())
	s.run.addOutput(c.Flags())
	s.run.addExpectations(c.Flags())
	s.run.addHeldWith(c.Flags())
	c.Flags().StringVar(&planFile, "write-plan", "", "freeze what would be sent, to whom and from whom, in this new `file`, for send --plan")
	c.Flags().BoolVar(&online, "online", false, "insist on checking token, sender and workspace too")
	return c
}

// checkOnly is the check as a command of its own.
func checkOnly(ctx context.Context, s *session, path string, online bool, planFile string) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := s.load(path); err != nil {
		return err
	}
	_, tokenErr := s.token(ctx)
	switch {
	case tokenErr == nil:
		if err := s.connect(ctx); err != nil {
			return err
		}
	case online:
		return tokenErr
	}
	s.offline = s.client == nil
	if err := s.bind(ctx); err != nil {
		return err
	}
	if s.client != nil {
		if err := s.resolveSender(ctx); err != nil {
			return err
		}
	}
	if err := s.loadBook(); err != nil {
		return err
	}
	s.pick = pending
	v, err := s.check(ctx)
	if err != nil {
		return err
	}
	if s.timed() && v.Ready > 0 && v.bad == 0 {
		v.Forecast = s.foretell(v.Ready, s.effective())
	}
	s.printSurvey(v)
	if s.client != nil {
		s.say("workspace %s (%s, %s), from %s", s.me.App.Name, s.me.App.Region, s.me.App.ID, s.senderName())
	}
	if s.client == nil {
		s.say("not checked, for want of a token: the token itself, the sender, the workspace")
	}
	if v.bad > 0 {
		return s.refuseRows(v)
	}
	if err := s.meetExpectations(v); err != nil {
		return err
	}
	if planFile != "" {
		if err := s.newPlan(v).write(planFile); err != nil {
			return err
		}
		s.say("%s written: %s of %s to be sent", planFile, report.Number(v.Ready), count(v.Rows.Rows, "row"))
		s.next("herald send " + shellQuote(path) + " --plan " + shellQuote(planFile))
		return nil
	}
	s.next("herald send " + shellQuote(path))
	return nil
}

// loadBook reads the ledger, if there is one, without taking it.
func (s *session) loadBook() error {
	b, err := ledger.Load(s.ledgerPath(), nil)
	if errors.Is(err, ledger.ErrMissing) {
		s.book = ledger.NewBook()
		return s.gateWith(nil)
	}
	if err != nil {
		return s.ledgerError(err)
	}
	s.book = b
	return s.gateWith(b)
}

// A survey is what a check found.
type survey struct {
	Rows       report.Equation `json:"rows"`
	Ready      int             `json:"ready"` // rows that would be sent
	Duplicates int             `json:"duplicates"`
	Blank      int             `json:"blank"`
	unknown    int             // of those: picked, and perhaps sent before
	unchanged  int             // of those: as they were when they failed
	whole      int             // Ready as it would be without --limit
	Held       int             `json:"held,omitzero"`      // pending rows that wait for a variant to be chosen
	Variants   map[string]int  `json:"variants,omitempty"` // of Ready, without --limit; nil: there are none
	bad        int
	digest     string         // of the source
	strays     string         // about rows without a time zone of their own; may be empty
	Forecast   string         `json:"forecast,omitempty"` // of a campaign that is bound to times
	Problems   []*problemKind `json:"problems"`
}

// A problemKind is the rows that can't be sent for one kind of reason.
type problemKind struct {
	Kind   string   `json:"kind"`
	Count  int      `json:"count"`
	Sample []string `json:"sample"` // the first ones of the source
	lines  []int    // of Sample
}

// samples is how many rows of a kind are named.
const samples = 5

// addProblem counts a row that can't be sent. Workers find rows in any order.
func (v *survey) addProblem(line int, kind, text string) {
	i := slices.IndexFunc(v.Problems, func(k *problemKind) bool { return k.Kind == kind })
	if i < 0 {
		i = len(v.Problems)
		v.Problems = append(v.Problems, &problemKind{Kind: kind})
	}
	k := v.Problems[i]
	k.Count++
	at, _ := slices.BinarySearch(k.lines, line)
	k.lines = slices.Insert(k.lines, at, line)
	k.Sample = slices.Insert(k.Sample, at, text)
	if len(k.lines) > samples {
		k.lines, k.Sample = k.lines[:samples], k.Sample[:samples]
	}
}

// sortProblems puts kinds in the order in which the source meets them.
func (v *survey) sortProblems() {
	slices.SortFunc(v.Problems, func(a, b *problemKind) int { return cmp.Compare(a.lines[0], b.lines[0]) })
}

// check reads and renders every row that is to be sent. A source without any
// row is refused: it is the trace of an export that went wrong.
func (s *session) check(ctx context.Context) (*survey, error) {
	v := &survey{Problems: []*problemKind{}}
	var mu sync.Mutex
	var rows sender.Source
	engine := sender.New(v.countVariants(s.addVariants(s.addZones(sender.Config{
		Open: func() (_ sender.Source, err error) {
			rows, err = s.open()
			return rows, err
		},
		Key: s.renderer.Key, Render: s.renderer.Render, Keys: s.book,
		Pick: func(st ledger.State) bool {
			picked := s.pick(st)
			if picked && st.Status == ledger.Unknown {
				v.unknown++ // the sift is one goroutine
			}
			return picked
		},
		Former: s.former,
		Hold: func(row *source.Recipient, picked ledger.State) bool {
			if s.unchanged != nil && s.unchanged(row, picked) {
				v.unchanged++
			}
			return s.hold != nil && s.hold(row, picked)
		},
		Workers: max(1, min(s.campaign.Workers, checkWorkers)),
		Observe: func(row report.Row, _ ledger.State) {
			if row.Code == sender.Duplicate {
				mu.Lock()
				v.Duplicates++
				mu.Unlock()
			}
		},
		Bad: func(line int, err error) {
			mu.Lock()
			defer mu.Unlock()
			kind, text := s.describe(line, err)
			v.addProblem(line, kind, text)
		},
	}))))
	d := s.display(s.run.progress, 0, func() int { return engine.Progress().Rows },
		func() string { return "checking " + report.Number(engine.Progress().Rows) + " rows" })
	err := engine.Check(ctx)
	d.close()
	if err != nil {
		return nil, err
	}
	v.sortProblems()
	p := engine.Progress()
	v.Rows, v.Ready, v.whole, v.bad, v.Held = p.Equation, p.Ready, p.Ready, p.Bad, p.Held
	if s.run.limit > 0 {
		v.Ready = min(v.Ready, s.run.limit)
	}
	v.digest = digestOf(rows)
	v.strays = s.strayWords()
	if r, ok := rows.(interface{ Blank() int }); ok {
		v.Blank = r.Blank()
	}
	if p.Rows == 0 && !s.run.allowEmpty {
		return nil, &refusal{code: exitUsage, what: s.sourceName + " has column names and no rows",
			hint: "check that the list was exported whole, and that source: or --source names the right file; --allow-empty takes it for an empty list"}
	}
	return v, nil
}

// checkWorkers is enough to keep the cores of a small machine busy.
const checkWorkers = 8

// describe returns the kind of a row's problem, and a line about it that names
// its place in the source.
func (s *session) describe(line int, err error) (kind, text string) {
	var row *source.RowError
	var render *campaign.RenderError
	switch {
	case errors.As(err, &row):
		return string(row.Kind), row.Error()
	case errors.As(err, &render):
		kind = string(render.Kind)
	default:
		kind = "other"
	}
	return kind, fmt.Sprintf("%s:%d: %v", s.sourceName, line, err)
}

func (s *session) printSurvey(v *survey) {
	if s.run.json {
		s.printJSON(v)
		return
	}
	fmt.Fprintf(s.out, "%s of %s: %s to be sent", count(v.Rows.Rows, "row"), s.sourceName, report.Number(v.Ready))
	if settled := v.Rows.Sent + v.Rows.Failed + v.Rows.Unknown; settled > 0 {
		fmt.Fprintf(s.out, ", %s settled by earlier runs", report.Number(settled))
	}
	if v.Duplicates > 0 {
		fmt.Fprintf(s.out, ", %s skipped", count(v.Duplicates, "duplicate"))
	}
	if v.Blank > 0 {
		fmt.Fprintf(s.out, ", %s passed over", count(v.Blank, "empty line"))
	}
	if v.bad > 0 {
		fmt.Fprintf(s.out, ", %s that can't be sent", report.Number(v.bad))
	}
	fmt.Fprintln(s.out)
	if v.Variants != nil {
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
	for _, k := range v.Problems {
		fmt.Fprintf(s.out, "\n%s: %s\n", rowProblem(k.Kind), count(k.Count, "row"))
		for _, text := range k.Sample {
			fmt.Fprintf(s.out, "  %s\n", text)
		}
		if more := k.Count - len(k.Sample); more > 0 {
			fmt.Fprintf(s.out, "  and %s more\n", report.Number(more))
		}
	}
}

// refuseRows is the refusal to send a source with rows that can't be sent.
func (s *session) refuseRows(v *survey) error {
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s of %s can't be sent; nothing was sent", count(v.bad, "row"), s.sourceName),
		hint: "correct the rows named above; or send the others with --skip-bad-rows"}
}
