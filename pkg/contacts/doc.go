// Package contacts finds the contacts that people's own addresses lead to: email
// addresses, customer numbers, or Intercom's ids.
//
// A [Finder] asks for them in batches of as many as one search takes, and a
// [Cache] keeps what it was told in a file, so that a run that is killed and
// started again asks nothing twice:
//
//	cache, err := contacts.Open("spring.contacts.jsonl")
//	...
//	f := contacts.Finder{Search: client.SearchContacts, Cache: cache}
//	err = f.Find(ctx, addresses)                          // asks for what is not known
//	...
//	entry, err := cache.Get(contacts.NewAddress(contacts.Email, " Maria@Example.com"))
//	contact, err := contacts.Choose(entry, contacts.Users)
//
// Several contacts can have one address, a lead and a user for example: all of
// them are kept, and [Choose] decides. Contacts that were archived or merged into
// another are not found by searches; nor are, for some minutes, new ones.
package contacts
