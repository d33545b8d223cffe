package source

import (
	"fmt"
	"strings"
)

// csvRows reads the recipients of a CSV source.
type csvRows struct {
	*csvRecords
	header    *Header
	width     int    // columns the header has, those without a name at its end included
	headerRaw []byte // the lines up to and including the header
	blank     int    // lines before the header that were passed over
}

// newCSVRows reads the header. A delimiter of 0 is found out.
func newCSVRows(r *records, delimiter rune) (*csvRows, error) {
	c := &csvRows{csvRecords: &csvRecords{records: r}}
	said, err := c.takeSeparatorLine()
	if err != nil {
		return nil, err
	}
	if delimiter == 0 {
		delimiter = said
	}
	if delimiter == 0 {
		delimiter = sniff(r.sample(), r.limit)
	}
	if !isDelimiter(delimiter) {
		return nil, &Error{File: r.file, Kind: WrongDelimiter, Reason: fmt.Sprintf("%q can't be a delimiter", delimiter)}
	}
	c.delimiter = string(delimiter)
	return c, c.readHeader()
}

// next returns the next recipient, nil for a row without any value. It returns
// a *RowError for a row that was consumed but can't be used.
func (c *csvRows) next() (*Recipient, error) {
	values, err := c.csvRecords.next()
	if err != nil || isBlank(values) {
		return nil, err
	}
	n := c.header.Len()
	if len(values) != n {
		if err := c.checkWidth(values); err != nil {
			return nil, err
		}
		values = values[:n]
	}
	return NewRecipient(c.header, c.startLine, values), nil
}

// isBlank reports whether a row has no value but white space.
func isBlank(values []string) bool {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return false
		}
	}
	return true
}

// checkWidth refuses a row that lacks columns, or has values in columns that
// have no name.
func (c *csvRows) checkWidth(values []string) error {
	n := c.header.Len()
	reason := fmt.Sprintf("%s, the header has %d", columnsText(len(values)), n)
	switch {
	case len(values) < n:
		return c.ragged(len(trimLineEnd(c.raw)), len(values)+1, reason)
	case len(values) > c.width:
		return c.ragged(c.offsetOf(c.width), c.width+1, reason)
	}
	for i := n; i < len(values); i++ {
		if strings.TrimSpace(values[i]) != "" {
			return c.ragged(c.offsetOf(i), i+1, fmt.Sprintf("a value in column %d, which has no name in the header", i+1))
		}
	}
	return nil
}

func (c *csvRows) ragged(offset, field int, reason string) *RowError {
	err := c.rowError(offset, Ragged, reason)
	err.Field = field
	return err
}

func columnsText(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}
