package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
	"github.com/herald-campaigns/herald/pkg/suppression"
)

// suppressVariable names the file of the central list.
const suppressVariable = "HERALD_SUPPRESS"

// addSuppressed reads the campaign's lists and the central one, and adds their
// rule.
func (s *session) addSuppressed() error {
	var lists []*suppression.List
	paths := s.campaign.Suppress
	if central := s.env(suppressVariable); central != "" {
		paths = append(paths[:len(paths):len(paths)], central)
	}
	for _, path := range paths {
		list, err := suppression.Read(path)
		if err != nil {
			return listRefusal(path, err)
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil
	}
	person := s.identities()
	s.skipRules = append(s.skipRules, func(row *source.Recipient, key string, _ ledger.State) (code, reason string) {
		ids := person(row, key)
		for _, list := range lists {
			for _, id := range ids {
				if _, ok := list.Find(id); ok {
					return suppressed, "on the list " + list.Path // one text for all: it is counted
				}
			}
		}
		return "", ""
	})
	return nil
}

// listRefusal explains why a list can't be used: without it somebody would be
// written to who must not be.
func listRefusal(path string, err error) error {
	r := &refusal{code: exitUsage, what: fmt.Sprintf("the list of people who must not be written to can't be read: %v", err),
		hint: "correct it, or what names it (suppress: in the campaign, " + suppressVariable + "); nothing was sent"}
	if errors.Is(err, fs.ErrNotExist) {
		r.what = "there is no list " + path + " of people who must not be written to"
		r.hint = "check suppress: in the campaign, and " + suppressVariable + "; an empty file is a list that nobody is on"
	}
	return r
}

// identities returns what tells all identities of the person in a row: its key,
// the contact it goes to, what stands in its fields, and contacts that get a copy.
// What is returned is valid until the next call.
func (s *session) identities() func(row *source.Recipient, key string) []suppression.Identity {
	var fields *suppression.Fields
	var ids []suppression.Identity
	return func(row *source.Recipient, key string) []suppression.Identity {
		if fields == nil { // all rows of a source have the same header
			fields = suppression.NewFields(row.Header(), s.renderer.SenderFields()...)
		}
		ids = append(ids[:0], suppression.Identify(key))
		if to, err := s.renderer.Recipient(row); err == nil {
			ids = append(ids, suppression.Identify(to.ID))
		}
		ids = fields.Append(ids, row)
		copied, _ := s.renderer.Copied(row) // what is wrong with it rendering says
		for _, id := range copied {
			ids = append(ids, suppression.Identify(id))
		}
		return ids
	}
}
