package contacts

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A workspace is a sandbox that counts searches.
type workspace struct {
	client *intercom.Client

	mu       sync.Mutex
	searches int
	failAt   int // the search that fails, from 1; 0: none
}

func newWorkspace(t *testing.T, people ...sandbox.Person) *workspace {
	t.Helper()
	server, err := sandbox.Listen(t.Context(), "", sandbox.New(sandbox.Options{People: people}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	token, err := intercom.NewSecret("any")
	if err != nil {
		t.Fatal(err)
	}
	client, err := intercom.New(intercom.Options{BaseURL: server.URL(), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return &workspace{client: client}
}

var errKilled = errors.New("killed")

func (w *workspace) search(ctx context.Context, q intercom.Query, cursor string) (intercom.ContactPage, error) {
	w.mu.Lock()
	w.searches++
	fails := w.searches == w.failAt
	w.mu.Unlock()
	if fails {
		return intercom.ContactPage{}, errKilled
	}
	return w.client.SearchContacts(ctx, q, cursor)
}

func (w *workspace) find(t *testing.T, path string, addresses iter.Seq2[Address, error]) (*Cache, error) {
	t.Helper()
	cache, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	f := Finder{Search: w.search, Cache: cache}
	return cache, f.Find(t.Context(), addresses)
}

func emails(texts ...string) iter.Seq2[Address, error] {
	return func(yield func(Address, error) bool) {
		for _, text := range texts {
			if !yield(NewAddress(Email, text), nil) {
				return
			}
		}
	}
}

func cacheFile(t *testing.T) string { return filepath.Join(t.TempDir(), "a.contacts.jsonl") }

// What an address leads to, however it is written.
func TestWhoIsFound(t *testing.T) {
	w := newWorkspace(t,
		sandbox.Person{ID: "1", Email: "Maria@Example.com", Name: "Maria"},
		sandbox.Person{ID: "2", Email: "two@example.com", Role: "user", CreatedAt: time.Unix(100, 0)},
		sandbox.Person{ID: "3", Email: "two@example.com", Role: "lead", CreatedAt: time.Unix(200, 0)},
		sandbox.Person{ID: "4", Email: "old@example.com", MergedInto: "1"},
		sandbox.Person{ID: "5", Email: "gone@example.com", Archived: true},
	)
	cache, err := w.find(t, cacheFile(t), emails(" MARIA@example.com ", "maria@example.com", "two@example.com", "old@example.com", "gone@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if w.searches != 1 || cache.Len() != 4 {
		t.Errorf("%d searches for %d addresses, want 1 for 4", w.searches, cache.Len())
	}
	for _, test := range []struct {
		address string
		prefer  Preference
		want    string // an id, or the error
	}{
		{"maria@example.com", NoPreference, "1"},
		{"two@example.com", Users, "2"},
		{"two@example.com", Leads, "3"},
		{"two@example.com", Newest, "3"},
		{"two@example.com", NoPreference, "several contacts have this address: user 2, lead 3"},
		{"old@example.com", Newest, ErrNobody.Error()},
		{"gone@example.com", Newest, ErrNobody.Error()},
	} {
		e, err := cache.Get(NewAddress(Email, test.address))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Choose(e, test.prefer)
		got := c.ID
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s, prefer %q: %s, want %s", test.address, test.prefer, got, test.want)
		}
	}
	if _, err := cache.Get(NewAddress(Email, "never@example.com")); !errors.Is(err, ErrNotAsked) {
		t.Errorf("an address that was not asked for: %v", err)
	}
}

// Batches are full, and who looks up again asks for nothing.
func TestFewestSearches(t *testing.T) {
	const n = 1234
	var people []sandbox.Person
	var list []string
	for i := range n {
		people = append(people, sandbox.Person{Email: fmt.Sprintf("p%d@example.com", i)})
		list = append(list, fmt.Sprintf("P%d@example.com", i), fmt.Sprintf("p%d@example.com ", i))
	}
	w, path := newWorkspace(t, people...), cacheFile(t)
	for range 2 {
		cache, err := w.find(t, path, emails(list...))
		if err != nil || cache.Len() != n {
			t.Fatalf("%d known: %v", cache.Len(), err)
		}
		if want := (n + intercom.MaxValues - 1) / intercom.MaxValues; w.searches != want {
			t.Fatalf("%d searches, want %d", w.searches, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
}

// What was answered before the end is not asked again, and a page that is missing
// makes no entry.
func TestGoesOnWhereItStopped(t *testing.T) {
	const n = 500
	var people []sandbox.Person
	var list []string
	for i := range n {
		people = append(people, sandbox.Person{Email: fmt.Sprintf("p%d@example.com", i)})
		list = append(list, fmt.Sprintf("p%d@example.com", i))
	}
	for range 200 {
		people = append(people, sandbox.Person{Email: "p7@example.com"}) // so that one batch has pages
	}
	w, path := newWorkspace(t, people...), cacheFile(t)
	w.failAt = 5
	cache, err := w.find(t, path, emails(list...))
	if !errors.Is(err, errKilled) {
		t.Fatalf("the end: %v", err)
	}
	known := cache.Len()
	if known%intercom.MaxValues != 0 || known >= n {
		t.Errorf("%d known after the end", known)
	}
	if err := appendTorn(path); err != nil {
		t.Fatal(err)
	}
	w.failAt, w.searches = 0, 0
	cache, err = w.find(t, path, emails(list...))
	if err != nil || cache.Len() != n {
		t.Fatalf("%d known: %v", cache.Len(), err)
	}
	pages := 1 // of the batch with two hundred more, beyond the first
	if least := (n - known) / intercom.MaxValues; w.searches < least || w.searches > least+pages {
		t.Errorf("%d searches for %d that were left", w.searches, n-known)
	}
	if e, err := cache.Get(NewAddress(Email, "p7@example.com")); err != nil || len(e.Contacts) != 201 {
		t.Errorf("%d contacts of one address, want 201: %v", len(e.Contacts), err)
	}
}

// appendTorn leaves what a killed process may leave.
func appendTorn(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteString(`{"address":"email:p499@example.com","asked":"2026-`)
	}
	return errors.Join(err, f.Close())
}

// An entry that is too old is asked for again, and the newest counts, also for
// whoever opens the file later.
func TestStale(t *testing.T) {
	w, path := newWorkspace(t, sandbox.Person{ID: "1", Email: "maria@example.com"}), cacheFile(t)
	cache, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-48 * time.Hour)
	if err := cache.Put(Entry{Address: NewAddress(Email, "maria@example.com"), Asked: long}); err != nil {
		t.Fatal(err)
	}
	f := Finder{Search: w.search, Cache: cache, Stale: func(e Entry) bool { return time.Since(e.Asked) > 24*time.Hour }}
	for range 2 {
		if err := f.Find(t.Context(), emails("maria@example.com")); err != nil {
			t.Fatal(err)
		}
	}
	if w.searches != 1 {
		t.Errorf("%d searches, want 1", w.searches)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Cache{cache, again} {
		e, err := c.Get(NewAddress(Email, "maria@example.com"))
		if err != nil || len(e.Contacts) != 1 || c.Len() != 1 {
			t.Errorf("%+v of %d: %v", e, c.Len(), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Two processes may append to one file: neither writes over the other's lines.
func TestTwoProcesses(t *testing.T) {
	path := cacheFile(t)
	var caches [2]*Cache
	for i := range caches {
		c, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		caches[i] = c
	}
	for i := range 100 {
		e := Entry{Address: NewAddress(ExternalID, fmt.Sprint(i)), Asked: time.Unix(int64(i+1), 0).UTC()}
		if err := caches[i%2].Put(e); err != nil {
			t.Fatal(err)
		}
		got, err := caches[i%2].Get(e.Address)
		if err != nil || !cmp.Equal(got.Asked, e.Asked) {
			t.Fatalf("%+v: %v", got, err)
		}
	}
	all, err := Open(path)
	if err != nil || all.Len() != 100 {
		t.Fatalf("%d of 100: %v", all.Len(), err)
	}
	_ = all.Close()
}

func FuzzOpen(f *testing.F) {
	f.Add(`{"address":"email:a@x","asked":"2026-01-01T00:00:00Z","contacts":[{"id":"1"}]}` + "\n")
	f.Add(`{"address":"email:a@x"` + "\n\n{}\nnull\n[]\n" + `{"address":"id:"}`)
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path)
		if err != nil {
			t.Fatal(err) // a cache is never a reason not to go on
		}
		defer c.Close()
		e := Entry{Address: NewAddress(Email, "new@x"), Asked: time.Unix(1, 0).UTC()}
		if err := c.Put(e); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Get(e.Address); err != nil || !got.Asked.Equal(e.Asked) {
			t.Fatalf("%+v, %v", got, err)
		}
		if after, _ := os.ReadFile(path); !strings.HasPrefix(string(after), text) {
			t.Fatal("what was there was changed")
		}
	})
}
