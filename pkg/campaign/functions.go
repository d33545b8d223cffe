package campaign

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A function is one that templates may call.
type function struct {
	name     string
	min, max int // arguments, the one that comes through a pipe included
	call     any // nil: the executor's own, or replaced when binding
}

// many is no limit to a function's arguments.
const many = 1 << 10

// functions returns the functions of the package comment's table. The value
// that a function works on is its last argument, so that it can come through a
// pipe.
func functions() []function {
	zones := &zones{}
	return []function{
		{"default", 2, 2, withDefault},
		{"upper", 1, 1, onText("upper", strings.ToUpper)},
		{"lower", 1, 1, onText("lower", strings.ToLower)},
		{"title", 1, 1, onText("title", title)},
		{"trim", 1, 1, onText("trim", strings.TrimSpace)},
		{"truncate", 2, 2, truncate},
		{"date", 2, 3, zones.date},
		{"number", 1, 3, number},
		{"money", 2, 3, money},
		{"plural", 3, 3, plural},
		{"join", 2, 3, join},
		{"eq", 2, many, equalAny},
		{"ne", 2, 2, comparison(func(order int) bool { return order != 0 })},
		{"lt", 2, 2, comparison(func(order int) bool { return order < 0 })},
		{"le", 2, 2, comparison(func(order int) bool { return order <= 0 })},
		{"gt", 2, 2, comparison(func(order int) bool { return order > 0 })},
		{"ge", 2, 2, comparison(func(order int) bool { return order >= 0 })},
		{"col", 1, 1, nil},
		{"and", 1, many, nil},
		{"or", 1, many, nil},
		{"not", 1, 1, nil},
		{"len", 1, 1, nil},
		{"index", 2, many, nil},
		{"slice", 2, 4, nil},
		{"print", 1, many, nil},
		{"printf", 1, many, nil},
		{"html", 1, many, nil},
		{"urlquery", 1, many, nil},
	}
}

// functionNames are the names of all functions.
func functionNames(all []function) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

// single returns a value as text, unless it is a list or an object.
func single(function string, v any) (string, error) {
	if !isSingle(v) {
		return "", badCall(function, "a list or an object is no text")
	}
	return textOf(v), nil
}

// onText makes a function on texts one on values.
func onText(name string, f func(string) string) func(any) (string, error) {
	return func(v any) (string, error) {
		s, err := single(name, v)
		if err != nil {
			return "", err
		}
		return f(s), nil
	}
}

// withDefault returns value, or fallback if value is absent, null, an empty
// list or object, or text with nothing but blanks.
func withDefault(fallback, value any) any {
	if isEmpty(value) {
		return fallback
	}
	return value
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// title begins each word with a capital, and makes small what follows in a
// word all in capitals: ANNA müller-LÜDENSCHEIDT is Anna Müller-Lüdenscheidt,
// but McDonald stays.
func title(s string) string {
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, isWordRune)
		if n < 0 {
			break
		}
		b.WriteString(s[:n])
		s = s[n:]
		if n = strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) }); n < 0 {
			n = len(s)
		}
		b.WriteString(titleWord(s[:n]))
		s = s[n:]
	}
	return b.String() + s
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’'
}

func titleWord(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	rest := word[size:]
	if rest == strings.ToUpper(rest) {
		rest = strings.ToLower(rest)
	}
	return string(unicode.ToTitle(first)) + rest
}

// truncate shortens a text to n characters, of which the last is then an
// ellipsis.
func truncate(n int, v any) (string, error) {
	s, err := single("truncate", v)
	if err != nil {
		return "", err
	}
	if n < 1 {
		return "", badCall("truncate", "the length must be 1 or more")
	}
	if utf8.RuneCountInString(s) <= n {
		return s, nil
	}
	return strings.TrimRightFunc(string([]rune(s)[:n-1]), unicode.IsSpace) + "…", nil
}

// join puts a separator between the elements of a list, and another before the
// last if there are two: join ", " " and " .names.
func join(separator string, rest ...any) (string, error) {
	last := separator
	if len(rest) == 2 {
		var ok bool
		if last, ok = rest[0].(string); !ok {
			return "", badCall("join", "the last separator must be text")
		}
	}
	list, ok := rest[len(rest)-1].([]any)
	if !ok {
		return single("join", rest[len(rest)-1])
	}
	var b strings.Builder
	for i, v := range list {
		s, err := single("join", v)
		if err != nil {
			return "", err
		}
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(last)
		case i > 0:
			b.WriteString(separator)
		}
		b.WriteString(s)
	}
	return b.String(), nil
}
