package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/preview"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A previewing is what `herald preview` was asked to show.
type previewing struct {
	line                        int
	key, field, who, variant    string
	sample                      int
	longest, shortest, sparsest bool
	asJSON, open                bool
}

func (o *previewing) add(f *pflag.FlagSet) {
	f.IntVar(&o.line, "line", 0, "the row that starts on line `N` of the source")
	f.StringVar(&o.key, "key", "", "the row with this `key`")
	f.StringVar(&o.field, "field", "", "the first row with this field, as `NAME=VALUE`")
	f.IntVar(&o.sample, "sample", 0, "`N` rows spread over the source, always the same ones")
	f.BoolVar(&o.longest, "longest", false, "the row with the longest message")
	f.BoolVar(&o.shortest, "shortest", false, "the row with the shortest message")
	f.BoolVar(&o.sparsest, "sparsest", false, "the row with most optional fields missing")
	f.StringVar(&o.variant, "variant", "", "this `variant` of the message, whichever the row gets")
	f.BoolVar(&o.asJSON, "json", false, "print requests byte by byte as they would go to the API, one a line")
	f.BoolVar(&o.open, "open", false, "show a page in the browser, until Ctrl-C")
}

// maxSample is the largest sample: each row of it is held in memory and printed.
const maxSample = 1000

// check says whether the flags make one sense.
func (o *previewing) check(f *pflag.FlagSet) error {
	rows := 0
	for _, given := range []bool{o.line != 0, o.key != "", o.field != "", o.who != ""} {
		if given {
			rows++
		}
	}
	picks := o.sample != 0 || o.longest || o.shortest || o.sparsest
	name, _, isField := strings.Cut(o.field, "=")
	switch {
	case rows > 1 || rows == 1 && picks:
		return errors.New("name one row, with --line, --key, --field or by WHO; or have rows picked, with --sample, --longest, --shortest or --sparsest")
	case o.field != "" && (!isField || strings.TrimSpace(name) == ""):
		return fmt.Errorf("--field: %q must be a name and a value, as in country=DE", o.field)
	case f.Changed("sample") && (o.sample < 1 || o.sample > maxSample):
		return fmt.Errorf("--sample: %d must be a whole number from 1 to %d", o.sample, maxSample)
	case o.open && o.asJSON:
		return errors.New("--open shows a page, and --json prints: choose one")
	}
	return nil
}

// A pick is a row to show.
type pick struct {
	*source.Recipient
	why string // why it was picked; empty if it was named
}

// choose finds the rows to show, at least one.
func (s *session) choose(ctx context.Context, o previewing) ([]pick, error) {
	if o.sample != 0 || o.longest || o.shortest || o.sparsest {
		return s.pickRows(ctx, o)
	}
	if o.field != "" || o.who != "" {
		row, err := s.findField(ctx, o)
		return []pick{{Recipient: row}}, err
	}
	row, err := s.find(o.line, o.key)
	if err == nil {
		err = ctx.Err()
	}
	return []pick{{Recipient: row}}, err
}

// findField returns the first row that has a field, or that WHO means.
func (s *session) findField(ctx context.Context, o previewing) (*source.Recipient, error) {
	q := preview.Query{Value: o.who}
	if name, value, ok := strings.Cut(o.field, "="); ok {
		q = preview.Query{Field: strings.TrimSpace(name), Value: value}
		if err := s.knowsField(q.Field); err != nil {
			return nil, err
		}
	}
	row, err := s.view().Find(ctx, q, 0)
	switch {
	case err != nil:
		return nil, err
	case row == nil && o.who != "":
		return nil, &refusal{code: exitUsage, what: fmt.Sprintf("no row of %s has the key or a field %q", s.sourceName, o.who),
			hint: "letter case and space around a field don't count, all else does"}
	case row == nil:
		return nil, &refusal{code: exitUsage, what: fmt.Sprintf("no row of %s has %s", s.sourceName, o.field),
			hint: "letter case and space around a field don't count, all else does"}
	}
	return row, nil
}

// knowsField refuses a column that the source does not have.
func (s *session) knowsField(name string) error {
	rows, err := s.openSource()
	if err != nil {
		return err
	}
	defer rows.Close()
	h := rows.Header()
	if h == nil {
		return nil
	}
	if _, ok := h.Index(name); ok {
		return nil
	}
	return &refusal{code: exitUsage, what: fmt.Sprintf("%s has no column %s", s.sourceName, name), hint: columnsOf(s.sourceName, h)}
}

// pickRows finds rows that are worth looking at.
func (s *session) pickRows(ctx context.Context, o previewing) ([]pick, error) {
	var picks []pick
	if o.longest || o.shortest || o.sparsest {
		found, err := s.view().Extremes(ctx)
		if err != nil {
			return nil, err
		}
		if found.Rendered == 0 {
			return nil, &refusal{code: exitUsage, what: fmt.Sprintf("no row of %s has a message that can be rendered", s.sourceName),
				hint: "see why: herald check " + shellQuote(s.campaign.File)}
		}
		for _, p := range []struct {
			wanted bool
			pick
		}{
			{o.longest, pick{found.Longest, "the longest message"}},
			{o.shortest, pick{found.Shortest, "the shortest message"}},
			{o.sparsest, pick{found.Sparsest, "most optional fields missing"}},
		} {
			if p.wanted {
				picks = append(picks, p.pick)
			}
		}
	}
	rows, err := preview.Sample(ctx, s.openSource, o.sample)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		picks = append(picks, pick{row, fmt.Sprintf("sample, %d of %d", i+1, len(rows))})
	}
	if len(picks) == 0 {
		return nil, &refusal{code: exitUsage, what: s.sourceName + " has no rows", hint: "check that the list was exported whole"}
	}
	return picks, nil
}

// view is what pkg/preview needs of the session.
func (s *session) view() *preview.View {
	e := s.newExaminer()
	e.showValues = true // the page shows the whole row
	return &preview.View{
		Campaign: s.campaign, Renderer: s.renderer, Source: s.sourceName, Open: s.openSource,
		Files: append(s.campaign.Files(), s.sourcePath), Problems: e.problems,
	}
}

// problems is what the check finds in a row and its message.
func (e *examiner) problems(row *source.Recipient, variant string, m *intercom.Message) []preview.Problem {
	if m == nil {
		return nil // what kept it from being rendered is told already
	}
	var all []preview.Problem
	l := e.linter.Variant(variant)
	for _, f := range append(l.Row(row, m), l.Fixed(1)...) {
		x := e.describe(f, nil)
		_, advice := kindWords(f.Kind, 1, 1)
		all = append(all, preview.Problem{Place: x.place(), Text: x.text() + "; " + advice, Warning: f.Severity == lint.Warning})
	}
	return all
}

// printRows prints messages, and refuses at the end if some can't be rendered.
func (s *session) printRows(rows []pick, asJSON bool) error {
	var refused *refusal
	for i, row := range rows {
		if !asJSON && row.why != "" {
			s.printWhy(i, row.why)
		}
		m, err := s.renderer.Render(row.Recipient)
		switch {
		case err != nil:
			refused = &refusal{code: exitUsage, what: fmt.Sprintf("%s:%d: %v", s.sourceName, row.Line, err),
				hint: "correct the row or the template; look at another row with --line"}
			if i < len(rows)-1 {
				s.sayError(refused)
				refused = &refusal{code: exitUsage, what: "not every message could be rendered", hint: "see above"}
			}
			continue
		case asJSON:
			err = s.printRequest(m)
		default:
			s.printMessage(row.Recipient, m)
		}
		if err != nil {
			return err
		}
	}
	if refused != nil {
		return refused
	}
	if asJSON {
		s.sayWithoutSender(rows[0].Recipient)
	}
	return nil
}

// printWhy separates messages and says why each of them is shown.
func (s *session) printWhy(i int, why string) {
	if i > 0 {
		fmt.Fprintln(s.out)
	}
	fmt.Fprintf(s.out, "--- %s ---\n", why)
}

// sayWithoutSender says what a request lacks as long as nobody asks the API.
func (s *session) sayWithoutSender(row *source.Recipient) {
	if from, err := s.renderer.Sender(row); err == nil && from.ID == 0 {
		s.say("from is left out: %s becomes the id of an admin when it is sent", from.Email)
	}
}
