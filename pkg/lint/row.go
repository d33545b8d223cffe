package lint

import (
	"strings"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Row returns what is wrong with a row and the message that was made of it: nil,
// in the usual case. The message of a variant is for that variant's linter.
func (l *Linter) Row(row *source.Recipient, m *intercom.Message) []Finding {
	j := judge{linter: l, row: row}
	for i := range l.columns {
		if c := &l.columns[i]; c.id || c.key || c.text || c.address {
			j.column(c)
		}
	}
	j.subject(m)
	j.body(m)
	return j.found
}

// A judge collects what is wrong with one row.
type judge struct {
	linter *Linter
	row    *source.Recipient
	found  []Finding
}

func (j *judge) add(k Kind, field, value, reason string) {
	j.found = append(j.found, finding(k, j.row.Line, field, value, reason))
}

// column judges one value.
func (j *judge) column(c *column) {
	value, ok := c.value(j.row)
	if !ok {
		return
	}
	found := scan(value)
	trimmed := value
	if found&(hasBlank|hasBreak|hasControl|hasHigh) != 0 || value == "" {
		if trimmed = strings.TrimSpace(value); trimmed == "" {
			if c.bare {
				j.add(EmptyField, c.name, value, "is empty, and the template makes no provision for that")
			}
			return
		}
	}
	if found&hasHash != 0 && isSpreadsheetError(trimmed) {
		j.add(SpreadsheetError, c.name, value, "is the error of a spreadsheet, not a value")
		return
	}
	if (c.id || c.key) && !j.id(c, value, trimmed, found) {
		return
	}
	if c.address && !isAddress(trimmed) {
		j.add(BadEmail, c.name, value, "can't be an email address")
	}
	if c.text {
		j.text(c, value, trimmed, found)
	}
}

// notInIDs are the characters that no id of a contact has.
const notInIDs = hasBlank | hasBreak | hasControl | hasAt | hasOdd | hasHigh

// id judges a value that is an id or part of a key, and reports whether it is
// one.
func (j *judge) id(c *column, value, trimmed string, found uint16) bool {
	k, reason := BadID, ""
	switch {
	case found&hasDigit != 0 && isNumberNotation(trimmed):
		k, reason = IDAsNumber, "is a number in a spreadsheet's notation: the id's digits are lost"
	case found&hasDigit != 0 && isFloat(trimmed):
		k, reason = IDAsNumber, "is a number with decimals: the id was taken for one"
	case isNullText(trimmed):
		reason = "is how a program writes that there is no value"
	case !c.id || found&notInIDs == 0 || scan(trimmed)&notInIDs == 0:
		return true
	case isAddress(trimmed):
		reason = "is an email address, not an id"
	default:
		reason = "has characters that no id has"
	}
	j.add(k, c.name, value, reason)
	return false
}

// text judges a value that is printed in a message.
func (j *judge) text(c *column, value, trimmed string, found uint16) {
	if found&hasDigit != 0 && isNumberNotation(trimmed) {
		j.add(DamagedNumber, c.name, value, "is a number in a spreadsheet's notation")
	}
	if isNullText(trimmed) {
		j.add(NullText, c.name, value, "is how a program writes that there is no value")
	}
	if found&hasMark != 0 {
		if start, _ := placeholder(value); start >= 0 {
			j.add(Placeholder, c.name, value, "has a placeholder that was never filled in")
		}
	}
	if found&hasTodo != 0 || len(value) >= len("lorem ipsum") {
		if start, _ := filler(value); start >= 0 {
			j.add(Filler, c.name, value, "has a text that was to be replaced")
		}
	}
	if found&hasControl != 0 || found&hasBreak != 0 && c.subject {
		if start, _ := control(value, c.subject); start >= 0 {
			j.add(ControlCharacters, c.name, value, controlReason(value[start]))
		}
	}
	if found&hasHigh != 0 {
		j.highText(c, value)
	}
	if found&hasColon != 0 {
		j.links(c, value)
	}
}

// highText judges what is not ASCII.
func (j *judge) highText(c *column, value string) {
	if start, _ := mojibake(value); start >= 0 {
		j.add(Mojibake, c.name, value, "was read in the wrong encoding")
	}
	if start, _ := bidi(value); start >= 0 {
		j.add(Bidi, c.name, value, "has a character that changes the order of others")
	}
}

// links judges the links in a value; one finding of a kind is enough.
func (j *judge) links(c *column, value string) {
	var last Kind
	for start, end := nextLink(value, 0); start >= 0; start, end = nextLink(value, end) {
		k, reason := judgeLink(value[start:end])
		if k != "" && k != last {
			j.add(k, c.name, value, "the link "+reason)
		}
		last = k
	}
}

func controlReason(c byte) string {
	switch c {
	case '\n', '\r':
		return "has a line break, and a subject is one line"
	case '\t':
		return "has a tab"
	}
	return "has a control character"
}

// The greatest lengths that are no cause for a warning.
const (
	longSubject = 150     // characters: inboxes show about half of that, telephones a third
	longBody    = 100_000 // bytes: Gmail clips an email at about 102 KB, its headers included
)

func (j *judge) subject(m *intercom.Message) {
	l := j.linter
	if m.Type != intercom.Email || !l.subject.varies {
		return
	}
	if len(m.Subject) > longSubject && utf8.RuneCountInString(m.Subject) > longSubject {
		field, value := j.longest(l.wordings[0].subject)
		j.add(LongSubject, field, value, "makes a subject of more than 150 characters")
	}
	if !l.subject.shouts && isShouting(m.Subject) {
		field, value := j.pick(l.wordings[0].subject, isShouting)
		j.add(Shouting, field, value, "makes a subject in capitals")
	}
}

func (j *judge) body(m *intercom.Message) {
	l := j.linter
	if len(m.Body) > longBody {
		field, value := j.longest(l.wordings[0].body)
		j.add(LongBody, field, value, "makes a body of more than 100,000 bytes")
	}
	if !l.bodyText && !hasText(m.Body, l.bodyHTML) {
		field := l.firstField(l.wordings[0].body)
		j.add(EmptyBody, field, l.Value(j.row, field), "leaves nothing to read in the body")
	}
}

// longest returns the longest value that a setting prints.
func (j *judge) longest(setting string) (field, value string) {
	for _, u := range j.linter.uses {
		if u.Setting != setting {
			continue
		}
		if v := j.linter.Value(j.row, u.Field); len(v) > len(value) || field == "" {
			field, value = u.Field, v
		}
	}
	return field, value
}

// pick returns the first value of a setting that is at fault, else the first.
func (j *judge) pick(setting string, atFault func(string) bool) (field, value string) {
	for _, u := range j.linter.uses {
		if u.Setting == setting {
			if v := j.linter.Value(j.row, u.Field); atFault(v) {
				return u.Field, v
			}
		}
	}
	return j.longest(setting)
}

// hasText reports whether there is something to read in a body: a letter, a
// digit, a picture. Values that are still to come are nothing.
func hasText(s string, html bool) bool {
	for i := 0; i < len(s); i++ {
		if html && s[i] == '<' {
			end := strings.IndexByte(s[i:], '>')
			if end < 0 || strings.HasPrefix(s[i:], "<img") {
				return true
			}
			i += end
			continue
		}
		if html && s[i] == '&' && strings.HasPrefix(s[i:], "&nbsp;") {
			i += len("nbsp;")
			continue
		}
		if c := s[i]; c > ' ' && c != 0x7f {
			return true
		}
	}
	return false
}
