package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// whoHelp says in the help of commands what WHO may be.
const whoHelp = `WHO is a key or a contact's id. If there is none like that, it is a value of any
field of the source, such as an email address or a name, whatever its capitals;
--field says of which field.`

// A wanted is who a person on the command line means.
type wanted struct {
	text  string // a key, a contact's id or a value of a field; empty: by line
	line  int    // of the source, or of the one that a message was sent from
	field string // text is a value of this field

	anywhere bool // the field need not be one of this source
}

func (w wanted) String() string {
	switch {
	case w.text == "":
		return fmt.Sprintf("line %d", w.line)
	case w.field != "":
		return w.field + " " + w.text
	}
	return w.text
}

// args are the arguments of show for the same person.
func (w wanted) args() string {
	switch {
	case w.text == "":
		return fmt.Sprintf("--line %d", w.line)
	case w.field != "":
		return shellQuote(w.text, "--field", w.field)
	}
	return shellQuote(w.text)
}

func (w *wanted) addField(flags *pflag.FlagSet) {
	flags.StringVar(&w.field, "field", "", "WHO is a value of this `field` of the source")
}

// A found is one key that may be the one that is meant.
type found struct {
	key  string
	line int               // of its first row in the source; 0: it is not there
	by   string            // what WHO is: "key", "contact id", "line", or the name of a field
	row  *source.Recipient // nil: it is not in the source
	bad  error             // why its row has no key
	more []int             // lines of further rows with the same key
}

const (
	mostFound = 1000  // that are kept: nobody looks at more
	mostNear  = 10000 // that are compared with a misspelling
)

// A search finds who is meant: in the source as it is now, and in the ledger.
type search struct {
	wanted
	exact []*found // by key or id, by line, by the field that was named
	loose []*found // by another field, or but for capitals
	more  int      // that were found and not kept
	byKey map[string]*found
	near  []string // what may have been meant
}

// found returns those that are meant: whoever has WHO as a key or an id comes
// before those who have it somewhere else.
func (s *search) found() []*found {
	if len(s.exact) > 0 {
		return s.exact
	}
	return s.loose
}

// withKeys returns those of them whose rows have a key.
func (s *search) withKeys() []*found {
	return slices.DeleteFunc(slices.Clone(s.found()), func(f *found) bool { return f.bad != nil })
}

// suggestion returns what was probably meant, empty if nothing is near.
func (s *search) suggestion() string { return campaign.Nearest(s.text, s.near) }

// sourceAtHand opens the source, if that needs nobody else; otherwise it keeps in
// mind why not. A source that was named must be there.
func (s *session) sourceAtHand(ctx context.Context) error {
	s.offline = true
	if s.files.source == "" && s.campaign.Source.Path == "-" {
		s.missing = "the campaign reads its contacts from standard input"
		return nil
	}
	err := s.bind(ctx)
	if err == nil || s.files.source != "" || errors.Is(err, context.Canceled) {
		return err
	}
	s.renderer, s.missing = nil, refusalOf(err).what
	return nil
}

// search finds who is meant. Without a renderer the source is not at hand, without
// a book there is no ledger.
func (s *session) search(book *ledger.Book, w wanted) (*search, error) {
	w.text = strings.TrimSpace(w.text)
	found := &search{wanted: w, byKey: map[string]*found{}}
	if s.renderer != nil {
		if err := s.searchSource(found); err != nil {
			return nil, err
		}
	}
	if by := s.campaign.To.By(); by != "" && book != nil && w.field == "" && len(found.exact)+len(found.loose) == 0 {
		if key := contacts.NewAddress(by, w.text).String(); book.Lookup(key).Status != ledger.Pending {
			found.fromLedger(key, string(by))
			return found, nil
		}
	}
	if book == nil || w.field != "" || len(found.exact) > 0 && w.line == 0 {
		return found, nil
	}
	known := len(found.byKey)
	if err := found.searchLedger(book); err != nil {
		return nil, err
	}
	if s.renderer != nil && len(found.byKey) > known {
		return found, s.eachRow(found.complete)
	}
	return found, nil
}

// searchSource looks at every row of the source.
func (s *session) searchSource(found *search) error {
	rows, err := s.openSource()
	if err != nil {
		return err
	}
	defer rows.Close()
	if h := rows.Header(); h != nil && found.field != "" {
		if _, ok := h.Index(found.field); !ok && found.anywhere {
			return nil
		} else if !ok {
			return &usageError{err: fmt.Errorf("--field %s: %s has no such column; it has %s", found.field, s.sourceName, strings.Join(h.Names(), ", "))}
		}
	}
	return eachSourceRow(rows, func(row *source.Recipient) error {
		found.look(s, row)
		return nil
	}, func(bad *source.RowError) {
		if bad.Line == found.line {
			found.keep(&found.exact, "", "line", source.NewObject(bad.Line, nil), bad)
		}
	})
}

// look adds a row that may be the one.
func (s *search) look(of *session, row *source.Recipient) {
	key, bad := of.renderer.Key(row)
	if bad == nil {
		if f := s.byKey[key]; f != nil {
			f.more = append(f.more, row.Line)
			return
		}
	}
	var id string
	if to, err := of.renderer.Recipient(row); err == nil {
		id = to.ID
	}
	by, exact := s.matches(key, id, row)
	switch {
	case by == "" && len(s.exact)+len(s.loose) == 0:
		s.considerRow(key, row)
	case by == "":
	case exact:
		s.keep(&s.exact, key, by, row, bad)
	default:
		s.keep(&s.loose, key, by, row, bad)
	}
}

// keep adds a row to those that are meant.
func (s *search) keep(to *[]*found, key, by string, row *source.Recipient, bad error) {
	if len(*to) == mostFound {
		s.more++
		return
	}
	f := &found{key: key, line: row.Line, by: by, row: row, bad: bad}
	*to = append(*to, f)
	if bad == nil {
		s.byKey[key] = f
	}
}

// considerRow keeps what of a row may be a misspelling.
func (s *search) considerRow(key string, row *source.Recipient) {
	if s.field != "" {
		value, _ := valueAt(row, s.field)
		s.consider(value)
		return
	}
	s.consider(key)
	eachValue(row, func(_, value string) bool { s.consider(value); return true })
}

// consider keeps what may be a misspelling of what was asked for: of about the
// same length, and with the same first or last letter.
func (s *search) consider(value string) {
	value = strings.TrimSpace(value)
	if s.text == "" || len(s.near) == mostNear || max(len(value)-len(s.text), len(s.text)-len(value)) > 3 || value == "" {
		return
	}
	first, _ := utf8.DecodeRuneInString(value)
	last, _ := utf8.DecodeLastRuneInString(value)
	begin, _ := utf8.DecodeRuneInString(s.text)
	end, _ := utf8.DecodeLastRuneInString(s.text)
	if (first == begin || last == end) && !slices.Contains(s.near[max(0, len(s.near)-8):], value) {
		s.near = append(s.near, value)
	}
}

// searchLedger adds keys that the ledger has, and the source may not have any
// more.
func (s *search) searchLedger(book *ledger.Book) error {
	if s.text != "" && book.Lookup(s.text).Status != ledger.Pending {
		s.fromLedger(s.text, "key")
		return nil
	}
	for _, err := range book.Events(func(key string, line int) bool {
		switch {
		case s.text != "" && key == s.text:
			s.fromLedger(key, "key")
		case s.line != 0 && line == s.line:
			s.fromLedger(key, "line")
		default:
			s.consider(key)
		}
		return false // it is the keys that count, not what became of them
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) fromLedger(key, by string) {
	if s.byKey[key] == nil && len(s.exact) < mostFound {
		f := &found{key: key, by: by}
		s.exact, s.byKey[key] = append(s.exact, f), f
	}
}

// complete finds the rows of keys that the ledger had.
func (s *search) complete(key string, row *source.Recipient, _ []byte) error {
	if f := s.byKey[key]; f != nil && f.row == nil {
		f.row, f.line = row, row.Line
	}
	return nil
}
