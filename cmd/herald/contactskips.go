package main

import (
	"errors"
	"time"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Codes of rows that are skipped for what Intercom says of their contact.
const (
	notInIntercom = "not_in_intercom"
	optedOut      = "opted_out"
	hardBounced   = "hard_bounced"
	markedAsSpam  = "marked_as_spam"
)

// skipContact is the rule that skips rows for what Intercom says of their contact.
// It comes last: a contact that it lets through belongs to that row.
func (s *session) skipContact(row *source.Recipient, key string, _ ledger.State) (code, reason string) {
	a, ok := s.addressOf(row)
	if !ok {
		return "", ""
	}
	e, err := s.entryOf(a)
	if err != nil {
		return "", "" // not looked up: there is nothing to say, or rendering says it
	}
	byID := s.campaign.LooksUp() == contacts.ID
	c, err := contacts.Choose(e, s.campaign.To.Prefer)
	asked := ", as of " + e.Asked.UTC().Format(time.RFC3339)
	switch {
	case errors.Is(err, contacts.ErrNobody) && !byID:
		return notInIntercom, "no contact has " + a.Value + asked + "; archived and merged ones are not found"
	case err != nil:
		return "", ""
	}
	if code, why := s.objection(&c); code != "" {
		return code, why + asked
	}
	if !byID && s.book != nil && s.book.VisitContact(key, c.ID) {
		return sender.SameContact, "the contact " + c.ID + " belongs to another row"
	}
	return "", ""
}

// objection is what speaks against an email to a contact.
func (s *session) objection(c *intercom.Contact) (code, why string) {
	switch {
	case !s.campaign.SkipUnsubscribed:
	case c.UnsubscribedFromEmails:
		return optedOut, "unsubscribed from emails"
	case c.HasHardBounced:
		return hardBounced, "emails to this address bounced"
	case c.MarkedEmailAsSpam:
		return markedAsSpam, "marked an email as spam"
	}
	return "", ""
}
