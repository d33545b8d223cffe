package lint

// What the bytes of a value tell about it: a table look-up each, and then most
// detectors need not look at all.
const (
	hasControl = 1 << iota // not a tab or line end
	hasBreak               // tab, LF or CR
	hasBlank
	hasHash
	hasMark // of a placeholder
	hasColon
	hasAt
	hasOdd // characters that ids and addresses don't have: quotes, brackets, comma, semicolon
	hasDigit
	hasTodo // a capital T or F
	hasHigh // not ASCII
)

var classes = classify()

func classify() (table [256]uint16) {
	add := func(class uint16, bytes string) {
		for i := range len(bytes) {
			table[bytes[i]] |= class
		}
	}
	for c := range 256 {
		switch {
		case c >= 0x80:
			table[c] = hasHigh
		case c < ' ' || c == 0x7f:
			table[c] = hasControl
		}
	}
	for _, c := range "\t\n\r" {
		table[c] = hasBreak
	}
	add(hasBlank, " ")
	add(hasHash, "#")
	add(hasMark, "{[*%$")
	add(hasColon, ":")
	add(hasAt, "@")
	add(hasOdd, "\"'`<>(){}[],;\\|")
	add(hasDigit, "0123456789")
	add(hasTodo, "TF")
	return table
}

// scan returns what is in a text.
func scan(s string) (found uint16) {
	for i := 0; i < len(s); i++ {
		found |= classes[s[i]]
	}
	return found
}
