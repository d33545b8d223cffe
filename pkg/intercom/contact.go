package intercom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// A Contact is a person of the workspace, a user or a lead, as POST
// /contacts/search describes one. Several contacts can have the same email, a
// lead and a user for example. What the API leaves out or gives as null is
// empty.
//
// Texts are as the API has them, for templates and comparisons: whoever shows
// them on a terminal has to make them fit for it.
//
// As JSON a contact reads what the API writes, and writes the same names and
// forms, times in unix seconds: made for a cache, or a file of contacts.
type Contact struct {
	ID         string
	Role       string // "user" or "lead"
	Email      string // capitals as they were given
	ExternalID string // the workspace owner's own id of a user
	Name       string
	Phone      string
	Language   string // language_override

	// What speaks against an email.
	UnsubscribedFromEmails bool
	HasHardBounced         bool
	MarkedEmailAsSpam      bool

	CreatedAt, UpdatedAt, SignedUpAt, LastSeenAt time.Time // UTC, whole seconds

	CustomAttributes Attributes

	// Tags are ids of tags. The API lists at most ten here; MoreTags says that
	// there are others.
	Tags     []string
	MoreTags bool
}

// Attributes are a contact's custom attributes by name: strings, booleans, nil,
// lists, objects, and numbers as json.Number, which keeps their digits.
type Attributes map[string]any

// UnmarshalJSON reads an object, or null: no attributes.
func (a *Attributes) UnmarshalJSON(b []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(a))
}

// wireContact is a contact on the wire.
type wireContact struct {
	Type       text       `json:"type"`
	ID         text       `json:"id"`
	Role       text       `json:"role"`
	Email      text       `json:"email"`
	ExternalID text       `json:"external_id"`
	Name       text       `json:"name"`
	Phone      text       `json:"phone,omitempty"`
	Language   text       `json:"language_override,omitempty"`
	Unsub      bool       `json:"unsubscribed_from_emails"`
	Bounced    bool       `json:"has_hard_bounced"`
	Spam       bool       `json:"marked_email_as_spam"`
	CreatedAt  moment     `json:"created_at"`
	UpdatedAt  moment     `json:"updated_at"`
	SignedUpAt moment     `json:"signed_up_at"`
	LastSeenAt moment     `json:"last_seen_at"`
	Attributes Attributes `json:"custom_attributes"`
	Tags       wireTags   `json:"tags"`
}

type wireTags struct {
	Type text      `json:"type"`
	Data []wireTag `json:"data"`
	More bool      `json:"has_more"`
}

type wireTag struct {
	Type text `json:"type"`
	ID   text `json:"id"`
}

// UnmarshalJSON reads a contact as the API writes it. One without an id is an
// error: nobody could be written to by it.
func (c *Contact) UnmarshalJSON(b []byte) error {
	var w wireContact
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.ID == "" {
		return errors.New("a contact without an id")
	}
	*c = Contact{
		ID: string(w.ID), Role: string(w.Role), Email: string(w.Email), ExternalID: string(w.ExternalID),
		Name: string(w.Name), Phone: string(w.Phone), Language: string(w.Language),
		UnsubscribedFromEmails: w.Unsub, HasHardBounced: w.Bounced, MarkedEmailAsSpam: w.Spam,
		CreatedAt: time.Time(w.CreatedAt), UpdatedAt: time.Time(w.UpdatedAt),
		SignedUpAt: time.Time(w.SignedUpAt), LastSeenAt: time.Time(w.LastSeenAt),
		CustomAttributes: w.Attributes, MoreTags: w.Tags.More,
	}
	for _, tag := range w.Tags.Data {
		c.Tags = append(c.Tags, string(tag.ID))
	}
	return nil
}

// MarshalJSON writes a contact with the API's names.
func (c Contact) MarshalJSON() ([]byte, error) {
	tags := wireTags{Type: "list", Data: []wireTag{}, More: c.MoreTags}
	for _, id := range c.Tags {
		tags.Data = append(tags.Data, wireTag{"tag", text(id)})
	}
	return json.Marshal(wireContact{
		Type: "contact", ID: text(c.ID), Role: text(c.Role), Email: text(c.Email), ExternalID: text(c.ExternalID),
		Name: text(c.Name), Phone: text(c.Phone), Language: text(c.Language),
		Unsub: c.UnsubscribedFromEmails, Bounced: c.HasHardBounced, Spam: c.MarkedEmailAsSpam,
		CreatedAt: moment(c.CreatedAt), UpdatedAt: moment(c.UpdatedAt),
		SignedUpAt: moment(c.SignedUpAt), LastSeenAt: moment(c.LastSeenAt),
		Attributes: c.CustomAttributes, Tags: tags,
	})
}

// A ContactPage is one page of a search's result.
type ContactPage struct {
	Contacts []Contact
	Next     string // the cursor of the next page; empty on the last one
	Total    int    // contacts on all pages, as the API counts them
}

// SearchContacts asks for one page of the contacts that a query describes (POST
// /contacts/search). The cursor is empty for the first page, then the Next of
// the page before.
//
// It does not find contacts that were merged or archived, and for some minutes
// not those that were just created (Intercom's description of the search). How
// it compares capitals in an email is not documented: send the address in small
// letters and compare what comes back without regard to case.
//
// Its error is always an *Error. A search only reads: Unknown means that there
// is no answer that can be used, and asking again does no harm. A query that
// can't be right is Refused and not sent; errors.As then finds a *QueryError.
func (c *Client) SearchContacts(ctx context.Context, q Query, cursor string) (ContactPage, error) {
	var w struct {
		wirePage
		Data []Contact `json:"data"`
	}
	const op = "search contacts"
	if err := c.search(ctx, op, c.searchContacts, q, cursor, &w); err != nil {
		return ContactPage{}, err
	}
	if w.Data == nil {
		return ContactPage{}, c.unreadable(op, errNoList)
	}
	return ContactPage{w.Data, w.next(), w.Total}, nil
}

// ContactPages yields the pages of SearchContacts, from the one that the cursor
// stands for (the first if it is empty) to the last. It ends after an error,
// which SearchContacts explains; a cursor that comes back a second time is one
// too, ErrRepeated. To go on after an error, range over ContactPages again from
// the Next of the last good page.
func (c *Client) ContactPages(ctx context.Context, q Query, cursor string) iter.Seq2[ContactPage, error] {
	return pages("search contacts", cursor, func(cursor string) (ContactPage, string, error) {
		page, err := c.SearchContacts(ctx, q, cursor)
		return page, page.Next, err
	})
}
