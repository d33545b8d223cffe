package campaign

import (
	"bytes"
	"errors"
	"strconv"

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

// Sender returns who a row's message comes from, as the campaign says it.
func (r *Renderer) Sender(row *source.Recipient) (Sender, error) {
	w, err := r.wordingOf(row)
	if err != nil {
		return Sender{}, err
	}
	b := r.buffer()
	defer r.buffers.Put(b)
	if w.from.contact {
		if row, _, err = r.join(b, row); err != nil {
			return Sender{}, err
		}
	}
	return w.sender(b, row)
}

func (w *wording) sender(b *bytes.Buffer, row *source.Recipient) (Sender, error) {
	if w.fixed != (Sender{}) {
		return w.fixed, nil
	}
	if w.from.waits(row) {
		return Sender{}, nil
	}
	text, err := w.from.filled(b, row)
	if err != nil {
		return Sender{}, err
	}
	s, err := parseSender(text)
	if err != nil {
		return Sender{}, w.from.refuse(KindInvalid, strconv.Quote(text)+" "+err.Error())
	}
	return s, nil
}

// sender returns the sender that a program without fields renders.
func (p *program) sender() (Sender, error) {
	if !p.flat || len(p.pieces) != 1 || p.pieces[0].site != nil {
		return Sender{}, errNotSender
	}
	return parseSender(p.pieces[0].literal)
}

func (r *Renderer) renderFrom(b *bytes.Buffer, row *source.Recipient, w *wording) (int64, error) {
	s, err := w.sender(b, row)
	if err != nil || s.ID != 0 || r.admin == nil || s == (Sender{}) {
		return s.ID, err
	}
	id, ok := r.admin(s.Email)
	if !ok {
		return 0, w.from.refuse(KindAdmin, "no admin of the workspace has the address "+s.Email)
	}
	return id, nil
}

// FixedSenders returns the senders that do not depend on the row, each once, and
// whether no other sender is possible.
func (r *Renderer) FixedSenders() (senders []Sender, all bool) {
	seen := map[Sender]bool{{}: true}
	all = true
	for _, w := range r.wordings() {
		all = all && w.fixed != Sender{}
		if !seen[w.fixed] {
			senders = append(senders, w.fixed)
			seen[w.fixed] = true
		}
	}
	return senders, all
}

// SendersByVariant reports whether all variants have senders that do not depend
// on the row, but not all the same one.
func (r *Renderer) SendersByVariant() bool {
	senders, all := r.FixedSenders()
	return all && len(senders) > 1
}

// FixedSender returns the sender that all messages have; false if it depends
// on the row.
func (r *Renderer) FixedSender() (Sender, bool) {
	if senders, all := r.FixedSenders(); all && len(senders) == 1 {
		return senders[0], true
	}
	return Sender{}, false
}
