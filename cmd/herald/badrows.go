package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A badRows is the file that check --bad writes: the bad rows as they stand in the
// source, with line and reasons in two columns at the end. It is made with the
// first row. A nil one takes nothing.
type badRows struct {
	*session
	path    string
	strict  bool // rows with warnings, too
	columns []string

	file *os.File
	out  *rowCopier
	rows int
	lost int // too long to be copied
}

// copyBadRows returns where bad rows go, nil if nobody wants them.
func (s *session) copyBadRows(o showing) (*badRows, error) {
	if o.bad == "" {
		return nil, nil
	}
	if _, err := os.Lstat(o.bad); err == nil {
		return nil, &refusal{code: exitUsage, what: o.bad + " exists already", hint: "choose another name for --bad; herald overwrites no file of yours"}
	}
	return &badRows{session: s, path: o.bad, strict: o.strict, columns: freeNames(s.layout.header, badColumns...)}, nil
}

// badColumns are added to the rows of the file.
var badColumns = []string{"herald_line", "herald_why"}

// freeNames returns names that a header, or a row of JSONL, does not have yet: the
// source may be such a file itself, corrected in part.
func freeNames(taken []byte, names ...string) []string {
	free := make([]string, len(names))
	for i, name := range names {
		free[i] = name
		for n := 2; bytes.Contains(taken, []byte(free[i])); n++ {
			free[i] = name + "_" + strconv.Itoa(n)
		}
	}
	return free
}

// add copies the row that was just read, if it is bad.
func (b *badRows) add(found []lint.Finding, rows *source.Reader) error {
	if b == nil {
		return nil
	}
	why := b.reasons(found)
	if why == "" {
		return nil
	}
	if rows.Raw() == nil {
		b.lost++
		return nil
	}
	if err := b.create(); err != nil {
		return err
	}
	b.rows++
	if b.layout.json && !isObject(rows.Raw()) {
		_, err := b.out.w.Write(append(bytes.TrimRight(rows.Raw(), "\r\n"), '\n'))
		return err
	}
	if b.layout.json {
		b.out.columns = freeNames(rows.Raw(), badColumns...)
	}
	return b.out.write(rows.Raw(), []string{strconv.Itoa(found[0].Line), why})
}

// isObject reports whether members can be added to a line of JSONL.
func isObject(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 2 && raw[0] == '{' && raw[len(raw)-1] == '}'
}

// reasons says why a row is bad, empty if it isn't.
func (b *badRows) reasons(found []lint.Finding) string {
	var why []string
	for _, f := range found {
		if f.Severity == lint.Error || b.strict {
			why = append(why, (&refusedRow{f}).Error())
		}
	}
	return strings.Join(why, "; ")
}

func (b *badRows) create() (err error) {
	if b.out != nil {
		return nil
	}
	if b.file, err = os.OpenFile(b.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	b.out = &rowCopier{w: bufio.NewWriter(b.file), layout: b.layout, columns: b.columns}
	return nil
}

// close ends the file, and says what is in it.
func (b *badRows) close(cause error) error {
	switch {
	case b == nil:
		return cause
	case b.out == nil:
		b.say("no bad row: %s was not written", b.path)
		return cause
	}
	if err := errors.Join(cause, b.out.flush(), b.file.Close()); err != nil {
		return err
	}
	b.say("%s copied to %s, with why in the column %s: correct them, then herald check %s --source %s",
		count(b.rows, "bad row"), b.path, b.columns[len(b.columns)-1], shellQuote(b.campaign.File), shellQuote(b.path))
	if b.lost > 0 {
		b.say("%s too long to be copied", count(b.lost, "row"))
	}
	return nil
}
