package ledger

// ahead is the claims and outcomes among the records that come next, taken apart
// by whoever read them: with millions of rows that is half of the work, and the
// fold has the other half. Where it is empty, a record is taken apart when it is
// its turn.
type ahead struct {
	claims   []claimHead
	outcomes []outcomeHead
	broken   bool // nothing from here on: a record can't be read
}

// add takes the records of a frame apart, up to one that can't be read: when it is
// the turn of that one, there is nothing left here, and the fold finds what is wrong.
func (a *ahead) add(payload, salt []byte) {
	for len(payload) > 0 && !a.broken {
		k, body, rest, err := nextRecord(payload)
		if err == nil {
			switch k {
			case kindClaim, kindContactClaim, kindAnonymous:
				var c claimHead
				if c, err = readClaimHead(k, body, salt); err == nil {
					a.claims = append(a.claims, c)
				}
			case kindOutcome:
				var h outcomeHead
				if h, err = readOutcomeHead(body); err == nil {
					a.outcomes = append(a.outcomes, h)
				}
			}
		}
		a.broken, payload = err != nil, rest
	}
}

// claim returns what the next claim says.
func (a *ahead) claim(k kind, body, salt []byte) (claimHead, error) {
	if len(a.claims) == 0 {
		return readClaimHead(k, body, salt)
	}
	c := a.claims[0]
	a.claims = a.claims[1:]
	return c, nil
}

// outcome returns what the next outcome says of its key.
func (a *ahead) outcome(body []byte) (outcomeHead, error) {
	if len(a.outcomes) == 0 {
		return readOutcomeHead(body)
	}
	h := a.outcomes[0]
	a.outcomes = a.outcomes[1:]
	return h, nil
}

// claimHead is the part of a claim that folding it takes. There are millions of
// claims, so none of their keys becomes a string.
type claimHead struct {
	number        uint64
	line          int
	at            int64 // microseconds since 1970
	hash, contact Hash  // of the contact: zero if there is none
}

func readClaimHead(k kind, body, salt []byte) (h claimHead, err error) {
	c := cursor{b: body}
	h.number, h.line, h.at = c.uvarint(), int(c.uvarint()), int64(c.uvarint())
	switch k {
	case kindAnonymous:
		h.hash = c.hash()
		c.bad = c.end() != nil
	case kindContactClaim:
		h.contact = contactHash(salt, c.text())
		h.hash = saltedHash(salt, c.b)
	default:
		h.hash = saltedHash(salt, c.b)
	}
	if c.bad || h.number == 0 {
		return h, errRecord
	}
	return h, nil
}

// outcomeHead is the part of an outcome that says what becomes of the key.
type outcomeHead struct {
	number     uint64
	status     Status
	httpStatus int
	code       []byte
	variant    []byte // of the message
}

func readOutcomeHead(body []byte) (outcomeHead, error) {
	c := cursor{b: body}
	h := c.outcomeHead()
	h.variant = c.variant()
	if c.bad {
		return h, errRecord
	}
	return h, nil
}
