package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A wording is what a message of a variant is made with.
type wording struct {
	subject *program // nil: none
	body    *program
	from    *program
	fixed   Sender // what from says for every row; zero if it depends on the row
}

// A choice is a variant with its wording.
type choice struct {
	name   string
	weight float64
	when   *program // nil: by weight, or Else
	wording
}

// wording compiles templates; those that are nil are those of base.
func (b *binder) wording(base wording, key string, subject, from *Template, body *set) wording {
	w := base
	if subject != nil {
		w.subject = b.inline(subject)
	}
	if from != nil {
		w.from = b.inline(from)
	}
	if body != nil {
		w.body = b.compile(key+".body", body.clone())
	}
	return w
}

// choices compiles the variants of a campaign.
func (b *binder) choices(c *Campaign, base wording) []choice {
	var all []choice
	for _, v := range c.Variants {
		all = append(all, choice{
			name: v.Name, weight: v.Weight, when: b.stable(v.When),
			wording: b.wording(base, "variants."+v.Name, v.Subject, v.From, v.bodies),
		})
	}
	return all
}

// settle finds out what is the same for every row; the templates are bound now.
func (w *wording) settle() {
	if w.from != nil {
		w.fixed, _ = w.from.sender()
	}
}

// Variant returns the name of the variant that a row gets, empty if the campaign
// has none. By weight it depends on the campaign's name, the row's key and the
// variants' names alone, so a row has the same one in every run; had is the one
// that it is on record with, which it keeps even if weights or variants are others
// now, as long as that exists; empty: none. By condition it depends on what the
// row says, and had is of no account. The error is a *RenderError: no condition
// is true of the row, or it has no key.
func (r *Renderer) Variant(row *source.Recipient, had string) (string, error) {
	c, err := r.choose(row, had)
	if c == nil || err != nil {
		return "", err
	}
	return c.name, nil
}

// choose returns a row's variant; nil if the campaign has none.
func (r *Renderer) choose(row *source.Recipient, had string) (*choice, error) {
	switch {
	case r.as != nil:
		return r.as, nil
	case len(r.choices) == 0:
		return nil, nil
	case r.choices[0].weight == 0:
		return r.chooseByCondition(row)
	}
	if c := r.choice(had); c != nil {
		return c, nil
	}
	key, err := r.Key(row)
	if err != nil {
		return nil, err
	}
	return r.chooseByWeight(key), nil
}

// choice returns the variant of this name, nil if there is none.
func (r *Renderer) choice(name string) *choice {
	for i := range r.choices {
		if r.choices[i].name == name {
			return &r.choices[i]
		}
	}
	return nil
}

// chooseByWeight has each variant draw a lot for the key, and the best lot wins
// (weighted rendezvous hashing): so a variant that is new takes rows from all
// others in proportion, and moves none between those.
func (r *Renderer) chooseByWeight(key string) *choice {
	var best *choice
	least := math.Inf(1)
	for i := range r.choices {
		c := &r.choices[i]
		if drawn := -math.Log(r.lot("variant "+c.name, key)) / c.weight; drawn < least {
			best, least = c, drawn
		}
	}
	return best
}

// lot is a number between 0 and 1 that only depends on the campaign's name, what
// it is drawn for, and the key.
func (r *Renderer) lot(purpose, key string) float64 {
	b := fmt.Appendf(nil, "%s\x00%s\x00%s", r.campaign.Name, purpose, key)
	sum := sha256.Sum256(b)
	const bits = 53 // of a float64's fraction
	return (float64(binary.BigEndian.Uint64(sum[:])>>(64-bits)) + 0.5) / (1 << bits)
}

// Held reports whether a row is among those that the campaign keeps back. It
// depends on the campaign's name and the row's key alone; those held at a smaller
// share are held at a greater one too.
func (r *Renderer) Held(row *source.Recipient) bool {
	if r.campaign.Hold == 0 {
		return false
	}
	key, err := r.Key(row)
	return err == nil && r.lot("hold", key) < r.campaign.Hold
}

func (r *Renderer) chooseByCondition(row *source.Recipient) (*choice, error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	for i := range r.choices {
		c := &r.choices[i]
		if c.when == nil {
			return c, nil
		}
		yes, err := c.when.holds(b, row)
		if err != nil {
			return nil, err
		}
		if yes {
			return c, nil
		}
	}
	first := r.campaign.Variants[0].When
	line, column := first.at(0)
	return nil, &RenderError{Template: "variants", File: first.File, Line: line, Column: column, Kind: KindNoVariant,
		Reason: "no condition is true of the row, and there is no variant " + Else}
}

// Has reports whether the campaign has a variant of this name.
func (r *Renderer) Has(name string) bool { return r.choice(name) != nil }

// As returns a renderer of all rows' messages in one variant, whichever a row
// gets by itself. The campaign has that variant.
func (r *Renderer) As(name string) *Renderer {
	one := *r
	one.as = r.choice(name)
	return &one
}

// wordings returns what messages may be made with, each variant's or the one there
// is.
func (r *Renderer) wordings() []wording {
	switch {
	case r.as != nil:
		return []wording{r.as.wording}
	case len(r.choices) == 0:
		return []wording{r.wording}
	}
	all := make([]wording, len(r.choices))
	for i, c := range r.choices {
		all[i] = c.wording
	}
	return all
}

// wordingOf returns what a row's message is made with.
func (r *Renderer) wordingOf(row *source.Recipient) (*wording, error) {
	c, err := r.choose(row, "")
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return &r.wording, nil
	}
	return &c.wording, nil
}
