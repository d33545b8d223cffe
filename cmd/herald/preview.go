package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

func previewCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var o previewing
	c := &cobra.Command{
		Use:   "preview CAMPAIGN [WHO]",
		Short: "Look at rendered messages, as text, as JSON or in the browser",
		Long: `Preview renders the message of a row and prints it: the first row's, or that of
the row with the given line, key or field. WHO is a key, or what any field says.
It needs no token and sends nothing.

--longest, --shortest and --sparsest (most optional fields missing) find rows
whose messages are likely to look odd; --sample spreads rows over the source.
--open shows all of that on a page in the browser: messages as an email or in
the app, wide and narrow, light and dark, beside the fields of their row. It
follows the files as you save them. The page is for this machine alone, and
loads nothing from the network.`,
		Example: `  herald preview spring.yaml
  herald preview spring.yaml --open
  herald preview spring.yaml anna@example.com
  herald preview spring.yaml --line 17
  herald preview spring.yaml --key 6329f3a1 --json
  herald preview spring.yaml --field country=DE
  herald preview spring.yaml --sample 3 --longest`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				o.who = args[1]
			}
			if err := o.check(c.Flags()); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			return s.preview(c.Context(), args[0], o)
		},
	}
	s.files.addSource(c.Flags())
	o.add(c.Flags())
	return c
}

func (s *session) preview(ctx context.Context, path string, o previewing) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := s.load(path); err != nil {
		return err
	}
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.renderAs(o.variant); err != nil {
		return err
	}
	if o == (previewing{open: true, variant: o.variant}) {
		return s.openPage(ctx, path, 0)
	}
	rows, err := s.choose(ctx, o)
	if err != nil {
		return err
	}
	if o.open {
		return s.openPage(ctx, path, rows[0].Line)
	}
	if err := s.printRows(rows, o.asJSON); err != nil || o.asJSON {
		return err
	}
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
	_, err := s.out.Write(append(m.AppendJSON(nil), '\n'))
	return err
}

func (s *session) printMessage(row *source.Recipient, m *intercom.Message) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(s.out, "%-9s%s\n", name, fmt.Sprintf(format, args...))
	}
	key, err := s.renderer.Key(row)
	if err != nil {
		key = "(" + err.Error() + ")"
	}
	line("row", "%s:%d, key %s", s.sourceName, row.Line, key)
	if text, err := s.renderer.Variant(row, ""); err == nil && text != "" {
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
		line("type", "in-app: no push, shown at the contact's next visit; it can't be recalled")
	}
	if missing := s.view().Missing(row); len(missing) > 0 {
		line("missing", "%s", strings.Join(missing, ", "))
	}
	if m.Subject != "" {
		line("subject", "%s", m.Subject)
	}
	fmt.Fprintf(s.out, "\n%s\n", strings.TrimRight(m.Body, "\n"))
}
