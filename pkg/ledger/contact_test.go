package ledger

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A contact that was written to, or may have been, is not written to under
// another key, also when the ledger was closed in between.
func TestContactBelongsToOneKey(t *testing.T) {
	for _, test := range []struct {
		name  string
		first func(l *Ledger, claim uint64) error
		free  bool // for another key
	}{
		{"in flight", func(*Ledger, uint64) error { return nil }, false},
		{"sent", settledAs(Sent), false},
		{"unknown", settledAs(Unknown), false},
		{"failed", settledAs(Failed), true},
		{"unsubscribed", settledAs(Skipped), true},
		{"released", func(l *Ledger, n uint64) error { return l.Release(n, "429") }, true},
		{"settled as sent", func(l *Ledger, n uint64) error {
			return errors.Join(settledAs(Unknown)(l, n), l.SettleByHand("email:a@x", Sent, "Ann", ""))
		}, false},
		{"settled as not sent", func(l *Ledger, n uint64) error {
			return errors.Join(settledAs(Unknown)(l, n), l.SettleByHand("email:a@x", Pending, "Ann", ""))
		}, true},
		{"replaced", func(l *Ledger, n uint64) error {
			return errors.Join(settledAs(Failed)(l, n), l.Replace("email:a@x", "email:b@x"))
		}, true},
	} {
		for _, reopened := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reopened %v", test.name, reopened), func(t *testing.T) {
				d := newSimDisk(1)
				l := openContactLedger(t, d)
				n, err := l.ClaimContact("email:a@x", "5f01", 2, Pending)
				if err == nil {
					err = test.first(l, n)
				}
				if err != nil {
					t.Fatal(err)
				}
				if reopened {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					l = openContactLedger(t, d)
				}
				if _, err := l.ClaimContact("email:c@x", "5f02", 4, Pending); err != nil {
					t.Errorf("another contact: %v", err)
				}
				_, err = l.ClaimContact("email:b@x", "5f01", 3, Pending)
				if test.free && err != nil || !test.free && !errors.Is(err, ErrContact) {
					t.Errorf("the same contact under another key: %v, want it free: %v", err, test.free)
				}
			})
		}
	}
}

func settledAs(s Status) func(*Ledger, uint64) error {
	return func(l *Ledger, n uint64) error { return l.Settle(n, Outcome{Status: s}) }
}

func openContactLedger(t *testing.T, d *simDisk) *Ledger {
	t.Helper()
	l, err := Open(simPath, Options{Create: &Header{Campaign: "x"}, FS: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A key keeps its contact: what is retried goes to the same one, and only a
// person can ask for what may be a second message.
func TestKeyKeepsItsContact(t *testing.T) {
	l := openContactLedger(t, newSimDisk(1))
	for _, s := range []Status{Failed, Unknown, Sent} {
		n, err := l.ClaimContact("email:a@x", "5f01", 2, l.Lookup("email:a@x").Status)
		if err != nil {
			t.Fatalf("before %v: %v", s, err)
		}
		if err := l.Settle(n, Outcome{Status: s}); err != nil {
			t.Fatal(err)
		}
	}
}

// A person who was forgotten is not written to under another address.
func TestForgottenContact(t *testing.T) {
	d := newSimDisk(1)
	l := openContactLedger(t, d)
	n, err := l.ClaimContact("email:a@x", "5f01", 2, Pending)
	if err == nil {
		err = errors.Join(l.Settle(n, Outcome{Status: Failed, Code: "not_found"}), l.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Forget(simPath, []string{"email:a@x"}, false, Options{FS: d}); err != nil {
		t.Fatal(err)
	}
	if content := string(d.content()); strings.Contains(content, "5f01") || strings.Contains(content, "a@x") {
		t.Error("the contact's id or address is still in the file")
	}
	l = openContactLedger(t, d)
	if _, err := l.ClaimContact("email:b@x", "5f01", 3, Pending); !errors.Is(err, ErrContact) {
		t.Errorf("the contact under another key: %v", err)
	}
	if !l.VisitContact("email:b@x", "5f01") {
		t.Error("the contact is free for another key")
	}
}

// In one pass a contact is one key's, whether that is sent or not.
func TestVisitContact(t *testing.T) {
	l := openContactLedger(t, newSimDisk(1))
	l.BeginPass()
	if l.VisitContact("a", "5f01") || !l.VisitContact("b", "5f01") || l.VisitContact("b", "5f02") {
		t.Error("the first key of a pass does not have the contact to itself")
	}
	l.BeginPass()
	if l.VisitContact("b", "5f01") {
		t.Error("a pass remembers the one before")
	}
	n, err := l.ClaimContact("b", "5f01", 2, Pending)
	if err == nil {
		err = l.Settle(n, Outcome{Status: Failed})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.BeginPass()
	if !l.VisitContact("a", "5f01") {
		t.Error("a contact that failed in this run is another key's in the same run")
	}
	if l.VisitContact("b", "5f01") {
		t.Error("a contact that failed is not its own key's any more")
	}
	if got := len(l.Counts()); got != 1 {
		t.Errorf("%d states, want that of the key alone", got)
	}
}
