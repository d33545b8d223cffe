package source

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// csvRecords cuts a stream into CSV records.
//
// It accepts what encoding/csv accepts without LazyQuotes, and FuzzCSV holds
// it to that. It is not encoding/csv because that can't go on where this must:
// after a quote that is never closed, which swallows the rest of the file
// there, and after a record of any length, which fills the memory; and because
// the exact bytes of each record are needed to export rows as they were.
type csvRecords struct {
	*records
	delimiter string
	columns   int // how many values a record is likely to have

	// The quoted record that is being cut:
	first  int    // how many bytes its first line has
	whole  []byte // all its lines, as far as they are known
	body   []byte // likewise, without the last line end
	at     int    // offset of what comes next
	text   []byte // the values so far, one after another
	starts []int  // where each value starts in the record
	ends   []int  // where each value ends in text
}

// next returns the values of the next record. It returns a *RowError for a
// record that was consumed but can't be used.
func (c *csvRecords) next() ([]string, error) {
	n, err := c.line(0, c.limit)
	if err == errTooLong {
		return nil, c.takeTooLong()
	}
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(c.peek(n), '"') >= 0 {
		return c.nextQuoted(n)
	}
	if err := c.take(n); err != nil {
		return nil, err
	}
	return c.split(string(trimLineEnd(c.raw))), nil
}

// split cuts a record without quotes.
func (c *csvRecords) split(record string) []string {
	values := make([]string, 0, c.columns)
	for {
		i := strings.Index(record, c.delimiter)
		if i < 0 {
			return append(values, record)
		}
		values = append(values, record[:i])
		record = record[i+len(c.delimiter):]
	}
}

// nextQuoted cuts a record whose first line, of n bytes, contains a quote. Of a
// record that can't be cut only that line is consumed: what was taken for text
// in quotes may be rows.
func (c *csvRecords) nextQuoted(n int) ([]string, error) {
	fault, err := c.cut(n)
	if err != nil {
		return nil, err
	}
	if fault != nil {
		if err := c.take(n); err != nil {
			return nil, err
		}
		bad := c.rowError(fault.offset, fault.kind, fault.reason)
		bad.Field = len(c.starts)
		return nil, bad
	}
	if err := c.take(len(c.whole)); err != nil {
		return nil, err
	}
	return c.values(), nil
}

// values returns what cut has found.
func (c *csvRecords) values() []string {
	text, start := string(c.text), 0
	values := make([]string, len(c.ends))
	for i, end := range c.ends {
		values[i], start = text[start:end], end
	}
	return values
}

// A csvFault is why a record can't be cut.
type csvFault struct {
	offset int // of the place, in the record
	kind   RowKind
	reason string
}

// cut cuts the record whose first line has n bytes, and finds out how many
// lines it has. The error is final, a fault is the record's own.
func (c *csvRecords) cut(n int) (*csvFault, error) {
	c.first, c.at = n, 0
	c.know(n)
	c.text, c.starts, c.ends = c.text[:0], c.starts[:0], c.ends[:0]
	for {
		c.starts = append(c.starts, c.at)
		fault, err := c.cutValue()
		if fault != nil || err != nil {
			return fault, err
		}
		c.ends = append(c.ends, len(c.text))
		if c.at == len(c.body) {
			return nil, nil
		}
		c.at += len(c.delimiter)
	}
}

// offsetOf returns where value i starts in the record that was taken last.
func (c *csvRecords) offsetOf(i int) int {
	if bytes.IndexByte(c.raw, '"') >= 0 {
		return c.starts[i]
	}
	offset := 0
	for range i {
		offset += bytes.Index(c.raw[offset:], []byte(c.delimiter)) + len(c.delimiter)
	}
	return offset
}

// know makes the first size bytes of the window those that are known of the
// record.
func (c *csvRecords) know(size int) {
	c.whole = c.peek(size)
	c.body = trimLineEnd(c.whole)
}

func (c *csvRecords) cutValue() (*csvFault, error) {
	if c.at < len(c.body) && c.body[c.at] == '"' {
		return c.cutQuoted()
	}
	return c.cutPlain(), nil
}

func (c *csvRecords) cutPlain() *csvFault {
	value := c.body[c.at:]
	if i := bytes.Index(value, []byte(c.delimiter)); i >= 0 {
		value = value[:i]
	}
	if i := bytes.IndexByte(value, '"'); i >= 0 {
		return &csvFault{c.at + i, StrayQuote, "a quote within a value that does not start with one"}
	}
	c.text = append(c.text, value...)
	c.at += len(value)
	return nil
}

// cutQuoted cuts a quoted value, over as many lines as it has.
func (c *csvRecords) cutQuoted() (*csvFault, error) {
	opened := c.at
	c.at++
	for {
		i := bytes.IndexByte(c.whole[c.at:], '"')
		if i < 0 {
			c.takeText(len(c.whole))
			if fault, err := c.extend(opened); fault != nil || err != nil {
				return fault, err
			}
			continue
		}
		c.takeText(c.at + i)
		c.at++
		switch after := c.body[c.at:]; {
		case len(after) > 0 && after[0] == '"':
			c.text = append(c.text, '"')
			c.at++
		case len(after) == 0, bytes.HasPrefix(after, []byte(c.delimiter)):
			return nil, nil
		default:
			return c.textAfterQuote(opened), nil
		}
	}
}

// takeText appends the quoted text up to an offset, a CRLF at its end as LF.
func (c *csvRecords) takeText(to int) {
	text := c.whole[c.at:to]
	c.at = to
	if line, found := bytes.CutSuffix(text, []byte("\r\n")); found {
		c.text = append(append(c.text, line...), '\n')
		return
	}
	c.text = append(c.text, text...)
}

// extend makes the record longer by the next line.
func (c *csvRecords) extend(opened int) (*csvFault, error) {
	size, err := c.line(len(c.whole), c.limit)
	if err != nil {
		size = len(c.whole)
	}
	c.know(size) // anew in any case: looking for the line's end moves the window
	switch err {
	case nil:
		return nil, nil
	case io.EOF:
		return &csvFault{opened, OpenQuote, "a quote is opened here and never closed"}, nil
	case errTooLong:
		return &csvFault{opened, OpenQuote, "a quote is opened here and not closed within " + sizeText(c.limit)}, nil
	}
	return nil, err
}

// textAfterQuote returns the fault of a closing quote that text follows. If
// it is on a later line, then most likely the opening quote is the stray one.
func (c *csvRecords) textAfterQuote(opened int) *csvFault {
	if c.at < c.first {
		return &csvFault{c.at, StrayQuote, "text after the closing quote of a value"}
	}
	line := c.records.nextLine + bytes.Count(c.peek(c.at), []byte{'\n'})
	return &csvFault{opened, OpenQuote, fmt.Sprintf("a quote is opened here and not closed before the next one, on line %d", line)}
}
