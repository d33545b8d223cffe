package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"

	"github.com/gocarina/gocsv"
)

// csvRows reads rows from CSV through gocsv, over a csv.Reader that it can ask
// for lines.
type csvRows struct {
	cells *csv.Reader
	rows  *gocsv.Unmarshaller
	limit *recordLimit
	line  int // of the last row
}

func newCSVRows(in *bufio.Reader, limit *recordLimit) (*csvRows, error) {
	start, _ := in.Peek(4 << 10) // whatever is wrong is found again by reading
	first, _, _ := bytes.Cut(start, []byte("\n"))
	c := &csvRows{cells: csv.NewReader(in), limit: limit, line: 1}
	c.cells.Comma = delimiter(first)
	limit.begin(1)
	rows, err := gocsv.NewUnmarshaller(c.cells, record{})
	var syntax *csv.ParseError
	if errors.As(err, &syntax) || err == nil && !usable(rows.Headers) {
		return nil, &FileError{Kind: NotResults, Got: printable(string(first), 80)}
	}
	c.rows = rows
	return c, err
}

// usable wants key and status, and none of our columns twice: nobody could tell
// which of the two is meant.
func usable(header []string) bool {
	times := make(map[string]int)
	for _, name := range header {
		times[name]++
	}
	for _, column := range Columns() {
		if times[column] > 1 {
			return false
		}
	}
	return times["key"] == 1 && times["status"] == 1
}

// delimiter is what the header has most of; names of columns contain none.
func delimiter(header []byte) rune {
	best := ','
	for _, d := range ";\t" {
		if bytes.Count(header, []byte(string(d))) > bytes.Count(header, []byte(string(best))) {
			best = d
		}
	}
	return best
}

func (c *csvRows) read() (Row, error) {
	for {
		c.limit.begin(c.line)
		value, err := c.rows.Read()
		if err != nil {
			return Row{}, c.explain(err)
		}
		c.line, _ = c.cells.FieldPos(0)
		cells, _ := value.(record)
		if cells == (record{}) {
			continue // spreadsheets leave rows of nothing but commas
		}
		row, err := cells.row()
		if bad, ok := err.(*RowError); ok {
			bad.Line = c.line
		}
		return row, err
	}
}

// explain turns what is wrong with one record into a *RowError.
func (c *csvRows) explain(err error) error {
	var syntax *csv.ParseError
	if !errors.As(err, &syntax) {
		return err
	}
	c.line = syntax.Line
	bad := &RowError{Line: syntax.StartLine}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		bad.Reason = fmt.Sprintf("the row does not have the %d cells of the header", c.cells.FieldsPerRecord)
	case syntax.Line > syntax.StartLine:
		bad.Reason = fmt.Sprintf("quotes don't match; everything up to line %d is part of this row", syntax.Line)
	default:
		bad.Reason = "quotes don't match"
	}
	return bad
}
