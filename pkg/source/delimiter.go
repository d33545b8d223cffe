package source

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// sniffed are the delimiters that are looked for, the commonest first.
const sniffed = ",;\t"

// sniffRows is how many rows are cut to find the delimiter.
const sniffRows = 50

// isDelimiter reports whether a character can stand between values.
func isDelimiter(r rune) bool {
	return r != 0 && r != '"' && r != '\r' && r != '\n' && r != utf8.RuneError && utf8.ValidRune(r)
}

// takeSeparatorLine consumes the first line if it is Excel's sep=; and returns
// the delimiter it says.
func (c *csvRows) takeSeparatorLine() (rune, error) {
	const longest = len("\"sep=\U00010000\"\r\n")
	n, err := c.line(0, longest)
	if err != nil {
		return 0, nil // whatever it is, the header will meet it again
	}
	line := bytes.Trim(trimLineEnd(c.peek(n)), `"`)
	if len(line) < 5 || !bytes.EqualFold(line[:4], []byte("sep=")) || utf8.RuneCount(line[4:]) != 1 {
		return 0, nil
	}
	delimiter, _ := utf8.DecodeRune(line[4:])
	if err := c.take(n); err != nil {
		return 0, err
	}
	c.headerRaw = bytes.Clone(c.raw)
	return delimiter, nil
}

// sniff returns the delimiter that cuts the header into several columns and
// most rows into as many; a comma if none does.
func sniff(sample []byte, limit int) rune {
	best, most, widest := ',', -1, 1
	for _, delimiter := range sniffed {
		width, same := trial(sample, limit, delimiter)
		if width > 1 && (same > most || same == most && width > widest) {
			best, most, widest = delimiter, same, width
		}
	}
	return best
}

// trial returns how many columns the first row of a sample has with a
// delimiter, and how many of the next rows have as many.
func trial(sample []byte, limit int, delimiter rune) (width, same int) {
	r := newRecords(newWindow(bytes.NewReader(sample)), "", limit)
	c := &csvRecords{records: r, delimiter: string(delimiter)}
	for range sniffRows {
		values, err := c.next()
		var bad *RowError
		switch {
		case err != nil && !errors.As(err, &bad):
			return width, same
		case err != nil, isBlank(values):
		case width == 0:
			width = len(values)
		case len(values) == width:
			same++
		}
	}
	return width, same
}

// checkDelimiter refuses a header that is one column but seems to be several.
func (c *csvRows) checkDelimiter(names []string) error {
	if len(names) > 1 || bytes.HasPrefix(c.whole, []byte{'"'}) {
		return nil
	}
	for _, other := range sniffed + "|" {
		if i := strings.IndexRune(names[0], other); i >= 0 {
			err := c.fault(i, WrongDelimiter, fmt.Sprintf("the header is one column but contains %q; the delimiter here is %q", string(other), c.delimiter))
			err.Delimiter = other
			return err
		}
	}
	return nil
}
