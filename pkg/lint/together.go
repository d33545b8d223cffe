package lint

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Bodies knows whether all bodies that it was shown are equal. The zero Bodies is
// ready; its methods may be called by many goroutines at once.
type Bodies struct {
	first  atomic.Pointer[string]
	differ atomic.Bool
	n      atomic.Int64
}

// Add shows a body. Once two differ it costs nothing more.
func (b *Bodies) Add(body string) {
	if b.differ.Load() {
		return
	}
	b.n.Add(1)
	first := b.first.Load()
	if first == nil {
		if b.first.CompareAndSwap(nil, &body) {
			return
		}
		first = b.first.Load()
	}
	if *first != body {
		b.differ.Store(true)
	}
}

// enoughBodies is how many equal bodies are no accident.
const enoughBodies = 10

// Alike reports whether all bodies are equal, and there are enough of them to
// wonder.
func (b *Bodies) Alike() bool { return !b.differ.Load() && b.n.Load() >= enoughBodies }

// Addresses knows under which key each email address was seen. It takes 8 MiB at
// most: of more than 786,432 different addresses it looks at every second, or
// fourth, and so on. What it reports is there but for one false report in some
// hundred million rows. It belongs to one goroutine.
type Addresses struct {
	seed  maphash.Seed
	slots []uint64 // open addressing; 0 is free, else 40 bits of the address' hash and 24 of its key's
	used  int
	shift uint // only addresses whose kept hash begins with so many zero bits are looked at
}

// The sizes of the table, in slots; both are powers of two.
const (
	firstSlots = 1 << 10
	mostSlots  = 1 << 20
)

// NewAddresses returns an empty Addresses.
func NewAddresses() *Addresses {
	return &Addresses{seed: maphash.MakeSeed(), slots: make([]uint64, firstSlots)}
}

// Seen notes that an address has a key, and reports whether it had another one
// before. Letter case does not count.
func (a *Addresses) Seen(address, key string) bool {
	entry := a.hash(address)<<24 | maphash.String(a.seed, key)&(1<<24-1)
	if entry == 0 || !a.keeps(entry) {
		return false
	}
	at := a.find(entry)
	if was := a.slots[at]; was != 0 {
		return was != entry
	}
	a.slots[at] = entry
	if a.used++; a.used*4 > len(a.slots)*3 {
		a.grow()
	}
	return false
}

// Sampled returns of how many addresses one is looked at: 1 for all.
func (a *Addresses) Sampled() int { return 1 << a.shift }

// hash hashes an address in small letters, without allocating where it has no
// others.
func (a *Addresses) hash(address string) uint64 {
	for i := 0; i < len(address); i++ {
		if c := address[i]; c >= 'A' && c <= 'Z' || c >= 0x80 {
			return maphash.String(a.seed, strings.ToLower(address))
		}
	}
	return maphash.String(a.seed, address)
}

// find returns the slot of an entry's address, or the free one it belongs in.
// The address' part of an entry is the low 40 bits of its hash: its lowest ones
// choose the slot.
func (a *Addresses) find(entry uint64) int {
	mask := len(a.slots) - 1
	at := int(entry>>24) & mask
	for a.slots[at] != 0 && a.slots[at]>>24 != entry>>24 {
		at = (at + 1) & mask
	}
	return at
}

// grow makes the table twice as large, or forgets every second address.
func (a *Addresses) grow() {
	old := a.slots
	if len(old) < mostSlots {
		a.slots = make([]uint64, 2*len(old))
	} else {
		a.slots = make([]uint64, len(old))
		a.shift++
	}
	a.used = 0
	for _, entry := range old {
		if entry != 0 && a.keeps(entry) {
			a.slots[a.find(entry)] = entry
			a.used++
		}
	}
}

// keeps reports whether an entry's address is among those that are looked at.
func (a *Addresses) keeps(entry uint64) bool { return entry>>(64-a.shift) == 0 }
