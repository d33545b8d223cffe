package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

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
	w       *bufio.Writer
	layout  layout
	columns []string // that are added
	marked  bool     // it begins with the mark of UTF-8
	begun   bool
}

// defuse puts a ' before a text that a spreadsheet would run as a formula.
func defuse(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// encoded reports whether the source is said to be in another encoding than
// UTF-8, in which exports are: by its mark a corrected one is known.
func (s *session) encoded() bool {
	e := strings.ToLower(strings.TrimSpace(s.campaign.Source.Encoding))
	return e != "" && e != "utf-8" && e != "utf8"
}

func (c *rowCopier) write(raw []byte, added []string) error {
	if err := c.begin(); err != nil {
		return err
	}
	if c.layout.json {
		return c.writeObject(raw, added)
	}
	return c.writeRecord(raw, added)
}

// begin writes what comes before the rows, once.
func (c *rowCopier) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	if c.marked {
		_, _ = c.w.WriteString(utf8Mark)
	}
	if c.layout.json {
		return nil
	}
	return c.writeRecord(c.layout.header, c.columns)
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
	for i, name := range c.columns {
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
