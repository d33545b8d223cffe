package main

import (
	"slices"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/source"
)

// contactCopies lists the files of what was looked up of contacts, and the
// audiences that were read.
func (f *farewell) contactCopies() []copyFile {
	paths := []string{f.home() + ".contacts.jsonl", f.home() + ".sandbox.contacts.jsonl"}
	if f.files.ledger != "" {
		paths = append(paths, f.contactsPath())
	}
	var all []copyFile
	for _, path := range slices.Compact(paths) {
		if exists(path) {
			all = append(all, copyFile{path: path, kind: "contacts that were looked up", column: "address", names: f.addressesOf})
		}
	}
	if f.campaign.Source.Audience == nil || f.files.source != "" {
		return all
	}
	for _, begin := range []string{f.home(), f.home() + ".sandbox"} {
		path := f.audienceAt(begin)
		if exists(path) {
			all = append(all, copyFile{path: path, kind: "audience", column: "id", keyOf: f.keyOf})
		}
		if part := path + partEnding; exists(part) {
			all = append(all, copyFile{path: part, kind: "audience, not read to its end", column: "id", keyOf: f.keyOf})
		}
	}
	return all
}

// keyOf returns the key of a row of the source; empty if it has none.
func (f *farewell) keyOf(row *source.Recipient) string {
	if f.renderer == nil {
		id, _ := valueAt(row, "id")
		return id
	}
	key, err := f.renderer.Key(row)
	if err != nil {
		return ""
	}
	return key
}

// addressesOf returns what the contacts of these keys were looked up by: a key
// says it itself, unless the campaign has keys of its own. Then the rows say it.
func (f *farewell) addressesOf(keys []string) []string {
	byID := f.campaign.LooksUp() == contacts.ID
	if f.campaign.Key == nil {
		addresses := slices.Clone(keys)
		for i, key := range keys {
			if byID {
				addresses[i] = contacts.NewAddress(contacts.ID, key).String()
			}
		}
		return addresses
	}
	var addresses []string
	if f.renderer == nil {
		return addresses
	}
	_ = f.eachRow(func(key string, row *source.Recipient, _ []byte) error { // without a source there is nobody to find
		if a, ok := f.addressOf(row); ok && slices.Contains(keys, key) {
			addresses = append(addresses, a.String())
		}
		return nil
	})
	return addresses
}

// asKeys returns the keys of people who are named and nowhere to be found.
func (f *farewell) asKeys(who []string) []string {
	by := f.campaign.To.By()
	if by == "" || f.campaign.Key != nil {
		return who
	}
	keys := make([]string, len(who))
	for i, w := range who {
		var a contacts.Address
		if keys[i] = w; a.UnmarshalText([]byte(w)) != nil {
			keys[i] = contacts.NewAddress(by, w).String()
		}
	}
	return keys
}
