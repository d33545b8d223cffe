package ledger

// variant reads on from the head of an outcome to its variant.
func (c *cursor) variant() []byte {
	c.skipUvarints(4) // attempts, duration, two times
	for range 2 {     // id and type of the message
		c.bytes()
	}
	return c.bytes()
}

// variantBefore is what is on record of an open claim's key: its last outcome's
// variant, which a row keeps when it is sent again.
func (f *fold) variantBefore(c openClaim) string { return f.causes.at(c.before.cause()).variant }
