package ledger

// A contact may be known by several keys: two addresses, an address and a
// number. So a claim can carry the id of the contact it is for, and then the
// contact counts too: while one key has it as Claimed, Sent or Unknown, no other
// key is claimed for it. What people do to a key they do to its contact.

// ClaimContact is [Ledger.Claim] for a message to the contact with this id. It
// is refused with ErrContact, and nothing is recorded, if the contact is
// Claimed, Sent or Unknown under another key, or was forgotten. An empty id is
// none.
func (l *Ledger) ClaimContact(key, contact string, line int, expected Status) (uint64, error) {
	return l.claim(Claim{Key: key, Contact: contact, Line: line}, expected)
}

// VisitContact reports whether a contact belongs to another key than this one:
// one for which ClaimContact would refuse it, one that reached an outcome with it
// in the present run, or one that visited it before in the present pass. If not,
// it is marked as visited.
func (b *Book) VisitContact(key, contact string) (others bool) {
	h, c := b.fold.index.Hash(key), b.fold.index.contact(contact)
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.fold.index.lookup(h)
	b.fold.contactIndex().update(c, func(now bits) bits {
		seen := now != 0 && now.pass() == b.pass && b.pass != 0
		mine := now.cause() == h.tag()
		if others = seen || now.heldBy(state, h) || now&thisRun != 0 && !mine; others {
			return now
		}
		return now.withPass(b.pass)
	})
	return others
}

// contact returns the hash of a contact's id, which is that of no key: a key has
// no control characters.
func (x *Index) contact(id string) Hash { return contactHash(x.salt, id) }

func contactHash(salt []byte, id string) Hash {
	if id == "" {
		return Hash{}
	}
	return saltedHash(salt, "\x00"+id)
}

// tag is what a contact's state remembers of the key that has it, in the place
// of a cause.
func (h Hash) tag() uint16 { return uint16(h[2]) }

// heldBy reports whether a contact with this state is kept from a key: it may
// have got a message, and not under that key.
func (b bits) heldBy(key bits, h Hash) bool {
	switch b.status() {
	case Claimed, Sent, Unknown:
		return b.status() != key.status() || b.cause() != h.tag()
	case Forgotten:
		return true
	}
	return false
}

// contactIndex is made when the first contact comes: most ledgers have none.
func (f *fold) contactIndex() *Index {
	if f.contacts == nil {
		f.contacts = NewIndex(f.index.salt)
	}
	return f.contacts
}

// contactState returns what is known of a contact.
func (f *fold) contactState(c Hash) bits {
	if f.contacts == nil || c == (Hash{}) {
		return 0
	}
	return f.contacts.lookup(c)
}

// holdContact makes a contact claimed by a key, and returns what it was.
func (f *fold) holdContact(c, key Hash, now bool) (before bits) {
	if c == (Hash{}) {
		return 0
	}
	f.contactIndex().update(c, func(b bits) bits {
		before = b
		return b.settle(Claimed, key.tag(), now)
	})
	return before
}

// releaseContact makes a contact what it was before its claim.
func (f *fold) releaseContact(c openClaim) {
	if c.contact != (Hash{}) {
		f.contacts.update(c.contact, func(b bits) bits { return c.contactBefore.withPass(b.pass()) })
	}
}

// settleContact gives a contact the outcome of its claim.
func (f *fold) settleContact(c openClaim, s Status, now bool) {
	delete(f.doubt, c.hash)
	if c.contact == (Hash{}) {
		return
	}
	if s == Unknown {
		f.doubt[c.hash] = c.contact
	}
	f.contacts.update(c.contact, func(b bits) bits { return b.settle(s, c.hash.tag(), now) })
}

// decideContact gives the contact of an unknown key what a person decided on.
func (f *fold) decideContact(key Hash, as Status, now bool) {
	c, ok := f.doubt[key]
	delete(f.doubt, key)
	if ok {
		f.contacts.update(c, func(b bits) bits { return b.settle(as, key.tag(), now) })
	}
}

// forgetContact keeps a contact from being written to under any key.
func (f *fold) forgetContact(c Hash) {
	f.contactIndex().update(c, func(b bits) bits { return b.settle(Forgotten, 0, false) })
}

func appendContactClaim(b []byte, c *Claim) []byte {
	return appendRecord(b, kindContactClaim, func(b []byte) []byte {
		return append(appendText(appendClaimHead(b, c), c.Contact), c.Key...)
	})
}

func readContactClaim(body []byte) (Claim, error) {
	c := cursor{b: body}
	claim := c.claimHead()
	claim.Contact = c.text()
	if c.bad || claim.Number == 0 {
		return Claim{}, errRecord
	}
	claim.Key = string(c.b)
	return claim, nil
}
