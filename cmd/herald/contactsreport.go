package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A turnout is what became of looking up the contacts of rows.
type turnout struct {
	Rows      int `json:"rows"` // that are to be sent
	Found     int `json:"found"`
	Ambiguous int `json:"ambiguous"`
	Missing   int `json:"not_in_intercom"`
	Unknown   int `json:"not_looked_up"` // or without an address
	// Of those found:
	OptedOut    int    `json:"opted_out"`
	Bounced     int    `json:"hard_bounced"`
	Spam        int    `json:"marked_as_spam"`
	SameContact int    `json:"same_contact"` // as another row
	MissingFile string `json:"missing_file,omitempty"`
}

// add counts one row.
func (t *turnout) add(s *session, key string, row *source.Recipient) (code, reason string) {
	t.Rows++
	a, ok := s.addressOf(row)
	if !ok {
		t.Unknown++
		return "", ""
	}
	_, err := s.contactOf(a)
	switch {
	case errors.As(err, new(*contacts.AmbiguousError)):
		t.Ambiguous++
		return "", ""
	case errors.Is(err, contacts.ErrNobody):
		t.Missing++
	case err != nil:
		t.Unknown++
		return "", ""
	default:
		t.Found++
	}
	code, reason = s.skipContact(row, key, s.book.Lookup(key))
	for of, n := range map[string]*int{optedOut: &t.OptedOut, hardBounced: &t.Bounced, markedAsSpam: &t.Spam, sender.SameContact: &t.SameContact} {
		if code == of {
			*n++
		}
	}
	return code, reason
}

// String is the turnout as people are told it.
func (t *turnout) String() string {
	text := fmt.Sprintf("%s: %s found", count(t.Rows, "row"), report.Number(t.Found))
	for _, part := range []struct {
		n    int
		what string
	}{{t.Ambiguous, " ambiguous"}, {t.Missing, " not in Intercom"}, {t.Unknown, " without a known contact"}} {
		if part.n > 0 {
			text += ", " + report.Number(part.n) + part.what
		}
	}
	if t.MissingFile != "" {
		text += " -> " + t.MissingFile
	}
	return text
}

// objections lists who of those that were found is left out; empty if nobody is.
func (t *turnout) objections() string {
	var list []string
	for _, part := range []struct {
		n    int
		what string
	}{{t.OptedOut, "want no emails"}, {t.Bounced, "bounced"}, {t.Spam, "marked an email as spam"}, {t.SameContact, "are the same contact as another row"}} {
		if part.n > 0 {
			list = append(list, report.Number(part.n)+" "+part.what)
		}
	}
	return strings.Join(list, ", ")
}

// reportContacts says how many contacts were found, and writes the rows of those
// that were not to a file.
func (s *session) reportContacts() error {
	t, err := s.countContacts()
	if err != nil || t.Rows == 0 {
		return err
	}
	if s.campaign.LooksUp() == contacts.ID {
		if text := t.objections(); text != "" {
			s.say("contacts: of %s %s, and are skipped", count(t.Rows, "row"), text)
		}
		return nil
	}
	s.say("contacts: %s", t)
	if text := t.objections(); text != "" {
		s.say("  of those found %s, and are skipped", text)
	}
	return nil
}

// countContacts counts the rows to be sent by what is known of their contacts.
func (s *session) countContacts() (*turnout, error) {
	t := &turnout{}
	missing, err := s.writeMissing(t)
	if missing > 0 {
		t.MissingFile = s.missingPath()
	} else if err == nil {
		err = removeFile(s.missingPath())
	}
	return t, err
}

// missingPath is the file of rows whose contacts are not in Intercom.
func (s *session) missingPath() string {
	ending := ".csv"
	switch {
	case s.layout.json:
		ending = ".jsonl"
	case s.layout.delimiter == "\t":
		ending = ".tsv"
	}
	return strings.TrimSuffix(s.contactsPath(), ".contacts.jsonl") + ".missing" + ending
}

// writeMissing counts rows, and writes those that are not in Intercom to a file;
// without any it leaves no file behind.
func (s *session) writeMissing(t *turnout) (missing int, err error) {
	err = report.Replace(s.missingPath(), func(w io.Writer) error {
		out := &rowCopier{w: bufio.NewWriter(w), layout: s.layout, columns: heraldColumns, marked: s.encoded()}
		err := s.eachToSend(func(key string, row *source.Recipient, raw []byte) error {
			code, reason := t.add(s, key, row)
			if code != notInIntercom {
				return nil
			}
			missing++
			return out.write(raw, []string{key, strconv.Itoa(row.Line), report.Skipped, code + ": " + reason})
		})
		if err == nil && missing == 0 {
			return errEnough
		}
		return errors.Join(err, out.flush())
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return missing, err
}
