package campaign

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

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
	wording            // of a campaign without variants
	choices   []choice // the variants
	as        *choice  // the one that all rows get; nil: each its own
	cc, bcc   []copyPrograms
	only      *program // nil: all rows
	except    *program // nil: no rows
	zone      *program // nil: all rows have the same
	zones     *zoneCache
	uses      []Use
	texts     map[string]*Fixed // by setting
	buffers   *sync.Pool        // of *bytes.Buffer
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
		wording:   b.wording(wording{}, "message", c.Subject, c.From, c.bodies),
		cc:        b.copies(c.CC),
		bcc:       b.copies(c.BCC),
		only:      b.inline(c.Only),
		except:    b.inline(c.Except),
		zone:      b.inline(c.When.ZoneOf),
		zones:     &zoneCache{},
		buffers:   &sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	r.choices = b.choices(c, r.wording)
	if err := b.problems.err(c.File); err != nil {
		return nil, err
	}
	r.settle()
	for i := range r.choices {
		r.choices[i].settle()
	}
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

// Render returns a row's message, of the variant that it gets if nothing is on
// record of it. The error is a *RenderError: this row can't be sent to. Empty
// fields are no error, where what they are part of isn't empty then.
func (r *Renderer) Render(row *source.Recipient) (*intercom.Message, error) {
	w, err := r.wordingOf(row)
	if err != nil {
		return nil, err
	}
	return r.render(row, w)
}

// RenderVariant returns a row's message of a variant, whichever the row gets by
// itself; otherwise as Render. The campaign has that variant.
func (r *Renderer) RenderVariant(row *source.Recipient, name string) (*intercom.Message, error) {
	return r.render(row, &r.choice(name).wording)
}

func (r *Renderer) render(row *source.Recipient, w *wording) (*intercom.Message, error) {
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
	if m.Subject, err = w.renderSubject(b, row); err != nil {
		return nil, err
	}
	if m.Body, err = w.body.one(b, row); err != nil {
		return nil, err
	}
	if isBlank(m.Body) {
		return nil, w.body.refuse(KindEmpty, "is empty")
	}
	if m.From, err = r.renderFrom(b, row, w); err != nil {
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

func (w *wording) renderSubject(b *bytes.Buffer, row *source.Recipient) (string, error) {
	if w.subject == nil {
		return "", nil
	}
	return w.subject.filled(b, row)
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
