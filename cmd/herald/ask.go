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
)

// askMargin is how far the API's clock and this machine's may differ, and a
// second more on each side, since the API's comparisons leave out their ends.
const askMargin = 2 * time.Minute

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
