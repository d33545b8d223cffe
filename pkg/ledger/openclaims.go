package ledger

import (
	"iter"
	"maps"
	"slices"
)

// nearClaims is how many claims in a row are kept in a list.
const nearClaims = 1024

// openClaims are the claims without release or outcome, by number. Numbers follow
// each other, and most claims end soon after they were made: so the last ones stand
// in a list, where a number is found by counting, and only those that take longer
// are in a map.
type openClaims struct {
	first uint64 // the number of near[0]
	near  []nearClaim
	far   map[uint64]openClaim
	len   int
}

type nearClaim struct {
	openClaim
	open bool
}

// add adds a claim that was just made.
func (o *openClaims) add(number uint64, c openClaim) {
	if o.near == nil {
		o.near, o.far = make([]nearClaim, 0, nearClaims), make(map[uint64]openClaim)
	}
	if number != o.first+uint64(len(o.near)) || len(o.near) == nearClaims {
		for i, n := range o.near {
			if n.open {
				o.far[o.first+uint64(i)] = n.openClaim
			}
		}
		o.first, o.near = number, o.near[:0]
	}
	o.near = append(o.near, nearClaim{c, true})
	o.len++
}

// get returns an open claim; false if it is not open.
func (o *openClaims) get(number uint64) (openClaim, bool) {
	if at := number - o.first; at < uint64(len(o.near)) && o.near[at].open {
		return o.near[at].openClaim, true
	}
	c, ok := o.far[number]
	return c, ok
}

// take returns an open claim and closes it; false if it is not open.
func (o *openClaims) take(number uint64) (openClaim, bool) {
	c, ok := o.get(number)
	if !ok {
		return c, false
	}
	o.len--
	if at := number - o.first; at < uint64(len(o.near)) && o.near[at].open {
		o.near[at].open = false
	} else {
		delete(o.far, number)
	}
	return c, true
}

// all returns the claims in the order of their numbers, and these.
func (o *openClaims) all() iter.Seq2[uint64, openClaim] {
	numbers := slices.Collect(maps.Keys(o.far))
	for i, n := range o.near {
		if n.open {
			numbers = append(numbers, o.first+uint64(i))
		}
	}
	slices.Sort(numbers)
	return func(yield func(uint64, openClaim) bool) {
		for _, number := range numbers {
			if c, _ := o.get(number); !yield(number, c) {
				return
			}
		}
	}
}
