package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// How long it counts what Intercom said of an address.
const (
	consentFor = 24 * time.Hour     // where consent is asked for
	contactFor = 7 * 24 * time.Hour // one contact, otherwise
	doubtFor   = time.Hour          // nobody, or several: people put that right
)

// A directory is what a session knows of its contacts.
type directory struct {
	once  sync.Once
	cache *contacts.Cache
	err   error
}

// knownKeys are the keys of a ledger, and its contacts.
type knownKeys interface {
	sender.Keys
	Lookup(key string) ledger.State
	VisitContact(key, contact string) bool
}

// contactsPath is the file beside the ledger that keeps what was looked up. What
// only looks, without asking whose token it is, takes the one that is there.
func (s *session) contactsPath() string {
	ending := ".contacts.jsonl"
	if !s.anySender && (s.files.ledger != "" || s.me.App.ID != "") {
		return strings.TrimSuffix(s.ledgerPath(), ".ledger") + ending
	}
	if path := s.home() + ".sandbox" + ending; !exists(s.home()+ending) && exists(path) {
		return path
	}
	return s.home() + ending
}

// contacts opens the cache of contacts.
func (s *session) contacts() (*contacts.Cache, error) {
	s.known.once.Do(func() { s.known.cache, s.known.err = contacts.Open(s.contactsPath()) })
	return s.known.cache, s.known.err
}

// contactOf returns the contact that an address means, as it was looked up.
func (s *session) contactOf(a contacts.Address) (intercom.Contact, error) {
	e, err := s.entryOf(a)
	if err != nil {
		return intercom.Contact{}, err
	}
	return contacts.Choose(e, s.campaign.To.Prefer)
}

func (s *session) entryOf(a contacts.Address) (contacts.Entry, error) {
	cache, err := s.contacts()
	if err != nil {
		return contacts.Entry{}, err
	}
	return cache.Get(a)
}

// addressOf returns what a row's contact is looked up by; false if it is not.
func (s *session) addressOf(row *source.Recipient) (contacts.Address, bool) {
	if s.campaign.LooksUp() == contacts.ID {
		to, err := s.renderer.Recipient(row)
		return contacts.NewAddress(contacts.ID, to.ID), err == nil
	}
	a, addressed, err := s.renderer.Address(row)
	return a, addressed && err == nil
}

// lookUp finds the contacts of all rows that are to be sent, and says how many
// there are. A rehearsal takes those that are known.
func (s *session) lookUp(ctx context.Context) error {
	if s.campaign.LooksUp() == "" || s.anySender || s.client == nil {
		return nil
	}
	total, began := 0, time.Now()
	lost := map[contacts.Address]struct{}{}
	err := s.eachToSend(func(key string, row *source.Recipient, _ []byte) error {
		total++
		if gone(s.book.Lookup(key)) {
			if a, ok := s.addressOf(row); ok {
				lost[a] = struct{}{}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	stale := func(e contacts.Entry) bool {
		_, again := lost[e.Address]
		return s.isStale(e) || again && e.Asked.Before(began)
	}
	if err := s.findContacts(ctx, total, s.addressesToSend(), stale); err != nil {
		return err
	}
	return s.reportContacts()
}

// lookUpRows finds the contacts of a few rows.
func (s *session) lookUpRows(ctx context.Context, rows []*source.Recipient) error {
	if s.campaign.To.By() == "" {
		return nil
	}
	return s.findContacts(ctx, len(rows), func(yield func(contacts.Address, error) bool) {
		for _, row := range rows {
			if a, ok := s.addressOf(row); ok && !yield(a, nil) {
				return
			}
		}
	}, s.isStale)
}

// findContacts looks up addresses, about so many.
func (s *session) findContacts(ctx context.Context, total int, addresses iter.Seq2[contacts.Address, error], stale func(contacts.Entry) bool) error {
	cache, err := s.contacts()
	if err != nil {
		return err
	}
	s.governor.Seed(lately(cache.Searches()))
	var done atomic.Int64
	d := s.display(s.run.progress, total, func() int { return int(done.Load()) },
		func() string { return "looking up contacts, " + report.Number(int(done.Load())) })
	defer d.close()
	f := contacts.Finder{Search: s.searchContacts, Cache: cache, Stale: stale, Answered: func(n int) { done.Add(int64(n)) }}
	return s.searchError(f.Find(ctx, addresses))
}

// lately is when, at the latest, requests arrived that began at these times.
func lately(began []time.Time) []time.Time {
	now := time.Now()
	for i, t := range began {
		if began[i] = t.Add(governor.Window); began[i].After(now) {
			began[i] = now
		}
	}
	return began
}

// searchContacts asks for one page of contacts, when it is its turn.
func (s *session) searchContacts(ctx context.Context, query intercom.Query, cursor string) (page intercom.ContactPage, err error) {
	if err := s.governor.Pace(ctx); err != nil {
		return page, err
	}
	err = s.ask(ctx, func() (err error) {
		page, err = s.client.SearchContacts(ctx, query, cursor)
		return err
	})
	return page, err
}

// searchError explains an error of searchContacts.
func (s *session) searchError(err error) error {
	if errors.As(err, new(*intercom.Error)) {
		return connectError(s.client.BaseURL(), err)
	}
	return err
}

// isStale reports whether it has been too long that an address was asked for.
func (s *session) isStale(e contacts.Entry) bool {
	age := time.Since(e.Asked)
	switch _, err := contacts.Choose(e, s.campaign.To.Prefer); {
	case s.campaign.LooksUp() != contacts.ID && err != nil:
		return age > doubtFor
	case s.campaign.SkipUnsubscribed:
		return age > consentFor
	}
	return age > contactFor
}

// gone reports whether a message failed since its contact was not there any more:
// who has the address now is asked anew when it is retried.
func gone(st ledger.State) bool {
	return st.Status == ledger.Failed && (st.HTTPStatus == http.StatusNotFound || st.HTTPStatus == http.StatusGone)
}

// eachToSend calls do with the rows of the source that are pending, or are to be
// sent again, each key once: but for those that are left out whoever they are, so
// that nobody asks for their contacts.
func (s *session) eachToSend(do func(key string, row *source.Recipient, raw []byte) error) error {
	s.book.BeginPass()
	return s.eachRow(func(key string, row *source.Recipient, raw []byte) error {
		st := s.book.Visit(key)
		if st.Seen || st.Status != ledger.Pending && !s.pick(st) || !s.run.onLines.Has(row.Line) || s.leftOut(row, key, st) {
			return nil
		}
		return do(key, row, raw)
	})
}

// leftOut reports whether a rule skips a row whatever Intercom says of its contact.
func (s *session) leftOut(row *source.Recipient, key string, st ledger.State) bool {
	rules := s.skipRules
	if s.campaign.LooksUp() != "" {
		rules = rules[:len(rules)-1] // without that of contacts
	}
	for _, rule := range rules {
		code, _ := rule(row, key, st)
		if code == unsentByOther && s.contactIDOf(row) == "" {
			continue // the other campaign may have the contact by its id
		}
		if code != "" {
			return true
		}
	}
	return false
}

// contactIDOf returns the id of a row's contact, empty if it was not looked up.
func (s *session) contactIDOf(row *source.Recipient) string {
	to, err := s.renderer.Recipient(row)
	if err != nil || s.campaign.To.By() != "" && strings.HasPrefix(to.ID, string(s.campaign.To.By())+":") {
		return ""
	}
	return to.ID
}

// addressesToSend yields the addresses of those rows.
func (s *session) addressesToSend() iter.Seq2[contacts.Address, error] {
	return func(yield func(contacts.Address, error) bool) {
		err := s.eachToSend(func(key string, row *source.Recipient, _ []byte) error {
			a, ok := s.addressOf(row)
			if ok && !yield(a, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(contacts.Address{}, err)
		}
	}
}

// compileOptions are what templates are bound with.
func (s *session) compileOptions() campaign.CompileOptions {
	o := campaign.CompileOptions{Admin: s.admin, Contact: s.contactOf}
	if s.offline {
		o.Admin = nil
	}
	return o
}

// offlineContacts says what a check without a token does not know.
func (s *session) offlineContacts() string {
	switch {
	case s.campaign.LooksUp() == "":
		return ""
	case !exists(s.contactsPath()):
		return ", the contacts"
	}
	return ", the contacts but for those that were looked up before"
}

// removeFile removes a file that may not be there.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}
