package sandbox

import (
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conversations' times are compared by second.
var conversationSchema = schema{perPage: 20, fields: map[string]kind{
	"id": textField, "created_at": secondField, "updated_at": secondField, "state": textField,
	"open": flagField, "read": flagField, "contact_ids": textField,
	"source.type": textField, "source.id": textField, "source.delivered_as": textField,
	"source.subject": textField, "source.body": textField,
	"source.author.id": textField, "source.author.type": textField,
	"source.author.name": textField, "source.author.email": textField,
	"statistics.first_contact_reply_at":   secondField,
	"statistics.last_contact_reply_at":    secondField,
	"statistics.count_conversation_parts": integerField,

	// Documented too, but of these no conversation here has a value.
	"source.url": textField, "teammate_ids": textField, "admin_assignee_id": textField, "team_assignee_id": textField,
	"channel_initiated": textField, "waiting_since": secondField, "snoozed_until": secondField, "tag_ids": textField,
	"priority": textField, "ai_agent_participated": flagField,
}}

func (t thread) place() place {
	return place{t.created().Unix(), conversationID(t.id)}
}

func (t thread) some(c *condition) bool {
	switch c.field {
	case "id":
		return c.holdsText(conversationID(t.id))
	case "created_at":
		return c.holdsTime(t.created().Unix())
	case "updated_at":
		return c.holdsTime(t.updated().Unix())
	case "state":
		return c.holdsText(stateOpen)
	case "open":
		return c.holdsFlag(true)
	case "read":
		return c.holdsFlag(false)
	case "contact_ids":
		return slices.ContainsFunc(t.To, c.holdsText)
	case "statistics.first_contact_reply_at":
		return c.holdsTime(unixOrZero(t.firstReply()))
	case "statistics.last_contact_reply_at":
		return c.holdsTime(unixOrZero(t.lastReply()))
	case "statistics.count_conversation_parts":
		return c.holds(operand{number: float64(len(t.replies))})
	}
	return t.sourceSome(c)
}

func (t thread) sourceSome(c *condition) bool {
	switch c.field {
	case "source.id":
		return c.holdsText(t.ID())
	case "source.type":
		return c.holdsText(t.sourceType())
	case "source.delivered_as":
		return c.holdsText(deliveredAs)
	case "source.subject":
		return c.holdsText(t.Subject)
	case "source.body":
		// As documented: word by word.
		return slices.ContainsFunc(strings.Fields(plainText(t.Body)), c.holdsText)
	case "source.author.id":
		return c.holdsText(strconv.FormatInt(t.From.ID, 10))
	case "source.author.type":
		return c.holdsText("admin")
	case "source.author.name":
		return c.holdsText(t.From.Name)
	case "source.author.email":
		return c.holdsText(t.From.Email)
	}
	return false
}

const (
	stateOpen   = "open"
	deliveredAs = "admin_initiated"
)

func (t *thread) sourceType() string {
	if t.Email {
		return "email"
	}
	return "conversation"
}

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// conversationItem is a conversation as answers show it.
type conversationItem struct {
	Type         string         `json:"type"`
	ID           string         `json:"id"`
	Title        *string        `json:"title"`
	CreatedAt    int64          `json:"created_at"`
	UpdatedAt    int64          `json:"updated_at"`
	WaitingSince *int64         `json:"waiting_since"`
	SnoozedUntil *int64         `json:"snoozed_until"`
	Open         bool           `json:"open"`
	State        string         `json:"state"`
	Read         bool           `json:"read"`
	Priority     string         `json:"priority"`
	Source       sourceItem     `json:"source"`
	Contacts     contactsItem   `json:"contacts"`
	FirstReply   *replyItem     `json:"first_contact_reply"`
	Statistics   statisticsItem `json:"statistics"`
}

type sourceItem struct {
	Type        string     `json:"type"`
	ID          string     `json:"id"`
	DeliveredAs string     `json:"delivered_as"`
	Subject     string     `json:"subject"`
	Body        string     `json:"body"`
	Author      authorItem `json:"author"`
	Attachments []string   `json:"attachments"` // there never are any
	URL         *string    `json:"url"`
	Redacted    bool       `json:"redacted"`
}

type authorItem struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type contactsItem struct {
	Type     string        `json:"type"`
	Contacts []contactPart `json:"contacts"`
}

type contactPart struct {
	Type       string  `json:"type"`
	ID         string  `json:"id"`
	ExternalID *string `json:"external_id"`
}

type replyItem struct {
	Type      string  `json:"type"`
	CreatedAt int64   `json:"created_at"`
	URL       *string `json:"url"`
}

type statisticsItem struct {
	Type    string `json:"type"`
	FirstAt *int64 `json:"first_contact_reply_at"`
	LastAt  *int64 `json:"last_contact_reply_at"`
	Parts   int    `json:"count_conversation_parts"`
}

func (s *Sandbox) conversationItem(t *thread) conversationItem {
	item := conversationItem{
		Type: "conversation", ID: conversationID(t.id),
		CreatedAt: t.created().Unix(), UpdatedAt: t.updated().Unix(),
		Open: true, State: stateOpen, Priority: "not_priority",
		Source: sourceItem{
			Type: t.sourceType(), ID: t.ID(), DeliveredAs: deliveredAs,
			Subject: t.Subject, Body: asHTML(t.Body), Attachments: []string{},
			Author: authorItem{"admin", strconv.FormatInt(t.From.ID, 10), t.From.Name, t.From.Email},
		},
		Contacts:   contactsItem{Type: "contact.list"},
		Statistics: statisticsItem{Type: "conversation_statistics", Parts: len(t.replies)},
	}
	for _, id := range t.To {
		part := contactPart{Type: "contact", ID: id}
		if known := s.people.byID[id]; known != nil {
			part.ExternalID = orNull(known.ExternalID)
		}
		item.Contacts.Contacts = append(item.Contacts.Contacts, part)
	}
	if len(t.replies) > 0 {
		first, last := t.firstReply().Unix(), t.lastReply().Unix()
		item.FirstReply = &replyItem{Type: t.sourceType(), CreatedAt: first}
		item.Statistics.FirstAt, item.Statistics.LastAt, item.WaitingSince = &first, &last, &first
	}
	return item
}

// asHTML is a body as conversations give it back. Paragraphs of plain text, and
// markup that does not begin with a tag, are wrapped in <p>, with a class that
// nobody asked for: what the API's own answers look like.
func asHTML(body string) string {
	const open, end = `<p class="no-margin">`, "</p>"
	body = strings.ReplaceAll(strings.TrimSpace(body), "\r\n", "\n")
	if strings.HasPrefix(body, "<") {
		return body
	}
	if !strings.Contains(body, "<") {
		body = html.EscapeString(html.UnescapeString(body))
	}
	var paragraphs []string
	for paragraph := range strings.SplitSeq(body, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			paragraphs = append(paragraphs, open+strings.ReplaceAll(paragraph, "\n", "<br>")+end)
		}
	}
	return strings.Join(paragraphs, "\n")
}

type conversationList struct {
	Type          string             `json:"type"`
	Conversations []conversationItem `json:"conversations"`
	TotalCount    int                `json:"total_count"`
	Pages         pagesItem          `json:"pages"`
}

func (s *Sandbox) searchConversations(r request) *answer {
	q, refused := s.readSearch(&r, &conversationSchema)
	if refused != nil {
		return s.refuse(&r, refused)
	}
	page, total, pages := pick(q, s.threads.candidates(&q.where, r.at))
	list := conversationList{Type: "conversation.list", Conversations: []conversationItem{}, TotalCount: total, Pages: pages}
	for i := range page {
		list.Conversations = append(list.Conversations, s.conversationItem(&page[i]))
	}
	return jsonAnswer(http.StatusOK, list)
}
