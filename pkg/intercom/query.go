package intercom

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// What a search may ask for. The API documents all but MaxValues.
const (
	MaxPerPage = 150 // results a page
	MaxFilters = 15  // filters a group
	MaxNesting = 2   // groups: one, and those within it
	MaxValues  = 50  // values of In: Intercom names no limit, this is well below any
)

// A Query is what SearchContacts and SearchConversations look for.
type Query struct {
	Where Filter // required

	// PerPage is the most results a page, 1 to MaxPerPage. Zero is MaxPerPage,
	// for the fewest requests; left to itself the API takes 50 contacts or 20
	// conversations.
	PerPage int
}

// A Filter is a condition on one field, made by Equal, NotEqual, In, After or
// Before, or a group of filters, made by And or Or. The zero Filter is none,
// and no query may have it.
//
// The fields of contacts are id, role, name, email, external_id, phone,
// created_at, updated_at, tag_id and segment_id (both with Equal and NotEqual
// only), unsubscribed_from_emails, has_hard_bounced, marked_email_as_spam,
// custom_attributes.NAME and more; of conversations id, created_at,
// updated_at, state, source.id, source.type, source.subject,
// source.author.id, contact_ids and more. Intercom's description of each search
// lists them all. A value has to be of the field's type, or the search is
// refused: ids are strings.
type Filter struct {
	field    string // empty for a group
	operator string
	value    string // as JSON
	count    int    // of values, if value is a list
	group    []Filter
}

// Equal matches where the field has this value.
func Equal[V string | bool | int | int64](field string, value V) Filter {
	return Filter{field: field, operator: "=", value: encode(value)}
}

// NotEqual matches where the field does not have this value.
func NotEqual[V string | bool | int | int64](field string, value V) Filter {
	return Filter{field: field, operator: "!=", value: encode(value)}
}

// In matches where the field has one of these values, 1 to MaxValues of them.
func In[V string | int | int64](field string, values ...V) Filter {
	list := []byte{'['}
	for i, v := range values {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, encode(v)...)
	}
	return Filter{field: field, operator: "IN", value: string(append(list, ']')), count: len(values)}
}

// After matches where the field, a time, is later. The API compares whole
// seconds, but for contacts only whole days: After(t) begins with the day that
// follows t's in UTC. It has no operator for "not before".
func After(field string, t time.Time) Filter {
	return Filter{field: field, operator: ">", value: encode(t.Unix())}
}

// Before matches where the field, a time, is earlier: by whole seconds, for
// contacts by whole days.
func Before(field string, t time.Time) Filter {
	return Filter{field: field, operator: "<", value: encode(t.Unix())}
}

// And matches where all filters do, 1 to MaxFilters of them.
func And(filters ...Filter) Filter { return Filter{operator: "AND", group: filters} }

// Or matches where one of the filters does, 1 to MaxFilters of them.
func Or(filters ...Filter) Filter { return Filter{operator: "OR", group: filters} }

// encode returns a value as JSON.
func encode[V string | bool | int | int64](value V) string {
	switch v := any(value).(type) {
	case string:
		return string(appendString(nil, v))
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	}
	return fmt.Sprint(value)
}

// A QueryProblem is what is wrong with a query.
type QueryProblem int

// The problems of queries.
const (
	QueryEmpty     QueryProblem = iota + 1 // nothing to look for: no filter, no field, no value
	QueryOperator                          // none of the API's
	QueryTooWide                           // more than MaxFilters in a group
	QueryTooDeep                           // groups within groups within groups
	QueryTooMany                           // more than MaxValues in a list
	QueryPageSize                          // PerPage below 0 or above MaxPerPage
	QueryMalformed                         // not of the shape that a search takes
)

var queryProblems = [...]string{
	QueryEmpty:     "is empty",
	QueryOperator:  "has an operator that the API does not know",
	QueryTooWide:   "has more than " + strconv.Itoa(MaxFilters) + " filters in a group",
	QueryTooDeep:   "has more than " + strconv.Itoa(MaxNesting) + " groups within each other",
	QueryTooMany:   "has more than " + strconv.Itoa(MaxValues) + " values in a list",
	QueryPageSize:  "asks for a page of a size other than 1 to " + strconv.Itoa(MaxPerPage),
	QueryMalformed: "is not of the shape that a search takes",
}

// A QueryError says what is wrong with a query. Nothing was sent.
type QueryError struct {
	Field   string // of the filter that is wrong; empty for a group or the whole query
	Problem QueryProblem
}

func (e *QueryError) Error() string {
	if e.Field == "" {
		return "query " + queryProblems[e.Problem]
	}
	return "query: filter on " + e.Field + " " + queryProblems[e.Problem]
}

// Check returns a *QueryError if the API would refuse the query whatever the
// workspace is like, else nil. Searching checks it too. Whether a field exists,
// and goes with the operator and the value, only the API knows.
func (q Query) Check() error {
	if q.PerPage < 0 || q.PerPage > MaxPerPage {
		return &QueryError{Problem: QueryPageSize}
	}
	return q.Where.check(0)
}

// operators are those of a single filter.
var operators = []string{"=", "!=", "IN", "NIN", "<", ">", "~", "!~", "^", "$"}

// check looks at a filter that is within so many groups.
func (f Filter) check(groups int) error {
	wrong := func(p QueryProblem) error { return &QueryError{f.field, p} }
	switch isGroup := f.operator == "AND" || f.operator == "OR"; {
	case isGroup && f.field != "":
		return wrong(QueryMalformed)
	case isGroup:
		return f.checkGroup(groups)
	case f.field == "", f.value == "":
		return wrong(QueryEmpty)
	case !slices.Contains(operators, f.operator):
		return wrong(QueryOperator)
	case (f.operator == "IN" || f.operator == "NIN") != (f.value[0] == '['):
		return wrong(QueryMalformed)
	case f.value[0] == '[' && f.count == 0:
		return wrong(QueryEmpty)
	case f.count > MaxValues:
		return wrong(QueryTooMany)
	}
	return nil
}

func (f Filter) checkGroup(groups int) error {
	switch {
	case groups == MaxNesting:
		return &QueryError{Problem: QueryTooDeep}
	case len(f.group) == 0:
		return &QueryError{Problem: QueryEmpty}
	case len(f.group) > MaxFilters:
		return &QueryError{Problem: QueryTooWide}
	}
	for _, one := range f.group {
		if err := one.check(groups + 1); err != nil {
			return err
		}
	}
	return nil
}
