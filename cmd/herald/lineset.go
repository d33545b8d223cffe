package main

// A lineSet is a set of lines of a source, a bit each. The zero lineSet is empty.
type lineSet struct{ bits []uint64 }

// add adds a line and reports whether it was not in the set.
func (s *lineSet) add(line int) bool {
	word := line / 64
	for word >= len(s.bits) {
		s.bits = append(s.bits, 0)
	}
	bit := uint64(1) << (line % 64)
	if s.bits[word]&bit != 0 {
		return false
	}
	s.bits[word] |= bit
	return true
}

func (s *lineSet) has(line int) bool {
	word := line / 64
	return word < len(s.bits) && s.bits[word]&(1<<(line%64)) != 0
}
