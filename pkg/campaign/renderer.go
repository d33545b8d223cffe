package campaign

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// errNotSender is what a sender that is neither an id nor an address ends with.
var errNotSender = errors.New("must be the id or the email address of an admin")

// A Sender is who a message comes from: the id of an admin, or the email
// address of one whose id is still to be found out.
type Sender struct {
	ID    int64
	Email string
}

// CompileOptions are what Compile needs besides the source's header.
type CompileOptions struct {
	// Admin returns the id of the admin with this email address; false if
	// there is none. It is called by every rendering of a campaign whose
	// sender is an address, by many goroutines at once, so it must know and
	// not ask. Nil: offline; the From of such messages is 0, and
	// [Renderer.Sender] tells the address.
	Admin func(email string) (id int64, ok bool)
	// Contact returns the contact with an address, where the campaign has
	// addresses; contacts.ErrNobody, or a *contacts.AmbiguousError, makes the row
	// one that can't be rendered. It is called by every rendering, by many
	// goroutines at once, so it must know and not ask. Where it returns
	// contacts.ErrNotAsked, and if it is nil, a text that reads the contact is
	// rendered as an ellipsis.
	Contact func(contacts.Address) (intercom.Contact, error)
}

// A Renderer makes the messages of one campaign for the rows of one source. It
// may be used by any number of goroutines.
type Renderer struct {
	campaign  *Campaign
	admin     func(string) (int64, bool)
	contact   func(contacts.Address) (intercom.Contact, error)
	toType    *program
	toID      *program
	toAddress *program // nil: rows have ids
	key       *program // nil: the id
	subject   *program // nil: none
	body      *program
	from      *program
	fixed     Sender // what from says for every row; zero if it depends on the row
	cc, bcc   []copyPrograms
	only      *program // nil: all rows
	except    *program // nil: no rows
	zone      *program // nil: all rows have the same
	zones     zoneCache
	uses      []Use
	texts     map[string]*Fixed // by setting
	buffers   sync.Pool         // of *bytes.Buffer
}

type copyPrograms struct{ kind, id *program }

// A Use is one place of a template that reads a field of the row.
type Use struct {
	Setting string // the one whose template it is: "to.id", "message.body"; a partial belongs to the body
	Field   string // the column's name as in the source; a JSONL field as the template says it, a.b for b in a
	Handled bool   // the template says what to do without a value, by default or a condition
	Tested  bool   // it stands in the condition of an {{if}}, {{with}} or {{range}}, and is not printed there
	File    string
	Line    int
	Column  int
}

// Compile binds the campaign's templates to the columns of a source; h is nil
// for JSONL, whose rows need not have the same fields. The error is Problems.
func (c *Campaign) Compile(h *source.Header, o CompileOptions) (*Renderer, error) {
	b := &binder{header: h, vars: c.Vars, calls: functions(), fixed: map[string]*Fixed{}, addressed: c.To.By() != ""}
	if o.Contact == nil {
		o.Contact = func(contacts.Address) (intercom.Contact, error) { return intercom.Contact{}, contacts.ErrNotAsked }
	}
	r := &Renderer{
		campaign:  c,
		admin:     o.Admin,
		contact:   o.Contact,
		toType:    b.stable(c.To.Type),
		toID:      b.stable(c.To.ID),
		toAddress: b.stable(c.To.address()),
		key:       b.stable(c.Key),
		subject:   b.inline(c.Subject),
		from:      b.inline(c.From),
		cc:        b.copies(c.CC),
		bcc:       b.copies(c.BCC),
		only:      b.inline(c.Only),
		except:    b.inline(c.Except),
		zone:      b.inline(c.When.ZoneOf),
		buffers:   sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	r.body = b.compile("message.body", c.bodies.clone())
	if err := b.problems.err(c.File); err != nil {
		return nil, err
	}
	r.fixed, _ = r.from.sender()
	r.uses, r.texts = b.uses, b.fixed
	return r, nil
}

func (b *binder) copies(list []To) []copyPrograms {
	var all []copyPrograms
	for _, to := range list {
		all = append(all, copyPrograms{b.inline(to.Type), b.inline(to.ID)})
	}
	return all
}

// Uses returns the names of the fields that the templates read, sorted.
func (r *Renderer) Uses() []string {
	var names []string
	for _, u := range r.uses {
		names = append(names, u.Field)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Places returns each place of the templates that reads a field.
func (r *Renderer) Places() []Use { return slices.Clone(r.uses) }

// Recipient returns who a row's message goes to; the error is a *RenderError.
func (r *Renderer) Recipient(row *source.Recipient) (intercom.Recipient, error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	_, to, err := r.join(b, row)
	return to, err
}

// Sender returns who a row's message comes from, as the campaign says it.
func (r *Renderer) Sender(row *source.Recipient) (Sender, error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	if r.from.contact {
		joined, _, err := r.join(b, row)
		if err != nil {
			return Sender{}, err
		}
		row = joined
	}
	return r.sender(b, row)
}

func (r *Renderer) sender(b *bytes.Buffer, row *source.Recipient) (Sender, error) {
	if r.fixed != (Sender{}) {
		return r.fixed, nil
	}
	if r.from.waits(row) {
		return Sender{}, nil
	}
	text, err := r.from.filled(b, row)
	if err != nil {
		return Sender{}, err
	}
	s, err := parseSender(text)
	if err != nil {
		return Sender{}, r.from.refuse(KindInvalid, strconv.Quote(text)+" "+err.Error())
	}
	return s, nil
}

// FixedSender returns the sender that all messages have; false if it depends
// on the row.
func (r *Renderer) FixedSender() (Sender, bool) { return r.fixed, r.fixed != (Sender{}) }

// sender returns the sender that a program without fields renders.
func (p *program) sender() (Sender, error) {
	if !p.flat || len(p.pieces) != 1 || p.pieces[0].site != nil {
		return Sender{}, errNotSender
	}
	return parseSender(p.pieces[0].literal)
}

// Render returns a row's message. The error is a *RenderError: this row can't
// be sent to. Empty fields are no error, where what they are part of isn't
// empty then.
func (r *Renderer) Render(row *source.Recipient) (*intercom.Message, error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	row, to, err := r.join(b, row)
	if err != nil {
		return nil, err
	}
	if _, _, err = r.selected(b, row); err != nil {
		return nil, err
	}
	c := r.campaign
	m := &intercom.Message{
		Type:             c.Type,
		Template:         c.Template,
		To:               intercom.Recipients{to},
		CreatedAt:        c.CreatedAt,
		OpenConversation: c.OpenConversation,
	}
	if m.Subject, err = r.renderSubject(b, row); err != nil {
		return nil, err
	}
	if m.Body, err = r.body.one(b, row); err != nil {
		return nil, err
	}
	if isBlank(m.Body) {
		return nil, r.body.refuse(KindEmpty, "is empty")
	}
	if m.From, err = r.renderFrom(b, row); err != nil {
		return nil, err
	}
	if m.CC, err = copiesOf(b, row, r.cc); err != nil {
		return nil, err
	}
	m.BCC, err = copiesOf(b, row, r.bcc)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (r *Renderer) renderSubject(b *bytes.Buffer, row *source.Recipient) (string, error) {
	if r.subject == nil {
		return "", nil
	}
	return r.subject.filled(b, row)
}

func (r *Renderer) renderFrom(b *bytes.Buffer, row *source.Recipient) (int64, error) {
	s, err := r.sender(b, row)
	if err != nil || s.ID != 0 || r.admin == nil || s == (Sender{}) {
		return s.ID, err
	}
	id, ok := r.admin(s.Email)
	if !ok {
		return 0, r.from.refuse(KindAdmin, "no admin of the workspace has the address "+s.Email)
	}
	return id, nil
}

// recipient renders type and id of a contact.
func recipient(b *bytes.Buffer, row *source.Recipient, kind, id *program) (to intercom.Recipient, err error) {
	if to.ID, err = id.filled(b, row); err != nil {
		return to, err
	}
	if to.Type, err = kind.filled(b, row); err != nil {
		return to, err
	}
	if strings.ContainsFunc(to.ID, unicode.IsControl) {
		return to, id.refuse(KindInvalid, "an id can't have control characters: "+strconv.Quote(to.ID))
	}
	if to.Type != "user" && to.Type != "lead" {
		return to, kind.refuse(KindInvalid, strconv.Quote(to.Type)+" must be user or lead")
	}
	return to, nil
}

// copiesOf renders cc or bcc; a copy without an id is left out.
func copiesOf(b *bytes.Buffer, row *source.Recipient, copies []copyPrograms) (intercom.Recipients, error) {
	var all intercom.Recipients
	for _, c := range copies {
		if c.id.waits(row) || c.kind.waits(row) {
			continue
		}
		id, err := c.id.one(b, row)
		if err != nil {
			return nil, err
		}
		if isBlank(id) {
			continue
		}
		to, err := recipient(b, row, c.kind, c.id)
		if err != nil {
			return nil, err
		}
		all = append(all, to)
	}
	return all, nil
}

func (r *Renderer) buffer() *bytes.Buffer { return r.buffers.Get().(*bytes.Buffer) }

// filled renders a value that must not be empty, and trims it.
func (p *program) filled(b *bytes.Buffer, row *source.Recipient) (string, error) {
	s, err := p.one(b, row)
	if err != nil {
		return "", err
	}
	if s = strings.TrimSpace(s); s == "" {
		return "", p.refuse(KindEmpty, "is empty")
	}
	return s, nil
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
