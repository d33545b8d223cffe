package contacts

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// A Preference says which of several contacts with one address is meant.
type Preference string

// The preferences. Of several that are preferred alike the newest is taken.
const (
	NoPreference Preference = ""       // it must be the only one
	Users        Preference = "user"   // a user before a lead
	Leads        Preference = "lead"   // a lead before a user
	Newest       Preference = "newest" // the one that was created last
)

// Why there is no contact for an address.
var (
	ErrNotAsked = errors.New("the contact was not looked up yet")
	ErrNobody   = errors.New("no contact has this address")
)

// An AmbiguousError says that several contacts have an address, and nothing says
// which is meant.
type AmbiguousError struct {
	Contacts []intercom.Contact // at least two
}

func (e *AmbiguousError) Error() string {
	return "several contacts have this address: " + e.Names()
}

// Names returns role and id of each contact, as in "user 5f04, lead 5f05".
func (e *AmbiguousError) Names() string {
	names := make([]string, len(e.Contacts))
	for i, c := range e.Contacts {
		names[i] = c.Role + " " + c.ID
	}
	return strings.Join(names, ", ")
}

// Choose returns the contact that is meant by the address of an entry. Its error
// is ErrNobody or an *AmbiguousError.
func Choose(e Entry, p Preference) (intercom.Contact, error) {
	switch {
	case len(e.Contacts) == 0:
		return intercom.Contact{}, ErrNobody
	case len(e.Contacts) > 1 && p == NoPreference:
		return intercom.Contact{}, &AmbiguousError{e.Contacts}
	}
	preferred := func(c intercom.Contact) int {
		if c.Role == string(p) {
			return 1
		}
		return 0
	}
	return slices.MaxFunc(e.Contacts, func(a, b intercom.Contact) int {
		return cmp.Or(cmp.Compare(preferred(a), preferred(b)), a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	}), nil
}
