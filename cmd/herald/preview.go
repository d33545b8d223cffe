package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

func previewCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var line int
	var key string
	var variant string
	var asJSON bool
	c := &cobra.Command{
		Use:   "preview CAMPAIGN",
		Short: "Look at a rendered message",
		Long: `Preview renders the message of one row and prints it: the first row's, or that of
the row with the given line or key. It needs no token and sends nothing.`,
		Example: "  herald preview spring.yaml\n  herald preview spring.yaml --line 17\n  herald preview spring.yaml --key 6329f3a1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if line != 0 && key != "" {
				return &usageError{err: errors.New("name one row, with --line or with --key"), command: c.CommandPath()}
			}
			defer s.close()
			return s.preview(c.Context(), args[0], line, key, variant, asJSON)
		},
	}
	s.files.addSource(c.Flags())
	c.Flags().IntVar(&line, "line", 0, "the row that starts on line `N` of the source")
	c.Flags().StringVar(&key, "key", "", "the row with this `key`")
	c.Flags().StringVar(&variant, "variant", "", "this `variant` of the message, whichever the row gets")
	c.Flags().BoolVar(&asJSON, "json", false, "print the request as it would go to the API")
	return c
}

func (s *session) preview(ctx context.Context, path string, line int, key, variant string, asJSON bool) error {
	if err := s.load(path); err != nil {
		return err
	}
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return err
	}
	row, err := s.find(line, key)
	if err != nil {
		return err
	}
	if err := s.renderAs(variant); err != nil {
		return err
	}
	m, err := s.renderer.Render(row)
	if err != nil {
		return &refusal{code: exitUsage, what: fmt.Sprintf("%s:%d: %v", s.sourceName, row.Line, err),
			hint: "correct the row or the template; look at another row with --line"}
	}
	if asJSON {
		return s.printRequest(m)
	}
	s.printMessage(row, m, variant)
	s.next("herald check " + shellQuote(path))
	return nil
}

// find returns the row with a line or a key, the first one without either.
func (s *session) find(line int, key string) (*source.Recipient, error) {
	rows, err := s.openSource()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	missed := &search{wanted: wanted{text: key, line: line}}
	for {
		row, err := rows.Next()
		var bad *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return nil, s.noSuchRow(missed)
		case errors.As(err, &bad):
			if bad.Line == line {
				return nil, &refusal{code: exitUsage, what: bad.Error(), hint: "correct the row"}
			}
			continue
		case err != nil:
			return nil, err
		}
		if line != 0 && row.Line != line {
			continue
		}
		if key != "" {
			if k, err := s.renderer.Key(row); err != nil || k != key {
				missed.consider(k)
				continue
			}
		}
		return row, nil
	}
}

// noSuchRow says which row is not there.
func (s *session) noSuchRow(missed *search) error {
	r := &refusal{code: exitUsage, what: s.sourceName + " has no rows", hint: "check that the list was exported whole"}
	switch near := missed.suggestion(); {
	case missed.line != 0:
		r.what = fmt.Sprintf("no row of %s begins in line %d", s.sourceName, missed.line)
		r.hint = "--line names the line a row starts on, the header being line 1"
	case near != "":
		r.what = fmt.Sprintf("%s has no row with the key %s", s.sourceName, missed.text)
		r.hint = "did you mean " + near + "?"
	case missed.text != "":
		r.what = fmt.Sprintf("%s has no row with the key %s", s.sourceName, missed.text)
		r.hint = "a key is what the campaign's key (by default to.id) renders; herald show finds people by any field"
	}
	return r
}

func (s *session) printRequest(m *intercom.Message) error {
	var v any
	if err := json.Unmarshal(m.AppendJSON(nil), &v); err != nil {
		return err
	}
	s.printJSON(v)
	return nil
}

func (s *session) printMessage(row *source.Recipient, m *intercom.Message, variant string) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(s.out, "%-9s%s\n", name, fmt.Sprintf(format, args...))
	}
	key, err := s.renderer.Key(row)
	if err != nil {
		key = "(" + err.Error() + ")"
	}
	line("row", "%s:%d, key %s", s.sourceName, row.Line, key)
	if own, err := s.renderer.Variant(row, ""); err == nil && variant+own != "" {
		text := cmp.Or(variant, own)
		if s.renderer.Held(row) {
			text += "; held back until a variant is chosen"
		}
		line("variant", "%s", text)
	}
	for _, to := range m.To {
		line("to", "%s %s", to.Type, to.ID)
	}
	if from, err := s.renderer.Sender(row); err == nil && from.Email != "" {
		line("from", "%s", from.Email)
	} else if err == nil {
		line("from", "admin %d", from.ID)
	}
	for _, copies := range []struct {
		name string
		list intercom.Recipients
	}{{"cc", m.CC}, {"bcc", m.BCC}} {
		for _, to := range copies.list {
			line(copies.name, "%s %s", to.Type, to.ID)
		}
	}
	if m.Type == intercom.Email {
		line("type", "email, template %s", m.Template)
	} else {
		line("type", "in-app: no push, shown at the contact's next visit")
	}
	if m.Subject != "" {
		line("subject", "%s", m.Subject)
	}
	fmt.Fprintf(s.out, "\n%s\n", m.Body)
}
