package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// people are the contacts that the sandbox knows by name. It is never changed.
type people struct {
	all   []*resident // in the order of results, so that to sort them costs little
	byID  map[string]*resident
	index index[*resident]
}

// resident is a person together with what Options.Contacts makes of one.
type resident struct {
	Person
	settled State
	appears time.Time // 404 and not found until then; zero: from the start
}

func newPeople(o *Options) people {
	p := people{
		all: make([]*resident, 0, len(o.People)), byID: make(map[string]*resident, len(o.People)),
		index: newIndex[*resident]("id", "email", "external_id"),
	}
	for i := range o.People {
		r := &resident{Person: o.People[i]}
		r.setDefaults(i)
		if p.byID[r.ID] == nil {
			r.settle(o)
			p.add(r)
		}
	}
	slices.SortFunc(p.all, func(a, b *resident) int { return a.place().compare(b.place()) })
	return p
}

func (p *people) add(r *resident) {
	p.all = append(p.all, r)
	p.byID[r.ID] = r
	p.index.add("id", r.ID, r)
	p.index.add("email", strings.ToLower(r.Email), r)
	p.index.add("external_id", r.ExternalID, r)
}

// settle decides between the state that is listed for an id, the person's own,
// and the one by shares, in this order.
func (r *resident) settle(o *Options) {
	listed, ok := o.Contacts.States[r.ID]
	if !ok && r.AppearsAfter > 0 {
		r.appears = o.Now().Add(r.AppearsAfter)
	}
	switch {
	case ok:
		r.settled = listed
	case r.MergedInto != "":
		r.settled = Merged
	case r.Archived:
		r.settled = Archived
	case r.UnsubscribedFromEmails:
		r.settled = Unsubscribed
	default:
		r.settled = o.Contacts.state(o.Seed, r.ID)
	}
	if r.settled == Unsubscribed {
		r.UnsubscribedFromEmails = true
	}
}

// state is the person's at a time, before it is asked whether one that is too
// new has grown up.
func (r *resident) state(now time.Time) State {
	if !r.appears.IsZero() && now.Before(r.appears) {
		return Unknown
	}
	return r.settled
}

// contactState is the state of any contact, in the same sense.
func (s *Sandbox) contactState(id string, now time.Time) State {
	contacts := &s.options.Contacts
	if someone := s.people.byID[id]; someone != nil {
		return someone.state(now)
	}
	if _, listed := contacts.States[id]; !listed && len(s.people.all) > 0 && !s.options.AnyRecipient {
		return Unknown
	}
	return contacts.state(s.options.Seed, id)
}

// found reports whether searches know a person.
func (s *Sandbox) found(r *resident, now time.Time) bool {
	switch r.state(now) {
	case Unknown, Archived, Merged:
		return false
	case TooNew:
		return s.options.Contacts.matured(s.tally.asked(r.ID, now))
	}
	return true
}

// Contacts' times are compared by day, as documented; tag and segment ids with
// = and != only.
var contactSchema = schema{perPage: 50, prefix: "custom_attributes.", fields: map[string]kind{
	"id": textField, "role": textField, "name": textField, "email": textField, "email_domain": textField, "phone": textField, "external_id": textField,
	"unsubscribed_from_emails": flagField, "has_hard_bounced": flagField, "marked_email_as_spam": flagField,
	"tag_id": labelField, "segment_id": labelField, "created_at": dayField, "updated_at": dayField,

	// Documented too, but of these no one here has a value.
	"avatar": textField, "owner_id": integerField, "signed_up_at": dayField, "last_seen_at": dayField, "last_contacted_at": dayField,
	"last_replied_at": dayField, "last_email_opened_at": dayField, "last_email_clicked_at": dayField, "language_override": textField,
	"browser": textField, "browser_language": textField, "os": textField,
	"location.country": textField, "location.region": textField, "location.city": textField,
}}

func (r *resident) place() place { return place{r.CreatedAt.Unix(), r.ID} }

func (r *resident) some(c *condition) bool {
	switch c.field {
	case "id":
		return c.holdsText(r.ID)
	case "role":
		return c.holdsText(r.Role)
	case "name":
		return c.holdsText(r.Name)
	case "email":
		return c.holdsText(strings.ToLower(r.Email))
	case "email_domain":
		return c.holdsText(domain(r.Email))
	case "phone":
		return c.holdsText(r.Phone)
	case "external_id":
		return c.holdsText(r.ExternalID)
	case "unsubscribed_from_emails":
		return c.holdsFlag(r.UnsubscribedFromEmails)
	case "has_hard_bounced":
		return c.holdsFlag(r.HasHardBounced)
	case "marked_email_as_spam":
		return c.holdsFlag(r.MarkedEmailAsSpam)
	case "tag_id":
		return slices.ContainsFunc(r.Tags, c.holdsText)
	case "segment_id":
		return slices.ContainsFunc(r.Segments, c.holdsText)
	case "created_at":
		return c.holdsTime(r.CreatedAt.Unix())
	case "updated_at":
		return c.holdsTime(r.UpdatedAt.Unix())
	}
	name, found := strings.CutPrefix(c.field, contactSchema.prefix)
	value := r.CustomAttributes[name]
	return found && value != nil && c.holds(attribute(value))
}

func domain(email string) string {
	_, host, _ := strings.Cut(strings.ToLower(email), "@")
	return host
}

func attribute(value any) operand {
	plain := fmt.Sprint(value)
	number, _ := strconv.ParseFloat(plain, 64)
	return operand{plain, number}
}

// contactItem is a contact as answers show it.
type contactItem struct {
	Type        string         `json:"type"`
	ID          string         `json:"id"`
	WorkspaceID string         `json:"workspace_id"`
	ExternalID  *string        `json:"external_id"`
	Role        string         `json:"role"`
	Email       *string        `json:"email"`
	EmailDomain *string        `json:"email_domain"`
	Phone       *string        `json:"phone"`
	Name        *string        `json:"name"`
	OwnerID     *int64         `json:"owner_id"`
	Bounced     bool           `json:"has_hard_bounced"`
	Spam        bool           `json:"marked_email_as_spam"`
	Unsub       bool           `json:"unsubscribed_from_emails"`
	CreatedAt   int64          `json:"created_at"`
	UpdatedAt   int64          `json:"updated_at"`
	SignedUpAt  *int64         `json:"signed_up_at"`
	LastSeenAt  *int64         `json:"last_seen_at"`
	Language    *string        `json:"language_override"`
	Attributes  map[string]any `json:"custom_attributes"`
	Tags        partList       `json:"tags"`
}

// partList is how an answer lists at most ten of the things a contact has.
type partList struct {
	Type       string     `json:"type"`
	Data       []partItem `json:"data"`
	URL        string     `json:"url"`
	TotalCount int        `json:"total_count"`
	HasMore    bool       `json:"has_more"`
}

type partItem struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	URL  string `json:"url"`
}

func (s *Sandbox) contactItem(r *resident) contactItem {
	attributes := r.CustomAttributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	return contactItem{
		Type: "contact", ID: r.ID, WorkspaceID: s.options.Workspace.IDCode,
		ExternalID: orNull(r.ExternalID), Role: r.Role, Email: orNull(r.Email), EmailDomain: orNull(domain(r.Email)),
		Phone: orNull(r.Phone), Name: orNull(r.Name),
		Bounced: r.HasHardBounced, Spam: r.MarkedEmailAsSpam, Unsub: r.UnsubscribedFromEmails,
		CreatedAt: r.CreatedAt.Unix(), UpdatedAt: r.UpdatedAt.Unix(),
		Attributes: attributes, Tags: tagList(r),
	}
}

func tagList(r *resident) partList {
	const most = 10
	list := partList{
		Type: "list", Data: []partItem{}, URL: "/contacts/" + r.ID + "/tags",
		TotalCount: len(r.Tags), HasMore: len(r.Tags) > most,
	}
	for _, id := range r.Tags[:min(len(r.Tags), most)] {
		list.Data = append(list.Data, partItem{"tag", id, "/tags/" + id})
	}
	return list
}

// orNull is null for an empty text.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type contactList struct {
	Type       string        `json:"type"`
	Data       []contactItem `json:"data"`
	TotalCount int           `json:"total_count"`
	Pages      pagesItem     `json:"pages"`
}

func (s *Sandbox) searchContacts(r request) *answer {
	q, refused := s.readSearch(&r, &contactSchema)
	if refused != nil {
		return s.refuse(&r, refused)
	}
	candidates, narrow := s.people.index.candidates(&q.where)
	if !narrow {
		candidates = slices.Clone(s.people.all)
	}
	candidates = slices.DeleteFunc(candidates, func(one *resident) bool { return !s.found(one, r.at) })
	page, total, pages := pick(q, candidates)
	list := contactList{Type: "list", Data: []contactItem{}, TotalCount: total, Pages: pages}
	for _, one := range page {
		list.Data = append(list.Data, s.contactItem(one))
	}
	return jsonAnswer(http.StatusOK, list)
}

// readSearch reads the body of a search request.
func (s *Sandbox) readSearch(r *request, sc *schema) (*search, *refusal) {
	body, err := readBody(r.Request)
	if err != nil {
		return nil, &refusal{400, "bad_request", "the body could not be read", ""}
	}
	return readSearch(body, sc, s.options.MaxValues)
}
