package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

const (
	shards    = 256
	firstCap  = 4
	maxLoad   = 13 // sixteenths of a shard's slots that may be taken
	growEight = 2  // eighths by which a shard grows
)

// An Index knows every key of a ledger and of the source being read, and the
// state of each, in 16 bytes a key: 12 bytes of its hash and 4 of state. Two
// keys of ten million share those 96 bits with a probability of 1e-15.
// It grows a shard at a time, by a quarter, so it never holds two copies of
// itself. Its methods may be called by many goroutines at once.
type Index struct {
	salt  []byte
	shard [shards]shard
}

type shard struct {
	mu    sync.Mutex
	slots []slot
	used  int
}

// A slot holds one key; state 0 marks it free, so a taken one has taken set.
type slot struct {
	hash  [3]uint32
	state bits
}

// NewIndex returns an empty index whose hashes are salted, so that nobody can
// prepare keys that collide.
func NewIndex(salt []byte) *Index { return &Index{salt: salt} }

// A Hash is what the index keeps of a key.
type Hash [3]uint32

// Hash returns the hash of a key.
func (x *Index) Hash(key string) Hash {
	var buf [320]byte // salt and the longest key there is, without an allocation
	b := append(append(buf[:0], x.salt...), key...)
	sum := sha256.Sum256(b)
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

func (s *shard) grow() {
	old := s.slots
	s.slots = make([]slot, max(firstCap, len(old)+len(old)*growEight/8+1))
	for _, o := range old {
		if o.state != 0 {
			s.slots[s.find(o.hash)] = o
		}
	}
}
