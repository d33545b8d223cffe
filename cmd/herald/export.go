package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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
	c := &cobra.Command{
		Use:   "export CAMPAIGN --status failed,...",
		Short: "Write source rows by outcome, with why: correct them, and send them again",
		Long: `Export copies the rows of the source whose last outcome has one of the given
statuses (sent, failed, unknown, skipped, pending), all columns as they are, and
adds herald_key, herald_line, herald_status and herald_why. A corrected copy can
be sent again with: herald retry CAMPAIGN --only failed --source COPY
Leave herald_key as it is: by it herald knows a row whose id was corrected.`,
		Example: "  herald export spring.yaml --status failed --out failed.csv",
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
func (s *session) copyRows(w io.Writer, book *ledger.Book, statuses []string, why map[string]string) (int, error) {
	out := &rowCopier{w: bufio.NewWriter(w), layout: s.layout}
	n := 0
	err := s.eachRow(func(key string, row *source.Recipient, raw []byte) error {
		status := book.Lookup(key).Status.String()
		if !slices.Contains(statuses, status) {
			return nil
		}
		n++
		return out.write(raw, []string{key, strconv.Itoa(row.Line), status, why[key]})
	})
	if err != nil {
		return n, err
	}
	return n, out.flush()
}

// A layout is how the rows of a source are written.
type layout struct {
	json      bool
	header    []byte // a CSV source's first line, as it is
	delimiter string
}

func layoutOf(r *source.Reader) layout {
	return layout{json: r.Header() == nil, header: bytes.Clone(r.HeaderRaw()), delimiter: r.Delimiter()}
}

// heraldColumns are added to the rows of an export.
var heraldColumns = []string{"herald_key", "herald_line", "herald_status", "herald_why"}

// A rowCopier copies rows as they stand in their source, order, quotes and all,
// with herald's columns at the end.
type rowCopier struct {
	w      *bufio.Writer
	layout layout
	begun  bool
}

func (c *rowCopier) write(raw []byte, added []string) error {
	if c.layout.json {
		return c.writeObject(raw, added)
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.writeRecord(raw, added)
}

// begin writes the header, once.
func (c *rowCopier) begin() error {
	if c.begun || c.layout.json {
		return nil
	}
	c.begun = true
	return c.writeRecord(c.layout.header, heraldColumns)
}

func (c *rowCopier) writeRecord(raw []byte, added []string) error {
	row := bytes.TrimRight(raw, "\r\n")
	end := raw[len(row):]
	if len(end) == 0 {
		end = []byte("\n")
	}
	_, _ = c.w.Write(row)
	for _, value := range added {
		_, _ = c.w.WriteString(c.layout.delimiter + c.quote(value))
	}
	_, err := c.w.Write(end) // a bufio.Writer keeps its first error
	return err
}

// quote quotes a value where CSV wants it.
func (c *rowCopier) quote(value string) string {
	if value == "" || !strings.ContainsAny(value, "\"\r\n"+c.layout.delimiter) && strings.TrimSpace(value) == value {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
}

// writeObject adds members to the end of a JSON object, and leaves the rest of
// its text as it is.
func (c *rowCopier) writeObject(raw []byte, added []string) error {
	row := bytes.TrimRight(raw, " \t\r\n")
	row, ok := bytes.CutSuffix(row, []byte("}"))
	if !ok {
		return errors.New("a row of the source is no JSON object")
	}
	_, _ = c.w.Write(row)
	for i, name := range heraldColumns {
		value, err := json.Marshal(added[i])
		if err != nil {
			return err
		}
		_, _ = c.w.WriteString(`,"` + name + `":`)
		_, _ = c.w.Write(value)
	}
	_, err := c.w.WriteString("}\n")
	return err
}

func (c *rowCopier) flush() error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.w.Flush()
}
