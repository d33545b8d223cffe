package contacts

import (
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// A By is what contacts are found by; its text begins an address's.
type By string

// What contacts are found by.
const (
	Email      By = "email"
	ExternalID By = "external" // the workspace owner's own id of a user
	ID         By = "id"       // Intercom's
)

// field is the name of the field that is searched.
func (b By) field() string {
	if b == ExternalID {
		return "external_id"
	}
	return string(b)
}

// An Address is what one contact, or several, is found by. Make it with
// [NewAddress].
type Address struct {
	By    By
	Value string
}

// NewAddress returns the address that a text means: without blanks at its ends,
// and an email address in small letters.
func NewAddress(by By, text string) Address {
	text = strings.TrimSpace(text)
	if by == Email {
		text = strings.ToLower(text)
	}
	return Address{by, text}
}

// String returns "email:maria@example.com" or "external:4711".
func (a Address) String() string { return string(a.By) + ":" + a.Value }

// MarshalText returns the same.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what String returns.
func (a *Address) UnmarshalText(text []byte) error {
	by, value, ok := strings.Cut(string(text), ":")
	switch By(by) {
	case Email, ExternalID, ID:
		if ok && value != "" {
			*a = Address{By(by), value}
			return nil
		}
	}
	return fmt.Errorf("read address %q: no kind of address begins so", text)
}

// of returns the address of this kind that a contact has.
func (b By) of(c *intercom.Contact) Address {
	switch b {
	case Email:
		return NewAddress(b, c.Email)
	case ExternalID:
		return NewAddress(b, c.ExternalID)
	}
	return NewAddress(b, c.ID)
}
