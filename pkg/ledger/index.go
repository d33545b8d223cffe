package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync"
)

const (
	shards     = 256
	firstCap   = 4
	minOutside = 4096 // slots that are worth memory of their own, outside the heap
	maxLoad    = 13   // sixteenths of a shard's slots that may be taken
	growEight  = 2    // eighths by which a shard grows
)

// An Index knows every key of a ledger and of the source being read, and the
// state of each, in 16 bytes a key: 12 bytes of its hash and 4 of state. Two
// keys of ten million share those 96 bits with a probability of 1e-15.
// It grows a shard at a time, by a quarter, so it never holds two copies of
// itself; and where the system allows it lies outside the heap, which the
// collector would let grow to twice of what is in it. Its methods may be called
// by many goroutines at once.
type Index struct {
	salt    []byte
	shard   [shards]shard
	outside *[shards]outside // of the heap: what is given back when nobody has the index any more
}

type shard struct {
	mu      sync.Mutex
	slots   []slot
	used    int
	outside *outside
}

// A slot holds one key; state 0 marks it free, so a taken one has taken set.
type slot struct {
	hash  [3]uint32
	state bits
}

// NewIndex returns an empty index whose hashes are salted, so that nobody can
// prepare keys that collide.
func NewIndex(salt []byte) *Index {
	x := &Index{salt: salt, outside: new([shards]outside)}
	for i := range x.shard {
		x.shard[i].outside = &x.outside[i]
	}
	// A method that uses a shard's slots unlocks the shard afterwards, which is
	// a part of the index: the index is not given up before that.
	runtime.AddCleanup(x, func(all *[shards]outside) {
		for i := range all {
			all[i].free()
		}
	}, x.outside)
	return x
}

// A Hash is what the index keeps of a key.
type Hash [3]uint32

// Hash returns the hash of a key.
func (x *Index) Hash(key string) Hash { return saltedHash(x.salt, key) }

func saltedHash[K string | []byte](salt []byte, key K) Hash {
	var buf [320]byte // salt and the longest key there is, without an allocation
	sum := sha256.Sum256(append(append(buf[:0], salt...), key...))
	return Hash{
		binary.LittleEndian.Uint32(sum[0:]),
		binary.LittleEndian.Uint32(sum[4:]),
		binary.LittleEndian.Uint32(sum[8:]),
	}
}

// update calls change with the state of a key, the zero state if it is new,
// and keeps what it returns.
func (x *Index) update(h Hash, change func(bits) bits) {
	s := &x.shard[h[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.used+1)*16 > len(s.slots)*maxLoad {
		s.grow()
	}
	at := s.find(h)
	if s.slots[at].state == 0 {
		s.used++
		s.slots[at].hash = h
	}
	s.slots[at].state = change(s.slots[at].state) | taken
}

// lookup returns the state of a key, zero if there is none.
func (x *Index) lookup(h Hash) bits {
	s := &x.shard[h[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.slots) == 0 {
		return 0
	}
	return s.slots[s.find(h)].state
}

// Len returns the number of keys.
func (x *Index) Len() int {
	n := 0
	for i := range x.shard {
		s := &x.shard[i]
		s.mu.Lock()
		n += s.used
		s.mu.Unlock()
	}
	return n
}

// each calls change for every key and keeps what it returns.
func (x *Index) each(change func(bits) bits) {
	for i := range x.shard {
		s := &x.shard[i]
		s.mu.Lock()
		for j := range s.slots {
			if s.slots[j].state != 0 {
				s.slots[j].state = change(s.slots[j].state) | taken
			}
		}
		s.mu.Unlock()
	}
}

// find returns the slot of h, or the free one it belongs in.
func (s *shard) find(h Hash) int {
	// Multiplying spreads the hash over any number of slots, not only powers of two.
	at := int(uint64(h[1]) * uint64(len(s.slots)) >> 32)
	for s.slots[at].state != 0 && s.slots[at].hash != h {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

// touch looks where the key of each claim belongs, and does nothing else: one after
// the other each look would wait for the memory, side by side they hardly do.
//
//go:noinline
func (x *Index) touch(claims []claimHead) (sum bits) {
	for i := range claims {
		h := &claims[i].hash
		s := &x.shard[h[0]%shards]
		if n := len(s.slots); n > 0 {
			sum |= s.slots[uint64(h[1])*uint64(n)>>32].state
		}
	}
	return sum
}

// reserve makes room for so many keys, if they are many.
func (x *Index) reserve(keys int) {
	each := keys / shards
	need := each*16/maxLoad + each/32 // shards differ by a little
	for i := range x.shard {
		if s := &x.shard[i]; need > max(minOutside, len(s.slots)) {
			s.resize(need)
		}
	}
}

func (s *shard) grow() { s.resize(max(firstCap, len(s.slots)+len(s.slots)*growEight/8+1)) }

func (s *shard) resize(n int) {
	old, was := s.slots, *s.outside
	s.slots = s.outside.slots(n)
	for _, o := range old {
		if o.state != 0 {
			s.slots[s.find(o.hash)] = o
		}
	}
	was.free()
}
