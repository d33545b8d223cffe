package lint

import (
	"unicode"
	"unicode/utf8"
)

// mojibake finds UTF-8 that was read as Windows-1252 and written as UTF-8 again:
// characters that stand for the bytes of one character. It returns the first
// place, -1 if there is none. The characters that others made of what they could
// not read, U+FFFD, are one too.
func mojibake(s string) (start, end int) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError {
			return i, i + size
		}
		if n := misread(s[i:]); n > 0 {
			return i, i + n
		}
		i += size
	}
	return -1, -1
}

// misread returns how many bytes at the start of a text are the characters of a
// misread one, 0 if they are none. What people write, as “Ä“ or CAFÉ–BAR, looks
// the same now and then: quotes and dashes count only where they can't be meant.
func misread(s string) int {
	lead, first, _ := asByte(s)
	second, size, typographic := asByte(s[first:])
	if second < 0x80 || second > 0xBF {
		return 0
	}
	n := first + size
	switch {
	case lead == 0xC2:
		return sure(second >= 0xA0, n)
	case lead == 0xC3:
		return sure(!typographic || beginsWithLetter(s[n:]), n)
	case lead == 0xC4 || lead == 0xC5:
		return sure(!typographic && second != 0xA0, n)
	case lead >= 0xCE && lead <= 0xD1: // Greek and Cyrillic: Ñ is a letter of its own, so one is not enough
		next, nextSize, _ := asByte(s[n:])
		after, afterSize, _ := asByte(s[min(len(s), n+nextSize):])
		return sure(next >= 0xCE && next <= 0xD1 && after >= 0x80 && after <= 0xBF, n+nextSize+afterSize)
	case lead == 0xE2, lead > 0xE0 && lead < 0xF0 && !typographic:
		third, thirdSize, quote := asByte(s[n:])
		return sure(third >= 0x80 && third <= 0xBF && (lead == 0xE2 || !quote), n+thirdSize)
	case lead == 0xF0: // emoji
		third, thirdSize, _ := asByte(s[n:])
		return sure(third >= 0x80 && third <= 0xBF, n+thirdSize)
	}
	return 0
}

func sure(yes bool, n int) int {
	if yes {
		return n
	}
	return 0
}

func beginsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// asByte returns the byte that the first character of a text was, if it was
// read as Windows-1252, or as ISO 8859-1 where that has a control character; 0 if
// it can't have been one. Typographic characters are those that stand beside
// words in texts of any language.
func asByte(s string) (b byte, size int, typographic bool) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case size == 0 || r < 0x80 || r == utf8.RuneError:
		return 0, size, false
	case r <= 0xFF:
		return byte(r), size, false
	}
	switch r {
	case '‚', '„', '…', '‘', '’', '“', '”', '–', '—':
		typographic = true
	}
	return windows1252(r), size, typographic
}

// windows1252 returns the byte of a character that ISO 8859-1 does not have, by
// the table of the WHATWG's Encoding Standard; 0 if it has none.
func windows1252(r rune) byte {
	const from80 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	b := byte(0x80)
	for _, c := range from80 {
		if c == r {
			return b
		}
		b++
	}
	return 0
}
