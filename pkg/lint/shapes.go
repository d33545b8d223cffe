package lint

// Shapes adds up what the keys of a source look like, to find those that lost
// their leading zeros: a spreadsheet makes 123 of 00123. The zero Shapes is
// ready. It belongs to one goroutine.
type Shapes struct {
	all    int
	byLen  [MaxKey]int // all keys
	digits [MaxKey]int // keys of digits alone that don't begin with 0
	zeros  [MaxKey]int // keys of digits alone that do
}

// MaxKey is more bytes than a key has that a [Shapes] looks at.
const MaxKey = 65

// Add notes a key, and reports whether it may have lost zeros: whether it is a
// number without any in front.
func (s *Shapes) Add(key string) bool {
	n := len(key)
	if n == 0 || n >= MaxKey {
		return false
	}
	s.all++
	s.byLen[n]++
	if !isDigits(key) {
		return false
	}
	if key[0] == '0' && n > 1 {
		s.zeros[n]++
		return false
	}
	s.digits[n]++
	return key != "0"
}

// Complete returns the length below which a number has lost zeros, 0 if that
// can't be told: the one length of the keys that begin with 0, if most other
// numbers have it and none is longer, or the length of 99 % of all keys. Numbers
// that were given out one after another have many lengths, and say nothing.
func (s *Shapes) Complete() int {
	if n := only(s.zeros[:]); n > 0 && s.isWidth(n) {
		return n
	}
	for n, count := range s.byLen {
		if n >= 6 && s.all >= Many && count*100 >= s.all*99 {
			return n
		}
	}
	return 0
}

// isWidth reports whether most numbers have this length, and none is longer.
func (s *Shapes) isWidth(n int) bool {
	shorter, longer := 0, 0
	for i, count := range s.digits {
		if i < n {
			shorter += count
		} else if i > n {
			longer += count
		}
	}
	return longer == 0 && shorter < s.digits[n]+s.zeros[n]
}

// only returns the index of the one count that is not 0, 0 if there are several
// or none.
func only(counts []int) int {
	found := 0
	for n, count := range counts {
		switch {
		case count == 0:
		case found != 0:
			return 0
		default:
			found = n
		}
	}
	return found
}

// Lost reports whether a key has lost zeros, by what Complete said.
func Lost(key string, complete int) bool {
	return len(key) < complete && key != "0" && isDigits(key) && key[0] != '0'
}
