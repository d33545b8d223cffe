package contacts

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// DefaultSearches is how many searches a Finder has on their way at once, unless
// it says otherwise: enough for the API's usual limit at its usual speed.
const DefaultSearches = 8

// A Finder looks addresses up and keeps what it is told.
type Finder struct {
	// Search asks for one page of contacts; required. Several goroutines call it
	// at once. It waits for its turn, and asks again where that helps: an error
	// ends Find.
	Search func(ctx context.Context, q intercom.Query, cursor string) (intercom.ContactPage, error)
	// Cache keeps the answers; required.
	Cache *Cache
	// Stale reports whether an entry is too old to be of use; nil: none is.
	Stale func(Entry) bool
	// Answered is told how many more addresses are known; nil: nobody is. Several
	// goroutines call it at once.
	Answered func(addresses int)
	// Searches is how many are on their way at once, 0 for DefaultSearches.
	Searches int
}

// A batch is what one search asks for: addresses of one kind, each once.
type batch []Address

// Find looks up the addresses that the cache does not know, or knows from too
// long ago, in the fewest searches: intercom.MaxValues addresses each. Answers are
// in the cache as soon as they are there, so whatever ends Find, what was
// answered is not asked again. Addresses of different kinds don't mix well: keep
// to one. An error of addresses ends it too.
func (f *Finder) Find(ctx context.Context, addresses iter.Seq2[Address, error]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches, asked := make(chan batch), newAsked()
	var wait sync.WaitGroup
	for range cmp.Or(f.Searches, DefaultSearches) {
		wait.Go(func() {
			for b := range batches {
				if err := f.ask(ctx, b); err != nil {
					cancel(err)
					return
				}
				asked.remove(b)
			}
		})
	}
	err := f.collect(ctx, addresses, asked, batches)
	close(batches)
	wait.Wait()
	return cmp.Or(context.Cause(ctx), err)
}

// collect makes batches of the addresses that have to be asked for.
func (f *Finder) collect(ctx context.Context, addresses iter.Seq2[Address, error], asked *asked, batches chan<- batch) error {
	var next batch
	send := func() error {
		if len(next) == 0 {
			return nil
		}
		select {
		case batches <- next:
			next = nil
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for a, err := range addresses {
		if err != nil {
			return err
		}
		if len(next) > 0 && next[0].By != a.By {
			if err := send(); err != nil {
				return err
			}
		}
		if !asked.add(a) {
			continue
		}
		fresh, err := f.fresh(a) // not before: an answer is there before it is no longer on its way
		if err != nil {
			return err
		}
		if fresh {
			asked.remove(batch{a})
			continue
		}
		if next = append(next, a); len(next) == intercom.MaxValues {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// fresh reports whether the cache knows enough of an address.
func (f *Finder) fresh(a Address) (bool, error) {
	e, err := f.Cache.Get(a)
	if errors.Is(err, ErrNotAsked) {
		return false, nil
	}
	return err == nil && (f.Stale == nil || !f.Stale(e)), err
}

// ask looks up one batch, page by page. No entry is kept of a batch that was not
// answered to its end: a page that is missing may have the second contact of an
// address.
func (f *Finder) ask(ctx context.Context, b batch) error {
	values := make([]string, len(b))
	found := make(map[Address]*Entry, len(b))
	entries := make([]Entry, len(b))
	for i, a := range b {
		values[i], found[a] = a.Value, &entries[i]
	}
	query := intercom.Query{Where: intercom.In(b[0].By.field(), values...)}
	asked := time.Now().UTC()
	for cursor := ""; ; {
		page, err := f.Search(ctx, query, cursor)
		if err != nil {
			return err
		}
		for _, c := range page.Contacts {
			if e := found[b[0].By.of(&c)]; e != nil {
				e.add(c)
			}
		}
		if page.Next == "" {
			break
		}
		if page.Next == cursor {
			return intercom.ErrRepeated
		}
		cursor = page.Next
	}
	for i, a := range b {
		entries[i].Address, entries[i].Asked = a, asked
		slices.SortFunc(entries[i].Contacts, func(a, b intercom.Contact) int { return strings.Compare(a.ID, b.ID) })
	}
	if err := f.Cache.Put(entries...); err != nil {
		return err
	}
	if f.Answered != nil {
		f.Answered(len(b))
	}
	return nil
}

// add adds a contact; one that moves from page to page comes twice.
func (e *Entry) add(c intercom.Contact) {
	for _, had := range e.Contacts {
		if had.ID == c.ID {
			return
		}
	}
	e.Contacts = append(e.Contacts, c)
}

// asked are the addresses on their way, which the cache does not know yet.
type asked struct {
	mu        sync.Mutex
	addresses map[Address]struct{}
}

func newAsked() *asked { return &asked{addresses: map[Address]struct{}{}} }

// add reports whether an address was not on its way yet.
func (s *asked) add(a Address) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, had := s.addresses[a]; had {
		return false
	}
	s.addresses[a] = struct{}{}
	return true
}

func (s *asked) remove(b batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range b {
		delete(s.addresses, a)
	}
}
