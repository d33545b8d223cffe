package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A testSend is the message of a few rows, to contacts of one's own. It never
// touches the campaign's ledger: whoever is tested on is not written to.
type testSend struct {
	to     []string // ids or email addresses
	line   int      // of the row; 0: not said
	sample int      // rows from all over the source; 0: not said

	variant string // of the message; empty: each row's own
}

// testMark begins the subject of a test.
const testMark = "[test] "

// check says whether the flags make one sense.
func (t *testSend) check(chosen *selectFlags) (err error) {
	if len(t.to) > 0 {
		if t.line, err = chosen.oneLine(); err != nil {
			return err
		}
	}
	switch {
	case len(t.to) == 0 && t.sample != 0:
		return errors.New("--sample chooses what is sent as a test: add --test-to; sample: in the campaign chooses a part of its rows")
	case len(t.to) == 0 && t.variant != "":
		return errors.New("--variant chooses what is sent as a test: add --test-to; --held-with chooses it for rows that are held back")
	case t.line != 0 && t.sample != 0:
		return errors.New("--line or --sample, not both")
	case t.sample < 0 || t.sample > maxTestRows:
		return fmt.Errorf("--sample must be a number from 1 to %d", maxTestRows)
	}
	return nil
}

// maxTestRows keeps a test from becoming a campaign.
const maxTestRows = 20

// sendTest sends the chosen rows' messages to each of the contacts.
func (s *session) sendTest(ctx context.Context, path string, t testSend) error {
	ctx, cut, release := interruptible(ctx)
	defer release()
	if err := s.introduce(ctx, path); err != nil {
		return err
	}
	if err := s.renderAs(t.variant); err != nil {
		return err
	}
	contacts, err := s.testContacts(ctx, t.to)
	if err != nil {
		return err
	}
	rows, err := s.testRows(t)
	if err != nil {
		return err
	}
	if err := s.lookUpRows(ctx, rows); err != nil {
		return err
	}
	if err := s.confirmTest(ctx, len(rows), contacts); err != nil {
		return err
	}
	failed := 0
	for _, row := range rows {
		for _, c := range contacts {
			if err := s.governor.Pace(ctx); err != nil {
				return err
			}
			if !s.sendOneTest(cut, row, c) {
				failed++
			}
		}
	}
	if s.campaign.Message.Type != intercom.Email {
		s.say("an in-app message shows at the contact's next visit: open your product as that contact")
	}
	s.next("herald send " + shellQuote(path))
	if failed > 0 {
		return errLeft
	}
	return nil
}

// testRows renders nothing yet: it reads the rows that were chosen.
func (s *session) testRows(t testSend) ([]*source.Recipient, error) {
	if t.sample == 0 {
		row, err := s.find(t.line, "")
		return []*source.Recipient{row}, err
	}
	total := 0
	if err := s.eachRow(func(string, *source.Recipient, []byte) error { total++; return nil }); err != nil {
		return nil, err
	}
	var rows []*source.Recipient
	at := 0
	err := s.eachRow(func(_ string, row *source.Recipient, _ []byte) error {
		if len(rows) < t.sample && at*t.sample >= len(rows)*total { // evenly from all over
			rows = append(rows, row)
		}
		if at++; len(rows) == t.sample {
			return io.EOF
		}
		return nil
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return rows, err
}

func (s *session) confirmTest(ctx context.Context, rows int, contacts []intercom.Contact) error {
	s.say("test of %s: %s to each of", s.title(), count(rows, "message"))
	for _, c := range contacts {
		s.say("  %s", contactWords(c))
	}
	s.say("  from %s, workspace %s (%s, %s)", s.senderName(), s.me.App.Name, s.me.App.Region, s.me.App.ID)
	if len(s.campaign.CC)+len(s.campaign.BCC) > 0 {
		s.say("  without the campaign's cc and bcc")
	}
	if s.run.yes {
		return nil
	}
	if !s.inTerminal {
		return &refusal{code: exitUsage, what: "there is no terminal to ask at, and the test was not confirmed", hint: "add --yes to send it without being asked"}
	}
	fmt.Fprint(s.err, "Send the test? [y/N] ")
	answer, err := readLine(ctx, s.in)
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return &refusal{code: exitUsage, what: "not confirmed; nothing was sent"}
	}
	return nil
}

// contactWords names a contact as people know it.
func contactWords(c intercom.Contact) string {
	text := c.Role + " " + c.ID
	if c.Email != "" {
		text = c.Email + ", " + text
	}
	if c.Name != "" {
		text = c.Name + ", " + text
	}
	return text
}

// sendOneTest sends a row's message to a contact of one's own and tells what
// came of it.
func (s *session) sendOneTest(ctx context.Context, row *source.Recipient, c intercom.Contact) bool {
	m, err := s.renderer.Render(row)
	if err != nil {
		s.say("line %d: not sent: %v", row.Line, err)
		return false
	}
	m.To, m.CC, m.BCC = intercom.Recipients{{Type: c.Role, ID: c.ID}}, nil, nil
	if m.Subject != "" {
		m.Subject = testMark + m.Subject
	}
	receipt, err := s.client.CreateMessage(ctx, m)
	to := c.ID
	if c.Email != "" {
		to = c.Email
	}
	if err != nil {
		s.say("line %d to %s: %s", row.Line, to, errorWords(err))
		return false
	}
	fmt.Fprintf(s.out, "line %d to %s: sent, message %s\n", row.Line, to, receipt.ID)
	return true
}

// testContacts finds the contacts of one's own.
func (s *session) testContacts(ctx context.Context, who []string) ([]intercom.Contact, error) {
	var all []intercom.Contact
	for _, w := range who {
		c, err := s.findContact(ctx, strings.TrimSpace(w))
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(had intercom.Contact) bool { return had.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all, nil
}

// findContact finds the contact with an id or an email address; of several with
// one address a user comes before a lead, and the newest of those.
func (s *session) findContact(ctx context.Context, who string) (intercom.Contact, error) {
	field := "id"
	if strings.Contains(who, "@") {
		field, who = "email", strings.ToLower(who)
	}
	var page intercom.ContactPage
	if err := s.governor.Pace(ctx); err != nil {
		return intercom.Contact{}, err
	}
	err := s.ask(ctx, func() (err error) {
		page, err = s.client.SearchContacts(ctx, intercom.Query{Where: intercom.Equal(field, who)}, "")
		return err
	})
	if err != nil {
		return intercom.Contact{}, connectError(s.client.BaseURL(), err)
	}
	if len(page.Contacts) == 0 {
		return intercom.Contact{}, s.noContact(ctx, who)
	}
	return slices.MaxFunc(page.Contacts, func(a, b intercom.Contact) int {
		if a.Role != b.Role {
			return strings.Compare(a.Role, b.Role) // "lead" < "user"
		}
		return a.CreatedAt.Compare(b.CreatedAt)
	}), nil
}

// noContact says why there is nobody to test on: most people who try it give
// the address they log in with.
func (s *session) noContact(ctx context.Context, who string) error {
	r := &refusal{code: exitUsage, what: fmt.Sprintf("%s is no contact of the workspace %s (%s)", who, s.me.App.Name, s.me.App.ID),
		hint: "name the id or the email address of a contact; one that was made a moment ago may take some minutes to be found"}
	admin, err := s.isAdmin(ctx, who)
	if admin && err == nil {
		r.what = fmt.Sprintf("%s is an admin of the workspace %s, not a contact: messages go from admins to contacts", who, s.me.App.Name)
		r.hint = "make a contact with an address of yours in Intercom (Contacts, then New), or sign up for your own product; then test on that"
	}
	return errors.Join(err, r)
}

func (s *session) isAdmin(ctx context.Context, who string) (bool, error) {
	var admins []intercom.Admin
	err := s.ask(ctx, func() (err error) {
		admins, err = s.client.Admins(ctx)
		return err
	})
	return slices.ContainsFunc(admins, func(a intercom.Admin) bool {
		return strings.EqualFold(a.Email, who) || strconv.FormatInt(a.ID, 10) == who
	}), err
}
