package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// kind is what a field holds, and so which operators and values go with it.
type kind int

const (
	noField kind = iota
	textField
	labelField // an id that only = and != go with
	flagField  // true or false
	integerField
	secondField // a time, compared by whole seconds
	dayField    // a time, compared by whole days in UTC
	customField // a custom attribute: of any of these types
)

// schema is what one search accepts.
type schema struct {
	fields map[string]kind
	// prefix begins the names of custom fields, if there are any.
	prefix  string
	perPage int // by default
}

func (s *schema) kind(field string) kind {
	if s.prefix != "" && len(field) > len(s.prefix) && strings.HasPrefix(field, s.prefix) {
		return customField
	}
	return s.fields[field]
}

// operators says which kinds each operator goes with, nil for all but labelField.
// IN and NIN take lists; the other half of a pair negates the first.
var operators = map[string][]kind{
	"=": nil, "!=": nil, "IN": nil, "NIN": nil,
	">": {integerField, secondField, dayField, customField}, "<": {integerField, secondField, dayField, customField},
	"~": {textField, customField}, "!~": {textField, customField}, "^": {textField, customField}, "$": {textField, customField},
}

func (k kind) goesWith(operator string) bool {
	if k == labelField {
		return operator == "=" || operator == "!="
	}
	kinds, known := operators[operator]
	return known && (kinds == nil || slices.Contains(kinds, k))
}

// Limits of a query. The documentation names the first two.
const (
	maxFilters = 15
	maxGroups  = 2 // within each other
)

// condition is one filter of a query, or a group of them.
type condition struct {
	field    string
	kind     kind
	operator string // =, >, <, ~, ^ or $
	negate   bool
	values   []operand // one of which has to fit

	group []condition // not nil for a group
	all   bool        // AND
}

// operand is one value, of a field or to compare with.
type operand struct {
	text   string
	number float64 // of kinds that have an order
}

// record is what can be searched.
type record interface {
	// some reports whether a leaf's comparison holds for one of the values that
	// the record has in the leaf's field; negation is left to match.
	some(leaf *condition) bool
}

// match reports whether a record is one that the query describes.
func (c *condition) match(r record) bool {
	if c.group == nil {
		return r.some(c) != c.negate
	}
	for i := range c.group {
		if c.group[i].match(r) != c.all {
			return !c.all
		}
	}
	return c.all
}

// holds compares one value of a record's field.
func (c *condition) holds(value operand) bool {
	return slices.ContainsFunc(c.values, func(want operand) bool { return c.fits(value, want) })
}

func (c *condition) fits(value, want operand) bool {
	number := value.number
	if c.kind == dayField {
		number = midnight(number)
	}
	switch c.operator {
	case ">":
		return number > want.number
	case "<":
		return number < want.number
	case "~":
		return strings.Contains(value.text, want.text)
	case "^":
		return strings.HasPrefix(value.text, want.text)
	case "$":
		return strings.HasSuffix(value.text, want.text)
	}
	if c.kind == integerField || c.kind == secondField || c.kind == dayField {
		return number == want.number
	}
	return value.text == want.text
}

func (c *condition) holdsText(value string) bool {
	return value != "" && c.holds(operand{text: value})
}

func (c *condition) holdsFlag(value bool) bool {
	return c.holds(operand{text: strconv.FormatBool(value)})
}

// holdsTime takes unix seconds, 0 for none.
func (c *condition) holdsTime(seconds int64) bool {
	return seconds != 0 && c.holds(operand{number: float64(seconds)})
}

func midnight(seconds float64) float64 {
	const length = 24 * 60 * 60
	return float64(int64(seconds) / length * length)
}

// condition reads one filter, or group of filters, that is within so many
// groups.
func (r *reader) condition(name string, value json.RawMessage, s *schema, maxValues, groups int) condition {
	part := r.part(name, value)
	if part == nil {
		r.invalid(name, "is required")
		return condition{}
	}
	defer r.adopt(part)
	part.known("field", "operator", "value")
	switch operator := part.text("operator"); {
	case operator == "AND", operator == "OR":
		part.absent("field", "does not go with a group")
		return part.group(operator == "AND", s, maxValues, groups+1)
	default:
		return part.leaf(operator, s, maxValues)
	}
}

func (r *reader) group(all bool, s *schema, maxValues, groups int) condition {
	c := condition{group: []condition{}, all: all}
	filters := r.list("value")
	switch {
	case groups > maxGroups:
		r.invalid("value", "has more than 2 groups within each other")
	case len(filters) == 0:
		r.invalid("value", "is empty")
	case len(filters) > maxFilters:
		r.invalid("value", "has more than 15 filters in a group")
	default:
		for _, filter := range filters {
			c.group = append(c.group, r.condition("value", filter, s, maxValues, groups))
		}
	}
	return c
}

func (r *reader) leaf(operator string, s *schema, maxValues int) condition {
	c := condition{field: r.text("field"), operator: operator}
	c.kind = s.kind(c.field)
	values := []json.RawMessage{r.members.get("value")}
	switch {
	case c.kind == noField:
		r.invalid("field", "can't be searched by")
		return c
	case !c.kind.goesWith(operator):
		r.invalid("operator", "does not go with "+c.field)
		return c
	case operator == "IN", operator == "NIN":
		values = r.list("value")
		if len(values) == 0 {
			r.invalid("value", "is empty")
		}
		if len(values) > maxValues {
			r.invalid("value", "has more than "+strconv.Itoa(maxValues)+" values")
			return c
		}
	}
	for _, value := range values {
		c.values = append(c.values, r.operand(c.kind, value))
	}
	c.operator, c.negate = plainOperator(operator)
	return c
}

// plainOperator takes an operator's negation and its lists away.
func plainOperator(operator string) (plain string, negate bool) {
	switch operator {
	case "!=", "NIN":
		return "=", true
	case "!~":
		return "~", true
	case "IN":
		return "=", false
	}
	return operator, false
}

func (r *reader) list(name string) []json.RawMessage {
	value := r.members.get(name)
	if value == nil || value[0] != '[' {
		r.mismatch(name, "a list")
		return nil
	}
	return elements(value)
}

// operand reads a value that must be of the field's type. Numbers, times and
// booleans may be strings too: the documentation's own examples have such.
func (r *reader) operand(k kind, value json.RawMessage) operand {
	if value == nil {
		r.invalid("value", "is required")
		return operand{}
	}
	plain, quoted := asString(value)
	if !quoted {
		plain = string(value)
	}
	number, err := strconv.ParseFloat(plain, 64)
	scalar := value[0] != '{' && value[0] != '[' && value[0] != 'n'
	switch {
	case (k == textField || k == labelField) && !quoted:
		r.mismatch("value", "a string")
	case k == flagField && plain != "true" && plain != "false":
		r.mismatch("value", "a boolean")
	case (k == integerField || k == secondField || k == dayField) && (err != nil || number != float64(int64(number))):
		r.mismatch("value", "an integer")
	case !scalar:
		r.mismatch("value", "a string, a number or a boolean")
	case k == dayField:
		number = midnight(number)
	}
	return operand{plain, number}
}
