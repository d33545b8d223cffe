package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// loneCR is the reason for LineEnds.
const loneCR = "lines end in CR alone, as on a very old Mac"

// readHeader consumes the first row that isn't blank.
func (c *csvRows) readHeader() error {
	for {
		names, err := c.peekHeader()
		if err != nil {
			return err
		}
		if !isBlank(names) {
			if err := c.setHeader(names); err != nil {
				return err
			}
			err := c.take(len(c.whole))
			c.headerRaw = append(c.headerRaw, c.raw...)
			return err
		}
		if err := c.take(len(c.whole)); err != nil {
			return err
		}
		c.blank++
	}
}

// peekHeader cuts the next row, which may be the header, without consuming it.
func (c *csvRows) peekHeader() ([]string, error) {
	n, err := c.line(0, c.limit)
	switch {
	case err == io.EOF:
		return nil, &Error{File: c.file, Kind: Empty, Reason: "is empty: not even a header"}
	case err == errTooLong && hasLoneCR(c.rest()):
		return nil, c.fault(0, LineEnds, loneCR)
	case err == errTooLong:
		return nil, c.fault(0, BadHeader, "the header is longer than "+sizeText(c.limit))
	case err != nil:
		return nil, err
	}
	fault, err := c.cut(n)
	if err != nil {
		return nil, err
	}
	if err := c.checkText(c.whole); err != nil {
		return nil, err
	}
	if hasLoneCR(c.body) {
		return nil, c.fault(0, LineEnds, loneCR)
	}
	if fault != nil {
		return nil, c.fault(fault.offset, BadHeader, "in the header: "+fault.reason)
	}
	return c.values(), nil
}

// hasLoneCR reports whether text has a CR that is neither part of a CRLF nor
// at its end.
func hasLoneCR(text []byte) bool {
	text = bytes.TrimRight(text, "\r\n")
	return bytes.Count(text, []byte{'\r'}) > bytes.Count(text, []byte("\r\n"))
}

// setHeader makes a header of the row that was cut last.
func (c *csvRows) setHeader(names []string) error {
	if err := c.checkDelimiter(names); err != nil {
		return err
	}
	c.width = len(names)
	for len(names) > 1 && strings.TrimSpace(names[len(names)-1]) == "" {
		names = names[:len(names)-1]
	}
	header, err := NewHeader(names)
	var bad *HeaderError
	if errors.As(err, &bad) {
		return c.fault(c.starts[bad.Column-1], BadHeader, "in the header: "+bad.Error())
	}
	c.header, c.columns = header, c.width
	return err
}
