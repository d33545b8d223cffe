package campaign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// By returns what contacts are looked up by, empty if rows have their ids.
func (t *To) By() contacts.By {
	switch {
	case t.Email != nil:
		return contacts.Email
	case t.ExternalID != nil:
		return contacts.ExternalID
	}
	return ""
}

// LooksUp returns what contacts have to be looked up by before anything is sent:
// by their address, or by their id where only their consent is asked for. Empty:
// nobody has to be.
func (c *Campaign) LooksUp() contacts.By {
	if by := c.To.By(); by != "" || !c.SkipUnsubscribed {
		return by
	}
	return contacts.ID
}

// to reads who a row's message goes to.
func (d *decoder) to(dst *To) reader {
	return func(name string, n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			d.add(n, "%s as a list, one shared message for a group, is not supported by this version", name)
			return
		}
		var prefer string
		found := d.mapping(name+".", n, []key{
			{"type", d.contactType(&dst.Type)}, {"id", d.template(&dst.ID)},
			{"email", d.template(&dst.Email)}, {"external_id", d.template(&dst.ExternalID)},
			{"prefer", value(d, &prefer, oneOf(string(contacts.Users), string(contacts.Leads), string(contacts.Newest)))},
		})
		dst.Prefer = contacts.Preference(prefer)
		switch byID := found["type"] || found["id"]; {
		case found == nil:
		case found["email"] && found["external_id"]:
			d.add(n, "%s has email and external_id: contacts are found by one of them", name)
		case byID && dst.By() != "":
			d.add(n, "%s has %s: leave type and id out, they come from the contact that is found", name, dst.address().Name)
		case dst.By() != "":
		case found["prefer"] && !found["id"]:
			d.add(n, "%s says which contact to prefer, but neither email nor external_id", name)
		default:
			if found["prefer"] {
				d.add(n, "%s.prefer goes with email or external_id: an id is of one contact", name)
			}
			d.require(name+".", n, found, "type", "id")
		}
	}
}

// address is the template of what contacts are looked up by; nil if they are not.
func (t *To) address() *Template {
	if t.Email != nil {
		return t.Email
	}
	return t.ExternalID
}

// parseUnsubscribed reads whether people who want no emails are left out.
func parseUnsubscribed(s string) (*bool, error) {
	word, err := oneOf("skip", "send")(s)
	skip := word == "skip"
	return &skip, err
}

// contactFields are what .contact has, named as in Intercom's API.
var contactFields = []string{"id", "role", "email", "external_id", "name", "phone", "language_override",
	"unsubscribed_from_emails", "has_hard_bounced", "marked_email_as_spam",
	"created_at", "updated_at", "signed_up_at", "last_seen_at", "custom_attributes"}

// fieldsOf returns the fields of a contact: texts, booleans, times in unix
// seconds, and the object custom_attributes. What the contact does not have is
// absent.
func fieldsOf(c *intercom.Contact) (map[string]any, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	for name, v := range fields {
		if v == nil || v == "" || !slices.Contains(contactFields, name) {
			delete(fields, name)
		}
	}
	return fields, nil
}

// contactField checks a reading of .contact.
func (b *binder) contactField(at parse.Pos, base string, path []string, u use) parse.Node {
	s := &site{path: path, column: -1, contact: true, tmpl: b.file, offset: int(at),
		optional: u.optional, handled: u.optional, printed: u.printed}
	if b.header != nil {
		if _, clash := b.header.Index("contact"); clash {
			b.problem(at, "the source has a column named contact, and .contact means the contact in Intercom: rename the column, or write {{col \"contact\"}} for it")
		}
	}
	switch {
	case b.naming:
		b.problem(at, "%s can't be read here: who a row is must not depend on what Intercom says of the contact", s)
	case len(path) == 1:
		b.problem(at, "name a field of the contact, as in {{.contact.name}}")
	case !slices.Contains(contactFields, path[1]):
		b.problem(at, "a contact has no field %q", path[1]).Suggestion = Nearest(path[1], contactFields)
	case len(path) > 2 && path[1] != "custom_attributes":
		b.problem(at, "%s: .contact.%s has no fields", s, path[1])
	}
	b.sites = append(b.sites, s)
	return call(base, len(b.sites)-1)
}

// stable compiles a template that says who a row is.
func (b *binder) stable(t *Template) *program {
	b.naming = true
	defer func() { b.naming = false }()
	return b.inline(t)
}

// Address returns what the row's contact is found by; false if the campaign says
// the contact's id. The error is a *RenderError.
func (r *Renderer) Address(row *source.Recipient) (contacts.Address, bool, error) {
	if r.toAddress == nil {
		return contacts.Address{}, false, nil
	}
	b := r.buffer()
	defer r.buffers.Put(b)
	a, err := r.address(b, row)
	return a, true, err
}

func (r *Renderer) address(b *bytes.Buffer, row *source.Recipient) (contacts.Address, error) {
	text, err := r.toAddress.filled(b, row)
	if err != nil {
		return contacts.Address{}, err
	}
	a := contacts.NewAddress(r.campaign.To.By(), text)
	switch {
	case strings.ContainsFunc(text, unicode.IsControl):
		return a, r.toAddress.refuse(KindInvalid, "an address can't have control characters: "+strconv.Quote(text))
	case a.By == contacts.Email && (strings.Count(text, "@") != 1 || strings.ContainsAny(text, " ,;<>")):
		return a, r.toAddress.refuse(KindInvalid, strconv.Quote(text)+" is no email address")
	}
	return a, nil
}

// join returns who a row goes to, and the row with its contact's fields. A contact
// that was not looked up is called by its address.
func (r *Renderer) join(b *bytes.Buffer, row *source.Recipient) (*source.Recipient, intercom.Recipient, error) {
	if r.toAddress == nil {
		to, err := recipient(b, row, r.toType, r.toID)
		return row, to, err
	}
	a, err := r.address(b, row)
	if err != nil {
		return nil, intercom.Recipient{}, err
	}
	c, err := r.contact(a)
	var several *contacts.AmbiguousError
	switch {
	case errors.Is(err, contacts.ErrNotAsked):
		return row, intercom.Recipient{Type: "user", ID: a.String()}, nil
	case errors.Is(err, contacts.ErrNobody):
		return nil, intercom.Recipient{}, r.toAddress.refuse(KindContact, "nobody in Intercom has "+a.Value)
	case errors.As(err, &several):
		return nil, intercom.Recipient{}, r.toAddress.refuse(KindAmbiguous, "is the address of several contacts: "+several.Names())
	case err != nil:
		return nil, intercom.Recipient{}, r.toAddress.refuse(KindContact, err.Error())
	case c.Role != "user" && c.Role != "lead":
		return nil, intercom.Recipient{}, r.toAddress.refuse(KindContact, fmt.Sprintf("the contact %s is a %q, and messages go to users and leads", c.ID, c.Role))
	}
	fields, err := fieldsOf(&c)
	if err != nil {
		return nil, intercom.Recipient{}, r.toAddress.refuse(KindContact, err.Error())
	}
	return row.Join(fields), intercom.Recipient{Type: c.Role, ID: c.ID}, nil
}

// NotLookedUp stands for a text whose template reads a contact that is not known
// yet.
const NotLookedUp = "…"

// waits reports whether a program can't be rendered for a row, since its contact
// is not known.
func (p *program) waits(row *source.Recipient) bool { return p.contact && row.Joined() == nil }
