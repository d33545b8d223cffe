package suppression

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sort"
)

// A hash is what is kept of an identity. Two of ten million share those 96 bits
// with a probability of 1e-15.
type hash [3]uint32

func hashOf(id Identity) hash {
	sum := sha256.Sum256([]byte(id))
	return hash{binary.LittleEndian.Uint32(sum[0:]), binary.LittleEndian.Uint32(sum[4:]), binary.LittleEndian.Uint32(sum[8:])}
}

// An entry says where an identity came onto a list, or left it.
type entry struct {
	hash  hash
	place uint32 // its line, twice; one more if it left there
}

const maxLine = 1<<31 - 1

func (e entry) order(o entry) int {
	return cmp.Or(slices.Compare(e.hash[:], o.hash[:]), cmp.Compare(e.place, o.place))
}

// A Builder collects a [Set]. The zero Builder is empty.
type Builder struct{ entries []entry }

// Add puts an identity on the list, in a line from 1 on. An empty one is
// passed over.
func (b *Builder) Add(id Identity, line int) { b.note(id, line, 0) }

// Remove takes an identity off the list again: of all lines that name it the
// greatest counts, also if it is added in an earlier one later on.
func (b *Builder) Remove(id Identity, line int) { b.note(id, line, 1) }

func (b *Builder) note(id Identity, line int, left uint32) {
	if id != "" {
		b.entries = append(b.entries, entry{hashOf(id), uint32(min(max(line, 0), maxLine))<<1 | left})
	}
}

// Set returns the list. The Builder must not be used any more.
func (b *Builder) Set() Set {
	slices.SortFunc(b.entries, entry.order)
	kept := b.entries[:0]
	for i, e := range b.entries {
		last := i+1 == len(b.entries) || b.entries[i+1].hash != e.hash
		if last && e.place&1 == 0 {
			kept = append(kept, e)
		}
	}
	return Set{slices.Clip(kept)}
}

// A Set is who is on a list. It is not changed, so goroutines may share it. The
// zero Set has nobody.
type Set struct{ entries []entry }

// Find returns the line of an identity on the list.
func (s Set) Find(id Identity) (line int, ok bool) {
	if id == "" || len(s.entries) == 0 {
		return 0, false
	}
	h := hashOf(id)
	i, ok := sort.Find(len(s.entries), func(i int) int { return slices.Compare(h[:], s.entries[i].hash[:]) })
	if !ok {
		return 0, false
	}
	return int(s.entries[i].place >> 1), true
}

// Len returns how many identities are on the list.
func (s Set) Len() int { return len(s.entries) }
