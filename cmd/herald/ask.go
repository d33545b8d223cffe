package main

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// askMargin is how far the API's clock and this machine's may differ, and a
// second more on each side, since the API's comparisons leave out their ends.
const askMargin = 2 * time.Minute

// readyToAsk makes the client, and the messages' templates.
func (s *session) readyToAsk(ctx context.Context) error {
	if !s.campaign.OpenConversation {
		return &refusal{code: exitUsage, what: "--ask finds conversations, and this campaign opens none",
			hint: "only with create_conversation_without_contact_reply does a message open one at once; settle by hand, or with --interactive"}
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.resolveSender(ctx)
}

// askAll looks for the conversation of each unknown message.
func (s *session) askAll(ctx context.Context, unknown []ledger.Entry) (int, error) {
	messages, err := s.messagesOf(unknown)
	if err != nil {
		return 0, err
	}
	known, err := s.knownMessages()
	if err != nil {
		return 0, err
	}
	settled := 0
	for _, e := range unknown {
		found, reason, err := s.askOne(ctx, e, messages[e.Key], known)
		if err != nil {
			return settled, err
		}
		if found == nil {
			s.say("%s, line %d: still unknown: %s", e.Key, e.Line, reason)
			continue
		}
		why := fmt.Sprintf("conversation %s, message %s", found.ID, found.Source.ID)
		if err := s.ledger.SettleByHand(e.Key, ledger.Sent, person(), why); err != nil {
			return settled, err
		}
		s.say("%s, line %d: sent: %s", e.Key, e.Line, why)
		known[found.Source.ID] = true
		settled++
	}
	return settled, nil
}

// messagesOf renders the messages of these rows again, from the source.
func (s *session) messagesOf(unknown []ledger.Entry) (map[string]*intercom.Message, error) {
	wanted, variant := make(map[string]*intercom.Message, len(unknown)), map[string]string{}
	for _, e := range unknown {
		wanted[e.Key], variant[e.Key] = nil, e.Variant
	}
	render := s.variantRenderer()
	err := s.eachRow(func(key string, row *source.Recipient, _ []byte) error {
		if m, ok := wanted[key]; ok && m == nil {
			wanted[key], _, _ = render(row, variant[key]) // a row that can't be rendered stays unknown
		}
		return nil
	})
	return wanted, err
}

// knownMessages returns the ids of all messages that are some row's outcome.
func (s *session) knownMessages() (map[string]bool, error) {
	known := map[string]bool{}
	for e, err := range s.ledger.Entries() {
		if err != nil {
			return nil, err
		}
		if e.MessageID != "" {
			known[e.MessageID] = true
		}
	}
	return known, nil
}

// askOne looks for the one conversation that an unknown message opened: with
// this contact, from this sender, at this time, with this subject and body, and
// not some other row's. If that is not exactly one, it says why.
func (s *session) askOne(ctx context.Context, e ledger.Entry, m *intercom.Message, known map[string]bool) (*intercom.Conversation, string, error) {
	if m == nil {
		return nil, "its row is not in the source any more, or can't be rendered", nil
	}
	filters := []intercom.Filter{
		intercom.Equal("contact_ids", m.To[0].ID),
		intercom.After("created_at", e.Time.Add(-askMargin)),
		intercom.Before("created_at", e.Time.Add(s.campaign.Timeout+askMargin)),
	}
	if m.From != 0 {
		filters = append(filters, intercom.Equal("source.author.id", strconv.FormatInt(m.From, 10)))
	}
	query := intercom.Query{Where: intercom.And(filters...)}
	var found []intercom.Conversation
	seen := 0
	for cursor := ""; ; {
		page, err := s.searchPage(ctx, query, cursor)
		if err != nil {
			return nil, "", err
		}
		for _, c := range page.Conversations {
			seen++
			if !known[c.Source.ID] && c.Source.ID != "" && sameText(c.Source.Subject, m.Subject) && sameText(c.Source.Body, m.Body) {
				found = append(found, c)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	switch {
	case len(found) == 1:
		return &found[0], "", nil
	case len(found) > 1:
		return nil, fmt.Sprintf("%d conversations have the same text", len(found)), nil
	case seen > 0:
		return nil, "no conversation of that time has this text", nil
	}
	return nil, "there is no conversation of that time; that does not prove that nothing was sent", nil
}

// searchPage asks for one page of conversations, when it is its turn.
func (s *session) searchPage(ctx context.Context, query intercom.Query, cursor string) (page intercom.ConversationPage, err error) {
	if err := s.governor.Pace(ctx); err != nil {
		return page, err
	}
	err = s.ask(ctx, func() (err error) {
		page, err = s.client.SearchConversations(ctx, query, cursor)
		return err
	})
	if err != nil {
		return page, connectError(s.client.BaseURL(), err)
	}
	return page, nil
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// sameText compares texts as a person reads them: the API gives bodies back as
// HTML of its own making.
func sameText(a, b string) bool { return readable(a) == readable(b) }

func readable(text string) string {
	text = html.UnescapeString(tags.ReplaceAllString(text, " "))
	return strings.TrimSpace(blanks.ReplaceAllString(text, " "))
}
