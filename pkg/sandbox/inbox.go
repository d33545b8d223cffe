package sandbox

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// inbox keeps the latest messages for the page, in a ring.
type inbox struct {
	keep int

	mu   sync.Mutex
	ring []*letter
	next int
}

// letter is a message as the page shows it. It is never changed once kept.
type letter struct {
	id             uint64
	At             time.Time
	Email          bool
	Subject        string
	Body           string
	Template       string
	From           Admin
	To             []string
	ConversationID string
}

func newLetter(id uint64, at time.Time, m *message, sender *Admin) *letter {
	l := &letter{
		id: id, At: at, Email: m.email, Subject: m.subject, Body: m.body,
		Template: m.template, From: *sender, To: make([]string, len(m.to)),
	}
	for i, who := range m.to {
		l.To[i] = who.id
	}
	if m.conversation {
		l.ConversationID = conversationID(id)
	}
	return l
}

func (b *inbox) add(l *letter) {
	if b.keep <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ring) < b.keep {
		b.ring = append(b.ring, l)
		return
	}
	b.ring[b.next] = l
	b.next = (b.next + 1) % b.keep
}

// latest returns the kept messages to one recipient ("" for all), newest first.
func (b *inbox) latest(to string) []*letter {
	b.mu.Lock()
	letters := slices.Clone(b.ring)
	b.mu.Unlock()
	letters = slices.DeleteFunc(letters, func(l *letter) bool { return to != "" && !slices.Contains(l.To, to) })
	slices.SortFunc(letters, func(x, y *letter) int { return cmp.Compare(y.id, x.id) })
	return letters
}

// find returns the kept message with this id, or nil.
func (b *inbox) find(id string) *letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.ring {
		if l.ID() == id {
			return l
		}
	}
	return nil
}

func (b *inbox) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring, b.next = nil, 0
}

// ID is the message's id as the API answered it.
func (l *letter) ID() string { return messageID(l.id) }

// Kind is the channel in words.
func (l *letter) Kind() string {
	if l.Email {
		return "email"
	}
	return "in-app"
}

// Title is the subject, or the beginning of what an in-app message says.
func (l *letter) Title() string {
	if l.Subject != "" {
		return l.Subject
	}
	return shorten(plainText(l.Body), 80)
}

// Teaser is the beginning of the body where the title doesn't show it already.
func (l *letter) Teaser() string {
	if l.Subject == "" {
		return ""
	}
	return shorten(plainText(l.Body), 120)
}

var markup = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<(style|script|head|title)\b.*?</(style|script|head|title)\s*>|<!--.*?-->|<[^>]*>`)
})

// plainText is only for looking at: what is left of HTML without its tags.
func plainText(body string) string {
	text := html.UnescapeString(markup().ReplaceAllString(shorten(body, 20_000), " "))
	return strings.Join(strings.Fields(text), " ")
}

func shorten(text string, runes int) string {
	for i := range text {
		if runes == 0 {
			return text[:i] + "…"
		}
		runes--
	}
	return text
}
