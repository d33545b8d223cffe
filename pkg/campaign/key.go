package campaign

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/source"
)

// MaxKey is the greatest length of a key, in bytes.
const MaxKey = 256

// Key returns what makes a row the same person in every run: the rendered key,
// or the id it is sent to, trimmed, or its address as in email:maria@example.com,
// without capitals. It is valid UTF-8 of 1 to MaxKey bytes
// without control characters; the error is a *RenderError.
func (r *Renderer) Key(row *source.Recipient) (string, error) {
	b := r.buffer()
	defer r.buffers.Put(b)
	key, p, err := r.rawKey(b, row)
	if err != nil {
		return "", err
	}
	switch {
	case len(key) > MaxKey:
		return "", p.refuse(KindInvalid, "a key has 256 bytes at most, this one "+strconv.Itoa(len(key)))
	case !utf8.ValidString(key):
		return "", p.refuse(KindInvalid, "a key must be UTF-8 text")
	case strings.ContainsFunc(key, unicode.IsControl):
		return "", p.refuse(KindInvalid, "a key can't have control characters: "+strconv.Quote(key))
	}
	return key, nil
}

// rawKey returns a key that was not checked, and the template that it is of.
func (r *Renderer) rawKey(b *bytes.Buffer, row *source.Recipient) (string, *program, error) {
	p := r.key
	switch {
	case p == nil && r.toAddress != nil:
		a, err := r.address(b, row)
		return a.String(), r.toAddress, err
	case p == nil:
		p = r.toID
	}
	key, err := p.filled(b, row)
	return key, p, err
}
