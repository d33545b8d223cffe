package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// A Conversation is one as POST /conversations/search describes it. A message
// has none until its contact replies, unless it asked for one
// (Message.OpenConversation).
type Conversation struct {
	ID                   string
	CreatedAt, UpdatedAt time.Time // UTC, whole seconds
	State                string    // open, closed or snoozed
	Source               Source
	ContactIDs           []string

	// FirstContactReplyAt is when a contact first replied; zero: none has. The
	// API tells it in two places, the statistics and first_contact_reply; the
	// former counts, if it has both.
	FirstContactReplyAt time.Time
}

// A Source is the message that a conversation began with.
type Source struct {
	ID          string // of the message, as its Receipt has it
	Type        string // conversation, email, push, ...
	DeliveredAs string // admin_initiated for a message of CreateMessage; customer_initiated, ...
	Subject     string // may have become HTML, as the body
	Body        string // HTML, even if plain text was sent: <p>Hello</p>
	Author      Author
}

// An Author is who wrote a message.
type Author struct {
	Type  string // admin, user, lead, bot or team
	ID    string // of the admin or contact
	Name  string
	Email string
}

// A ConversationPage is one page of a search's result.
type ConversationPage struct {
	Conversations []Conversation
	Next          string // the cursor of the next page; empty on the last one
	Total         int    // conversations on all pages, as the API counts them
}

// SearchConversations asks for one page of the conversations that a query
// describes (POST /conversations/search), otherwise as SearchContacts does.
// Those of known messages are found by In("source.id", ids...); those that a
// lost answer may have opened by contact, sender and time:
//
//	And(Equal("contact_ids", contact), Equal("source.author.id", "394051"),
//		After("created_at", from), Before("created_at", to))
//
// That there is no conversation never proves that a message was not sent.
func (c *Client) SearchConversations(ctx context.Context, q Query, cursor string) (ConversationPage, error) {
	var w struct {
		wirePage
		Conversations []wireConversation `json:"conversations"`
	}
	const op = "search conversations"
	if err := c.search(ctx, op, c.searchConversations, q, cursor, &w); err != nil {
		return ConversationPage{}, err
	}
	if w.Conversations == nil {
		return ConversationPage{}, c.unreadable(op, errNoList)
	}
	page := ConversationPage{make([]Conversation, len(w.Conversations)), w.next(), w.Total}
	for i := range w.Conversations {
		if w.Conversations[i].ID == "" {
			return ConversationPage{}, c.unreadable(op, errors.New("a conversation without an id"))
		}
		page.Conversations[i] = w.Conversations[i].conversation()
	}
	return page, nil
}

// ConversationPages yields the pages of SearchConversations as ContactPages
// does those of contacts.
func (c *Client) ConversationPages(ctx context.Context, q Query, cursor string) iter.Seq2[ConversationPage, error] {
	return pages("search conversations", cursor, func(cursor string) (ConversationPage, string, error) {
		page, err := c.SearchConversations(ctx, q, cursor)
		return page, page.Next, err
	})
}

// wireConversation is a conversation on the wire.
type wireConversation struct {
	ID        text   `json:"id"`
	CreatedAt moment `json:"created_at"`
	UpdatedAt moment `json:"updated_at"`
	State     text   `json:"state"`
	Source    struct {
		ID          text   `json:"id"`
		Type        text   `json:"type"`
		DeliveredAs text   `json:"delivered_as"`
		Subject     text   `json:"subject"`
		Body        text   `json:"body"`
		Author      author `json:"author"`
	} `json:"source"`
	Contacts   participants `json:"contacts"`
	Statistics struct {
		FirstContactReplyAt moment `json:"first_contact_reply_at"`
	} `json:"statistics"`
	FirstContactReply struct {
		CreatedAt moment `json:"created_at"`
	} `json:"first_contact_reply"`
}

type author struct {
	Type  text `json:"type"`
	ID    text `json:"id"`
	Name  text `json:"name"`
	Email text `json:"email"`
}

func (w *wireConversation) conversation() Conversation {
	source := &w.Source
	c := Conversation{
		ID: string(w.ID), State: string(w.State),
		CreatedAt: time.Time(w.CreatedAt), UpdatedAt: time.Time(w.UpdatedAt),
		FirstContactReplyAt: time.Time(w.Statistics.FirstContactReplyAt),
		ContactIDs:          w.Contacts,
		Source: Source{
			ID: string(source.ID), Type: string(source.Type), DeliveredAs: string(source.DeliveredAs),
			Subject: string(source.Subject), Body: string(source.Body),
			Author: Author{
				Type: string(source.Author.Type), ID: string(source.Author.ID),
				Name: string(source.Author.Name), Email: string(source.Author.Email),
			},
		},
	}
	if c.FirstContactReplyAt.IsZero() {
		c.FirstContactReplyAt = time.Time(w.FirstContactReply.CreatedAt)
	}
	return c
}

// participants are the ids of a conversation's contacts: a list within an
// object, in old versions of the API the list itself.
type participants []string

func (p *participants) UnmarshalJSON(b []byte) error {
	var w struct {
		Contacts json.RawMessage `json:"contacts"`
	}
	if b[0] == '{' {
		if err := json.Unmarshal(b, &w); err != nil || w.Contacts == nil {
			return err
		}
		b = w.Contacts
	}
	var list []struct {
		ID text `json:"id"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, one := range list {
		*p = append(*p, string(one.ID))
	}
	return nil
}
