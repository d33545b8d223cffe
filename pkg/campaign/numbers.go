package campaign

import (
	"math/big"
	"slices"
	"strings"
)

// decimal is how numbers come in a source: digits, a point, no grouping.
var decimal = pattern(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$`)

// isDecimal is decimal for the many texts that are plainly none.
func isDecimal(s string) bool {
	return s != "" && (s[0] <= '9') && decimal().MatchString(s)
}

// A style is how a language writes numbers.
type style struct {
	group, point string
	after        bool // the currency stands behind the amount
}

// styleOf returns a language's style; narrow no-break spaces keep a number on
// one line.
func styleOf(language string) (style, bool) {
	switch language {
	case "en", "zh", "ja", "ko":
		return style{",", ".", false}, true
	case "de", "es", "it", "nl", "da", "tr", "id":
		return style{".", ",", true}, true
	case "fr", "pl", "cs", "sv", "fi", "nb", "no", "ru", "uk", "pt":
		return style{"\u202f", ",", true}, true
	case "de-CH", "ch":
		return style{"’", ".", false}, true
	}
	return style{}, false
}

// currencies are the signs and decimals of currencies; others are written by
// their code, with two decimals.
func currencyOf(code string) (sign string, decimals int) {
	switch code {
	case "EUR":
		return "€", 2
	case "USD":
		return "$", 2
	case "GBP":
		return "£", 2
	case "JPY":
		return "¥", 0
	case "INR":
		return "₹", 2
	case "KRW":
		return "₩", 0
	}
	return code, 2
}

// number writes a number with grouped thousands: number [decimals] [language]
// value. Without decimals it keeps those that it has.
func number(args ...any) (string, error) {
	value := args[len(args)-1]
	decimals, language := -1, "en"
	for _, arg := range args[:len(args)-1] {
		switch arg := arg.(type) {
		case int:
			decimals = arg
		case string:
			language = arg
		}
	}
	st, ok := styleOf(language)
	if !ok {
		return "", badCall("number", "no rules for the language %q", language)
	}
	if decimals > 20 {
		return "", badCall("number", "20 decimals at most")
	}
	return format("number", value, decimals, st)
}

// money writes an amount with its currency: money "EUR" [language] value.
func money(currency string, rest ...any) (string, error) {
	language := "en"
	if len(rest) == 2 {
		language, _ = rest[0].(string)
	}
	st, ok := styleOf(language)
	if !ok {
		return "", badCall("money", "no rules for the language %q", language)
	}
	if len(currency) != 3 || currency != strings.ToUpper(currency) {
		return "", badCall("money", "%q is no currency code such as EUR", currency)
	}
	sign, decimals := currencyOf(currency)
	amount, err := format("money", rest[len(rest)-1], decimals, st)
	if err != nil {
		return "", err
	}
	if st.after {
		return amount + "\u00a0" + sign, nil
	}
	if sign == currency {
		sign += "\u00a0"
	}
	if digits, negative := strings.CutPrefix(amount, "-"); negative {
		return "-" + sign + digits, nil
	}
	return sign + amount, nil
}

// format writes a number in a style, rounded half away from zero; decimals
// below 0 keeps those it has.
func format(function string, v any, decimals int, st style) (string, error) {
	s, err := single(function, v)
	if err != nil {
		return "", err
	}
	s = strings.TrimSpace(s)
	r, ok := new(big.Rat), false
	if isDecimal(s) {
		r, ok = r.SetString(s)
	}
	if !ok {
		return "", badCall(function, "%q is no number such as 1234.5", s)
	}
	if decimals < 0 {
		_, fraction, _ := strings.Cut(s, ".")
		decimals = len(fraction)
	}
	whole, fraction, _ := strings.Cut(r.FloatString(decimals), ".")
	digits, negative := strings.CutPrefix(whole, "-")
	out := group(digits, st.group)
	if fraction != "" {
		out += st.point + fraction
	}
	if negative && strings.ContainsAny(out, "123456789") {
		out = "-" + out
	}
	return out, nil
}

// group puts a separator before every third digit from the right.
func group(digits, separator string) string {
	var parts []string
	for len(digits) > 3 {
		parts = append(parts, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return strings.Join(parts, separator)
}

// plural returns one if the count is 1, else several. The count of a list is
// its length.
func plural(one, several string, count any) (string, error) {
	if list, ok := count.([]any); ok {
		if len(list) == 1 {
			return one, nil
		}
		return several, nil
	}
	s, err := single("plural", count)
	if err != nil {
		return "", err
	}
	if !isDecimal(strings.TrimSpace(s)) {
		return "", badCall("plural", "%q is no number", s)
	}
	if order(strings.TrimSpace(s), "1") == 0 {
		return one, nil
	}
	return several, nil
}

// order compares two texts: as numbers if both are, else by their characters.
func order(a, b string) int {
	if a == b {
		return 0
	}
	if isDecimal(a) && isDecimal(b) {
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if okX && okY {
			return x.Cmp(y)
		}
	}
	return strings.Compare(a, b)
}

// comparison makes a template function of a question about an order.
func comparison(holds func(order int) bool) func(a, b any) (bool, error) {
	return func(a, b any) (bool, error) {
		x, err := single("comparison", a)
		if err != nil {
			return false, err
		}
		y, err := single("comparison", b)
		if err != nil {
			return false, err
		}
		return holds(order(x, y)), nil
	}
}

// equalAny reports whether a equals any of the others.
func equalAny(a any, others ...any) (bool, error) {
	equal := comparison(func(order int) bool { return order == 0 })
	for _, b := range others {
		if same, err := equal(a, b); same || err != nil {
			return same, err
		}
	}
	return false, nil
}
