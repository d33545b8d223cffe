package contacts

import "hash/maphash"

// An index knows where in a file the newest line about each address is, in 16
// bytes a slot, of which at least two thirds are taken: 24 bytes an address at
// most. Hashes are not enough to tell addresses apart: whoever looks one up
// compares what the line says.
type index struct {
	seed  maphash.Seed
	slots []slot
	used  int
}

// A slot is free if at is 0: no line is there, see Cache.
type slot struct {
	hash uint64
	at   int64 // offset of the line, plus one
}

func newIndex() index { return index{seed: maphash.MakeSeed()} }

func (x *index) hash(address string) uint64 { return maphash.String(x.seed, address) }

// find returns the slot of a hash whose line is the right one, or the free slot
// where that belongs.
func (x *index) find(hash uint64, right func(at int64) (bool, error)) (*slot, error) {
	if (x.used+1)*8 > len(x.slots)*7 {
		x.grow()
	}
	for i := x.start(hash); ; i = (i + 1) % len(x.slots) {
		s := &x.slots[i]
		if s.at == 0 {
			return s, nil
		}
		if s.hash != hash {
			continue
		}
		ok, err := right(s.at - 1)
		if ok || err != nil {
			return s, err
		}
	}
}

// put lets a slot that find returned point to a line.
func (x *index) put(s *slot, hash uint64, at int64) {
	if s.at == 0 {
		x.used++
	}
	*s = slot{hash, at + 1}
}

// start spreads hashes over any number of slots.
func (x *index) start(hash uint64) int { return int((hash >> 32) * uint64(len(x.slots)) >> 32) }

// grow adds a fifth of the slots.
func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, max(16, len(old)+len(old)/5))
	for _, o := range old {
		if o.at == 0 {
			continue
		}
		i := x.start(o.hash)
		for x.slots[i].at != 0 {
			i = (i + 1) % len(x.slots)
		}
		x.slots[i] = o
	}
}
