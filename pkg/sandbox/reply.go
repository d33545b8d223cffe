package sandbox

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Replies says which contacts reply to what they get, by themselves.
type Replies struct {
	// Share is the part (0 to 1) of the contacts who do, picked by seed and id.
	Share float64
	// After is how long they take, Spread up to how much longer.
	After, Spread time.Duration
}

// to reports whether a contact replies, and how long after the message.
func (r *Replies) to(seed uint64, id string) (time.Duration, bool) {
	if r.Share <= 0 || share(seed, "reply", id, 0) >= r.Share {
		return 0, false
	}
	return r.After + time.Duration(share(seed, "reply after", id, 0)*float64(r.Spread)), true
}

// ErrNoMessage is the error of a reply to a message that is not kept, or to
// none.
var ErrNoMessage = errors.New("reply: no such message is kept")

// Reply lets a contact reply to the latest message it was delivered, now, and
// returns the conversation's id. It finds the latest KeepMessages messages,
// else its error is ErrNoMessage. POST /_sandbox/reply?contact=ID does the same.
func (s *Sandbox) Reply(contact string) (conversation string, err error) {
	letters := s.inbox.latest(contact)
	if contact == "" || len(letters) == 0 {
		return "", ErrNoMessage
	}
	return s.replyTo(letters[0]), nil
}

// ReplyTo is Reply for the message with this id; of a group, somebody replies.
// POST /_sandbox/reply?message=ID does the same.
func (s *Sandbox) ReplyTo(message string) (conversation string, err error) {
	l := s.inbox.find(message)
	if l == nil {
		return "", ErrNoMessage
	}
	return s.replyTo(l), nil
}

func (s *Sandbox) replyTo(l *letter) string {
	s.threads.reply(l, s.options.Now())
	return conversationID(l.id)
}

// threads are the conversations, at most one a message. They hold the times of
// replies that are still to come: nothing happens by itself, what a search sees
// depends on when it looks.
type threads struct {
	mu    sync.Mutex
	all   []*thread
	index index[*thread]
}

// thread is a conversation as it is at some time.
type thread struct {
	*letter
	opened  time.Time   // at once; zero: with the first reply
	replies []time.Time // in order
}

func (t *threads) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all, t.index = nil, newIndex[*thread]("id", "source.id", "contact_ids")
}

// open begins a conversation at a time.
func (t *threads) open(l *letter, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(l).opened = at
}

// reply lets someone reply to a message at a time, which may be in the future.
func (t *threads) reply(l *letter, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(l)
	i, _ := slices.BinarySearchFunc(one.replies, at, time.Time.Compare)
	one.replies = slices.Insert(slices.Clone(one.replies), i, at) // views share the old ones
}

// of returns the thread of a message, a new one if it has none.
func (t *threads) of(l *letter) *thread {
	if known := t.index["source.id"][l.ID()]; len(known) > 0 {
		return known[0]
	}
	one := &thread{letter: l}
	t.all = append(t.all, one)
	t.index.add("id", conversationID(l.id), one)
	t.index.add("source.id", l.ID(), one)
	for _, contact := range l.To {
		t.index.add("contact_ids", contact, one)
	}
	return one
}

// candidates returns the threads there are at a time, among them all that
// match.
func (t *threads) candidates(c *condition, now time.Time) []thread {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, narrow := t.index.candidates(c)
	if !narrow {
		found = t.all
	}
	views := make([]thread, 0, len(found))
	for _, one := range found {
		if view := one.at(now); !view.created().IsZero() {
			views = append(views, view)
		}
	}
	return views
}

// at is the thread without what is still to come.
func (t thread) at(now time.Time) thread {
	i, found := slices.BinarySearchFunc(t.replies, now, time.Time.Compare)
	if found {
		i++
	}
	t.replies = t.replies[:i]
	return t
}

// created is when the conversation began; zero: it has not.
func (t *thread) created() time.Time {
	if !t.opened.IsZero() {
		return t.opened
	}
	return t.firstReply()
}

func (t *thread) firstReply() time.Time {
	if len(t.replies) == 0 {
		return time.Time{}
	}
	return t.replies[0]
}

func (t *thread) lastReply() time.Time {
	if len(t.replies) == 0 {
		return time.Time{}
	}
	return t.replies[len(t.replies)-1]
}

// updated is the last time that something happened.
func (t *thread) updated() time.Time {
	if last := t.lastReply(); last.After(t.opened) {
		return last
	}
	return t.opened
}
