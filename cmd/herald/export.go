package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

func exportCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var statuses []string
	var out string
	var excel bool
	c := &cobra.Command{
		Use:   "export CAMPAIGN --status failed,...",
		Short: "Write source rows by outcome, with why: correct them, and send them again",
		Long: `Export copies the rows of the source whose last outcome has one of the given
statuses (sent, failed, unknown, skipped, pending), all columns as they are, and
adds herald_key, herald_line, herald_status and herald_why. A corrected copy can
be sent again with: herald retry CAMPAIGN --only failed --source COPY
Leave herald_key as it is: by it herald knows a row whose id was corrected.

--excel is for a spreadsheet: the file says that it is UTF-8, and in herald_why,
which repeats what an API said, what a spreadsheet would take for a formula gets
a ' before it. Columns of the source, keys and ids stay as they are, formulas or
not.`,
		Example: "  herald export spring.yaml --status failed --out failed.csv\n  herald export spring.yaml --status failed,unknown --excel --out look.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			known := []string{"sent", "failed", "unknown", "skipped", "pending"}
			for _, st := range statuses {
				if !slices.Contains(known, st) {
					return &usageError{err: fmt.Errorf("--status %s: must be one of %s", st, strings.Join(known, ", ")), command: c.CommandPath()}
				}
			}
			if len(statuses) == 0 {
				return &usageError{err: errors.New("--status is missing: say which rows, as in --status failed"), command: c.CommandPath()}
			}
			defer s.close()
			return s.export(c.Context(), args[0], exporting{statuses, out, excel})
		},
	}
	s.files.addReading(c.Flags())
	c.Flags().StringSliceVar(&statuses, "status", nil, "`which` rows: sent, failed, unknown, skipped, pending; several with commas")
	c.Flags().StringVar(&out, "out", "", "write to this new `file`, readable by you alone (default: standard output)")
	c.Flags().BoolVar(&excel, "excel", false, "make it fit for a spreadsheet: a UTF-8 mark, and no formulas in what herald adds")
	return c
}

// An exporting is what is exported, and how.
type exporting struct {
	statuses []string
	out      string // a new file; empty: standard output
	excel    bool
}

func (s *session) export(ctx context.Context, path string, o exporting) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return err
	}
	if o.excel && s.layout.json {
		return &usageError{err: fmt.Errorf("--excel is for tables, and %s has JSON", s.sourceName)}
	}
	why, err := reasons(book, o.statuses)
	if err != nil {
		return err
	}
	w := s.out
	if o.out != "" {
		f, err := os.OpenFile(o.out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			return &refusal{code: exitUsage, what: o.out + " exists already", hint: "choose another name for --out; herald overwrites no file of yours"}
		}
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	n, err := s.copyRows(w, book, o, why)
	if err != nil {
		return err
	}
	s.say("%s exported", count(n, "row"))
	if o.out != "" && slices.Contains(o.statuses, "failed") {
		s.next("herald retry " + shellQuote(path) + " --only failed --source " + shellQuote(o.out))
	}
	return nil
}

// reasons reads why each key has one of the statuses, but sent.
func reasons(book *ledger.Book, statuses []string) (map[string]string, error) {
	why := map[string]string{}
	for e, err := range book.Entries() {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(statuses, e.Status.String()) || e.Status == ledger.Sent {
			delete(why, e.Key)
			continue
		}
		text := e.Code
		if e.ErrorMessage != "" {
			text += ": " + e.ErrorMessage
		}
		why[e.Key] = text
	}
	return why, nil
}

// copyRows writes the rows whose key has one of the statuses.
func (s *session) copyRows(w io.Writer, book *ledger.Book, o exporting, why map[string]string) (int, error) {
	out := &rowCopier{w: bufio.NewWriter(w), layout: s.layout, columns: heraldColumns, marked: o.excel || s.encoded()}
	human := func(text string) string { return text }
	if o.excel {
		human = defuse
	}
	n := 0
	err := s.eachRow(func(key string, row *source.Recipient, raw []byte) error {
		status := book.Lookup(key).Status.String()
		if !slices.Contains(o.statuses, status) {
			return nil
		}
		n++
		return out.write(raw, []string{key, strconv.Itoa(row.Line), status, human(why[key])})
	})
	if err != nil {
		return n, err
	}
	return n, out.flush()
}
