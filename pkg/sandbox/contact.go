package sandbox

import "time"

// State is what the workspace knows about a contact.
type State int

const (
	// Known contacts can be written to.
	Known State = iota
	// Unknown contacts don't exist: 404 not_found.
	Unknown
	// TooNew contacts were created moments ago: 404 not_found at first, then Known.
	TooNew
	// Unsubscribed contacts refuse emails with 403 and an empty code; in-app
	// messages reach them.
	Unsubscribed
	// Archived contacts are answered like unknown ones.
	Archived
	// Merged contacts live on under another id: 410.
	Merged
)

// Contacts says in which state a contact is: by its id if States has it, else
// by a share (0 to 1 of all ids, picked by seed and id). Everyone else is Known.
type Contacts struct {
	States map[string]State

	Unknown, TooNew, Unsubscribed, Archived, Merged float64

	// A TooNew contact becomes Known once it was asked for NewTries times and
	// NewFor has passed since the first time. When both are zero, NewTries is 1.
	NewTries int
	NewFor   time.Duration
}

// state looks a contact up; seed decides the shares.
func (c *Contacts) state(seed uint64, id string) State {
	if state, ok := c.States[id]; ok {
		return state
	}
	at := share(seed, "contact", id, 0)
	for _, slice := range []struct {
		size  float64
		state State
	}{
		{c.Unknown, Unknown},
		{c.TooNew, TooNew},
		{c.Unsubscribed, Unsubscribed},
		{c.Archived, Archived},
		{c.Merged, Merged},
	} {
		if at < slice.size {
			return slice.state
		}
		at -= slice.size
	}
	return Known
}

// matured reports whether a TooNew contact, asked for tries times before this
// one and for the first time age ago, can be written to by now.
func (c *Contacts) matured(tries int, age time.Duration) bool {
	need := c.NewTries
	if need == 0 && c.NewFor == 0 {
		need = 1
	}
	return tries >= need && age >= c.NewFor
}

// refuse says why a message of this kind can't be sent to a contact in this
// state; nil means that it can.
func (s State) refuse(email bool) *refusal {
	switch {
	case s == Unknown, s == Archived, s == TooNew:
		return &refusal{404, "not_found", "User Not Found", ""}
	case s == Merged:
		return &refusal{410, "client_error", "User has been merged", ""}
	case s == Unsubscribed && email:
		return &refusal{403, "", "This user is unsubscribed from emails", ""}
	}
	return nil
}

// share maps seed, purpose, id and n to a number in [0, 1), the same in every
// run: FNV-1a, then the finish of splitmix64 for evenness.
func share(seed uint64, purpose, id string, n uint64) float64 {
	hash := fnv(fnv(14695981039346656037^seed, purpose), id) ^ n*0x9e3779b97f4a7c15
	hash = (hash ^ hash>>30) * 0xbf58476d1ce4e5b9
	hash = (hash ^ hash>>27) * 0x94d049bb133111eb
	return float64((hash^hash>>31)>>11) / (1 << 53)
}

func fnv(hash uint64, text string) uint64 {
	for i := range len(text) {
		hash = (hash ^ uint64(text[i])) * 1099511628211
	}
	return hash * 1099511628211 // the end of a text counts too
}
