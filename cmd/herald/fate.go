package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// A fate is what became of one person's message.
type fate struct {
	Key            string    `json:"key"`
	Line           int       `json:"line,omitzero"`        // of the source as it is now
	Duplicates     []int     `json:"duplicates,omitempty"` // lines that have the same key
	FoundBy        string    `json:"found_by"`             // key, contact id, line, or the name of a field
	Status         string    `json:"status"`               // sent, failed, skipped, unknown, pending, claimed, forgotten or replaced
	Code           string    `json:"code,omitzero"`        // why
	Reason         string    `json:"reason,omitzero"`      // in words
	HTTPStatus     int       `json:"http_status,omitzero"`
	MessageID      string    `json:"message_id,omitzero"`
	MessageType    string    `json:"message_type,omitzero"`
	Variant        string    `json:"variant,omitzero"`
	ConversationID string    `json:"conversation_id,omitzero"`
	RequestID      string    `json:"request_id,omitzero"`
	Attempts       int       `json:"attempts,omitzero"`
	At             time.Time `json:"at,omitzero"`
	ReplacedBy     string    `json:"replaced_by,omitzero"` // the key that took this one's place
	Replaces       string    `json:"replaces,omitzero"`    // the key whose place this one took
	History        []step    `json:"history"`              // oldest first
	Text           *sentText `json:"text,omitempty"`
	Meaning        string    `json:"meaning"`
	Link           string    `json:"link,omitzero"` // to the contact, in Intercom
	Next           string    `json:"next,omitzero"`

	held bool // pending until a variant is chosen

	run int // of the claim that decided, from 1; 0: none is on record
}

// A step is one thing in the history of a key.
type step struct {
	Claim  uint64    `json:"claim,omitzero"` // its number; none for what a person did
	Line   int       `json:"line,omitzero"`  // of the source it was made from
	At     time.Time `json:"at,omitzero"`
	Status string    `json:"status"` // an outcome's, or: claimed, not-sent, replaced
	Code   string    `json:"code,omitzero"`
	Reason string    `json:"reason,omitzero"`
}

// fatesOf gathers what the ledger has of people, in one reading of it.
func (s *session) fatesOf(book *ledger.Book, people []*found) ([]*fate, error) {
	fates, byKey := make([]*fate, len(people)), map[string]*fate{}
	for i, f := range people {
		fates[i] = &fate{Key: f.key, Line: f.line, FoundBy: f.by, Duplicates: f.more, History: []step{}}
		if f.bad != nil {
			fates[i].Status, fates[i].Code, fates[i].Reason = ledger.Skipped.String(), sender.BadRow, f.bad.Error()
			continue
		}
		fates[i].Status, fates[i].Link = book.Lookup(f.key).Status.String(), s.contactLink(workspaceOf(book), f.key)
		byKey[f.key] = fates[i]
		s.tellSkip(fates[i], f)
	}
	s.markHeld(people, fates)
	for e, err := range book.Events(func(key string, _ int) bool { return byKey[key] != nil }) {
		if err != nil {
			return nil, err
		}
		if e.Replaced != nil && byKey[e.Replaced.By] != nil {
			byKey[e.Replaced.By].Replaces = e.Replaced.Key
		}
		if t := byKey[e.Key()]; t != nil {
			t.add(e)
		}
	}
	for _, t := range fates {
		s.explainFate(t, s.wasSandbox(book))
	}
	return fates, nil
}

// tellSkip says of who is pending why the next send would leave them out.
func (s *session) tellSkip(t *fate, f *found) {
	if t.Status != ledger.Pending.String() || f.row == nil {
		return
	}
	if code, reason := s.skip(f.row, f.key, ledger.State{}); code != "" {
		t.Status, t.Code, t.Reason = ledger.Skipped.String(), code, reason
	}
}

// add takes one more thing that happened.
func (t *fate) add(e ledger.Event) {
	at := step{Claim: e.Claim.Number, Line: e.Claim.Line, At: e.Claim.Time, Status: ledger.Claimed.String()}
	switch {
	case e.Outcome != nil:
		o := e.Outcome
		at.At, at.Status, at.Code, at.Reason = o.FinishedAt, o.Status.String(), o.Code, o.ErrorMessage
		t.Code, t.Reason, t.HTTPStatus, t.RequestID = o.Code, o.ErrorMessage, o.HTTPStatus, o.RequestID
		t.MessageID, t.MessageType, t.Variant, t.ConversationID = o.MessageID, o.MessageType, o.Variant, o.ConversationID
		t.Attempts, t.At, t.run = o.Attempts, o.FinishedAt, e.Run
	case e.Release != nil:
		at.Status, at.Reason = "not-sent", e.Release.Reason
	case e.ByHand != nil:
		at.At, at.Status, at.Code = e.ByHand.Time, e.ByHand.As.String(), ledger.ByHand
		at.Reason = fmt.Sprintf("settled by %s: %s", e.ByHand.Who, cmp.Or(e.ByHand.Why, "no reason given"))
		t.Code, t.Reason, t.At = ledger.ByHand, at.Reason, at.At
	case e.Replaced != nil:
		at.At, at.Status, at.Reason = e.Replaced.Time, ledger.Replaced.String(), "by "+cmp.Or(e.Replaced.By, "a key that was forgotten")
		t.ReplacedBy, t.At, t.Code, t.Reason = e.Replaced.By, at.At, "", ""
	default: // no outcome
		t.At, t.run = at.At, e.Run
	}
	t.History = append(t.History, at)
}

// explainFate says what a status means, and what to do next.
func (s *session) explainFate(t *fate, sandbox bool) {
	file := shellQuote(s.campaign.File)
	switch t.Status {
	case "sent":
		t.Meaning = s.meaningOfSent(t, sandbox)
	case "failed":
		t.Meaning = "Intercom refused it, so this person did not get it."
		if t.Code == sender.Panic {
			t.Meaning = "herald itself failed on this row, so this person did not get it."
		}
		t.Next = "herald retry " + file + " --only failed"
	case "unknown":
		t.Meaning = "The request left and no answer came: the message may have arrived or not, and herald does not send it again by itself. Look the contact up; then say --as sent or --as not-sent."
		t.Next = "herald settle " + file + " --interactive"
	case "skipped":
		t.Meaning = "It was not sent: the contact does not want emails."
		if t.Code != sender.Unsubscribed && t.Code != sender.BadRow {
			t.Meaning = "It is not sent: " + t.Reason + "."
		}
		if t.Code == sender.BadRow {
			t.Meaning = "It was not sent: the row can't be read or has no key."
			t.Next = "herald check " + file
		}
	case "claimed":
		t.Meaning = "It is on its way right now; or it was when the last run died, and then the next run says unknown."
		t.Next = "herald status " + file
	case "forgotten":
		t.Meaning = "This person's data was removed: whether anything was sent is not known any more, and nothing will be."
	case "replaced":
		t.Meaning = "It failed, and a corrected row has another key now."
		if t.ReplacedBy != "" {
			t.Next = "herald show " + shellQuote(s.campaign.File, t.ReplacedBy)
		}
	default:
		if t.held {
			t.Meaning = "Nothing was sent to this person yet: the campaign holds the row back until a variant is chosen, with herald send --" + heldWith + "."
			t.Next = "herald replies " + file
			break
		}
		t.Meaning = "Nothing was sent to this person yet: the next send does that."
		t.Next = "herald send " + file
	}
	if t.Next != "" {
		t.Next += s.files.told(t.Next)
	}
}

// meaningOfSent says what sent does not mean.
func (s *session) meaningOfSent(t *fate, sandbox bool) string {
	switch {
	case sandbox:
		return "Sent to the sandbox on this machine: nobody real was written to."
	case t.Code == ledger.ByHand:
		return "A person settled it as sent; no answer of Intercom says so."
	}
	kind := cmp.Or(t.MessageType, s.campaign.Message.Type)
	if kind == intercom.Email {
		return "Sent means that Intercom accepted the email, not that it was delivered or read."
	}
	return "Sent means that Intercom accepted the message; the contact sees it at the next visit, and nobody knows whether that was."
}
