package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// Person is a contact of the workspace that the sandbox plays.
type Person struct {
	// ID is Intercom's own id; empty: 24 hex digits made of the position.
	ID string
	// Role is "user" or "lead"; empty means user.
	Role string
	// Email may be that of others too. Searches compare it in small letters.
	Email      string
	ExternalID string
	Name       string
	Phone      string

	// Tags and Segments are ids.
	Tags, Segments []string

	// UnsubscribedFromEmails makes emails fail, as the state Unsubscribed does.
	// Bounces and spam marks are only told: the API does not say that it
	// refuses such emails.
	UnsubscribedFromEmails bool
	HasHardBounced         bool
	MarkedEmailAsSpam      bool

	// CustomAttributes are strings, numbers, booleans or nil by name.
	CustomAttributes map[string]any

	// CreatedAt is 1 January 2024, UTC, if it is zero, UpdatedAt is CreatedAt.
	CreatedAt, UpdatedAt time.Time

	// AppearsAfter is how long after New no search finds the contact and no
	// message reaches it, as one that was created moments ago.
	AppearsAfter time.Duration

	// Archived and merged contacts are not found by searches. Messages to an
	// archived one are answered as for an unknown id, to a merged one with 410.
	Archived bool
	// MergedInto is the id that a merged contact lives on under.
	MergedInto string
}

func (p *Person) setDefaults(position int) {
	setDefault(&p.ID, fmt.Sprintf("%024x", 0x5a0000000000+position))
	setDefault(&p.Role, "user")
	setDefault(&p.CreatedAt, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	setDefault(&p.UpdatedAt, p.CreatedAt)
}

var (
	givenNames  = strings.Fields("Maria Ahmed Chloé Jonas Aiko Lucía Piotr Nkechi Olga Liam Ananya Tomás Zoë Henrik Fatima Noah")
	familyNames = strings.Fields("Novak García Okafor Schmidt Tanaka O'Brien Larsen Silva Kaya Rossi Dubois Petrov Singh Nguyen Weber Mensah")
	plans       = []string{"free", "pro", "team"}
)

// Crowd makes up n people, the same for the same seed, as a workspace has them:
// users with external ids and every fifth a lead without; names and emails in
// many letters, some of them in capitals; leads with the email of a user (one in
// 25); tags (beta-tag, press-tag) and segments; some who unsubscribed, bounced
// or marked an email as spam, and a few who are archived or merged.
func Crowd(seed uint64, n int) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = invent(seed, i)
		if i > 0 && chance(seed, "duplicate", i) < .04 {
			people[i].duplicate(&people[i-1])
		}
	}
	return people
}

// chance is a number in [0, 1) for one person and purpose.
func chance(seed uint64, purpose string, i int) float64 {
	return share(seed, purpose, "crowd", uint64(i))
}

func invent(seed uint64, i int) Person {
	pick := func(list []string, purpose string) string {
		return list[int(chance(seed, purpose, i)*float64(len(list)))]
	}
	given, family := pick(givenNames, "given"), pick(familyNames, "family")
	p := Person{
		ID:                     fmt.Sprintf("%08x%016x", uint32(seed), i+1),
		Role:                   "user",
		Email:                  fmt.Sprintf("%s.%d@example.com", ascii(given), i+1),
		ExternalID:             fmt.Sprintf("crm-%06d", i+1),
		Name:                   given + " " + family,
		UnsubscribedFromEmails: chance(seed, "unsubscribed", i) < .05,
		HasHardBounced:         chance(seed, "bounced", i) < .01,
		MarkedEmailAsSpam:      chance(seed, "spam", i) < .005,
		Archived:               chance(seed, "archived", i) < .005,
		CustomAttributes:       map[string]any{"plan": pick(plans, "plan"), "seats": int(chance(seed, "seats", i) * 50)},
		// Several share a second, so that pages end amid equals.
		CreatedAt: time.Unix(1_704_067_200+int64(chance(seed, "created", i)*1e4)*3600, 0).UTC(),
	}
	if chance(seed, "lead", i) < .2 {
		p.Role, p.ExternalID = "lead", ""
	}
	if chance(seed, "capitals", i) < .05 {
		p.Email = strings.ToUpper(p.Email[:1]) + p.Email[1:]
	}
	if chance(seed, "beta", i) < .1 {
		p.Tags = append(p.Tags, "beta-tag")
	}
	if chance(seed, "press", i) < .02 {
		p.Tags = append(p.Tags, "press-tag")
	}
	p.Segments = []string{p.CustomAttributes["plan"].(string) + "-segment"}
	return p
}

// duplicate makes p a second contact of the same human being: mostly a lead
// that nobody joined with the user, sometimes one that was.
func (p *Person) duplicate(of *Person) {
	p.Role, p.ExternalID, p.Name, p.Email = "lead", "", of.Name, of.Email
	if p.ID[len(p.ID)-1] == '7' {
		p.MergedInto = of.ID
	}
}

// ascii is a name as it stands in an address.
func ascii(name string) string {
	return strings.ToLower(strings.NewReplacer("é", "e", "í", "i", "á", "a", "ë", "e").Replace(name))
}
