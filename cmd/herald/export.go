package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

func exportCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var statuses []string
	var out string
	c := &cobra.Command{
		Use:   "export CAMPAIGN --status failed,...",
		Short: "Write source rows by outcome, with why: correct them, and send them again",
		Long: `Export copies the rows of the source whose last outcome has one of the given
statuses (sent, failed, unknown, skipped, pending), all columns as they are, and
adds herald_key, herald_line, herald_status and herald_why. A corrected copy can
be sent again with: herald retry CAMPAIGN --only failed --source COPY`,
		Example: "  herald export spring.yaml --status failed --out failed.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			known := []string{"sent", "failed", "unknown", "skipped", "pending"}
			for _, st := range statuses {
				if !slices.Contains(known, st) {
					return &usageError{err: fmt.Errorf("--status %s: must be one of %v", st, known), command: c.CommandPath()}
				}
			}
			if len(statuses) == 0 {
				return &usageError{err: errors.New("--status is missing: say which rows, as in --status failed"), command: c.CommandPath()}
			}
			defer s.close()
			return s.export(c.Context(), args[0], statuses, out)
		},
	}
	s.files.add(c.Flags())
	c.Flags().StringSliceVar(&statuses, "status", nil, "`which` rows: sent, failed, unknown, skipped, pending; several with commas")
	c.Flags().StringVar(&out, "out", "", "write to this new `file`, readable by you alone (default: standard output)")
	return c
}

func (s *session) export(ctx context.Context, path string, statuses []string, out string) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return err
	}
	why, err := reasons(book, statuses)
	if err != nil {
		return err
	}
	w := s.out
	if out != "" {
		f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			return &refusal{code: exitUsage, what: out + " exists already", hint: "choose another name for --out; herald overwrites no file of yours"}
		}
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	n, err := s.copyRows(w, book, statuses, why)
	if err != nil {
		return err
	}
	s.say("%s exported", count(n, "row"))
	if out != "" && slices.Contains(statuses, "failed") {
		s.next("herald retry " + shellQuote(path) + " --only failed --source " + shellQuote(out))
	}
	return nil
}

// A reason is why a key has its status, and the line it was sent from.
type reason struct {
	line int
	why  string
}

// reasons reads the last outcome of each key with one of the statuses.
func reasons(book *ledger.Book, statuses []string) (map[string]reason, error) {
	why := map[string]reason{}
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
		why[e.Key] = reason{line: e.Line, why: text}
	}
	return why, nil
}

// copyRows writes the rows whose key has one of the statuses.
func (s *session) copyRows(w io.Writer, book *ledger.Book, statuses []string, why map[string]reason) (int, error) {
	rows, err := s.openSource()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	out := newRowCopier(w, rows.Header())
	n := 0
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return n, out.flush()
		}
		if errors.As(err, new(*source.RowError)) {
			continue // has no key, so no outcome
		}
		if err != nil {
			return n, err
		}
		key, err := s.renderer.Key(row)
		if err != nil {
			continue
		}
		status := book.Lookup(key).Status.String()
		if !slices.Contains(statuses, status) {
			continue
		}
		r := why[key]
		if err := out.write(row, rows.Raw(), key, status, r.why); err != nil {
			return n, err
		}
		n++
	}
}

// A rowCopier writes rows in the format of their source, with herald's columns
// at the end.
type rowCopier struct {
	header  *source.Header
	csv     *csv.Writer
	w       io.Writer
	started bool
}

func newRowCopier(w io.Writer, h *source.Header) *rowCopier {
	return &rowCopier{header: h, csv: csv.NewWriter(w), w: w}
}

var heraldColumns = []string{"herald_key", "herald_line", "herald_status", "herald_why"}

func (c *rowCopier) write(row *source.Recipient, raw []byte, key, status, why string) error {
	added := []string{key, strconv.Itoa(row.Line), status, why}
	if c.header == nil {
		return c.writeObject(raw, added)
	}
	if err := c.writeHeader(); err != nil {
		return err
	}
	record := make([]string, 0, c.header.Len()+len(added))
	for i := range c.header.Len() {
		record = append(record, row.At(i))
	}
	return c.csv.Write(append(record, added...))
}

func (c *rowCopier) writeHeader() error {
	if c.started {
		return nil
	}
	c.started = true
	return c.csv.Write(append(c.header.Names(), heraldColumns...))
}

// writeObject adds members to the end of a JSON object, and leaves the rest of
// its text as it is.
func (c *rowCopier) writeObject(raw []byte, added []string) error {
	end := len(raw)
	for end > 0 && raw[end-1] != '}' {
		end--
	}
	if end == 0 {
		return errors.New("a row of the source is no JSON object")
	}
	out := append([]byte(nil), raw[:end-1]...)
	for i, name := range heraldColumns {
		value, err := json.Marshal(added[i])
		if err != nil {
			return err
		}
		out = append(append(append(out, `,"`+name+`":`...), value...), ' ')
	}
	_, err := c.w.Write(append(out[:len(out)-1], "}\n"...))
	return err
}

func (c *rowCopier) flush() error {
	if c.header == nil {
		return nil
	}
	if err := c.writeHeader(); err != nil {
		return err
	}
	c.csv.Flush()
	return c.csv.Error()
}
