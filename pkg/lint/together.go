package lint

import (
	"strings"
	"sync/atomic"
	"unicode/utf8"
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
// most: of more than 524,288 different addresses it looks at every second, or
// fourth, and so on. It keeps 48 bits of an address and 16 of a key: at worst one
// report in 500 million rows is false, and one second key in 65,536 goes
// unnoticed. The same rows give the same reports. It belongs to one goroutine.
type Addresses struct {
	slots []uint64 // open addressing; 0 is free, else the hashes of an address and of its key
	used  int
	shift uint // only addresses whose hash begins with so many zero bits are looked at
}

// The sizes of the table, in slots; both are powers of two.
const (
	firstSlots = 1 << 10
	mostSlots  = 1 << 20
)

// keyBits is how many bits of a slot are of the key.
const keyBits = 16

// NewAddresses returns an empty Addresses.
func NewAddresses() *Addresses { return &Addresses{slots: make([]uint64, firstSlots)} }

// Seen notes that an address has a key, and reports whether it had another one
// before. Letter case does not count.
func (a *Addresses) Seen(address, key string) bool {
	entry := hashFolded(address)<<keyBits | hashFolded(key)>>(64-keyBits)
	if entry == 0 || !a.keeps(entry) {
		return false
	}
	at := a.find(entry)
	if was := a.slots[at]; was != 0 {
		return was != entry
	}
	a.slots[at] = entry
	if a.used++; a.used*2 > len(a.slots) {
		a.grow()
	}
	return false
}

// Sampled returns of how many addresses one is looked at: 1 for all.
func (a *Addresses) Sampled() int { return 1 << a.shift }

// keeps reports whether an entry's address is among those that are looked at.
func (a *Addresses) keeps(entry uint64) bool { return entry>>(64-a.shift) == 0 }

// find returns the slot of an entry's address, or the free one it belongs in.
func (a *Addresses) find(entry uint64) int {
	mask := len(a.slots) - 1
	at := int(entry>>keyBits) & mask
	for a.slots[at] != 0 && a.slots[at]>>keyBits != entry>>keyBits {
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

// hashFolded is FNV-1a of a text in small letters, its bits mixed once more so
// that any of them will do.
func hashFolded(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			if folded := strings.ToLower(s); folded != s {
				return hashFolded(folded)
			}
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}
