package intercom

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
)

// appendSearch appends the body of a search: what to look for, and which page.
func appendSearch(dst []byte, q Query, cursor string) []byte {
	dst = q.Where.appendJSON(append(dst, `{"query":`...))
	dst = append(dst, `,"pagination":{"per_page":`...)
	dst = strconv.AppendInt(dst, int64(cmp.Or(q.PerPage, MaxPerPage)), 10)
	dst = appendText(dst, "starting_after", cursor)
	return append(dst, "}}"...)
}

func (f Filter) appendJSON(dst []byte) []byte {
	dst = appendText(append(dst, '{'), "field", f.field)
	dst = appendText(dst, "operator", f.operator)
	dst = appendName(dst, "value")
	if f.field != "" {
		return append(append(dst, f.value...), '}')
	}
	dst = append(dst, '[')
	for i, one := range f.group {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one.appendJSON(dst)
	}
	return append(dst, "]}"...)
}

// MarshalJSON writes the filter as the API takes it. Equal filters make equal
// bytes.
func (f Filter) MarshalJSON() ([]byte, error) {
	if err := f.check(0); err != nil {
		return nil, err
	}
	return f.appendJSON(nil), nil
}

// UnmarshalJSON reads a filter as the API takes it, so that people who know
// Intercom's searches can write their own:
//
//	{"operator":"AND","value":[
//	  {"field":"role","operator":"=","value":"user"},
//	  {"field":"email","operator":"$","value":"@example.com"}]}
//
// It takes all documented operators: =, !=, IN, NIN, <, >, ~ (contains), !~,
// ^ (starts with) and $ (ends with). Its error is a *QueryError.
func (f *Filter) UnmarshalJSON(b []byte) error {
	read, err := readFilter(b, 0)
	if err != nil {
		return err
	}
	*f = read
	return nil
}

// readFilter reads and checks a filter that is within so many groups.
func readFilter(b []byte, groups int) (Filter, error) {
	var w struct {
		Field    *string         `json:"field"`
		Operator *string         `json:"operator"`
		Value    json.RawMessage `json:"value"`
	}
	lines := json.NewDecoder(bytes.NewReader(b))
	lines.DisallowUnknownFields()
	if err := lines.Decode(&w); err != nil || w.Operator == nil {
		return Filter{}, &QueryError{Problem: QueryMalformed}
	}
	f := Filter{operator: *w.Operator}
	var err error
	switch {
	case w.Field == nil:
		err = f.readGroup(w.Value, groups)
	default:
		f.field = *w.Field
		err = f.readValue(w.Value)
	}
	if err != nil {
		return Filter{}, err
	}
	return f, f.check(groups)
}

func (f *Filter) readGroup(value json.RawMessage, groups int) error {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return &QueryError{Problem: QueryMalformed}
	}
	if groups == MaxNesting { // before going deeper, however deep it is
		return &QueryError{Problem: QueryTooDeep}
	}
	for _, one := range list {
		read, err := readFilter(one, groups+1)
		if err != nil {
			return err
		}
		f.group = append(f.group, read)
	}
	return nil
}

// readValue keeps a string, a number, a boolean or a list of them.
func (f *Filter) readValue(value json.RawMessage) error {
	var compact bytes.Buffer
	if len(value) == 0 || json.Compact(&compact, value) != nil {
		return &QueryError{f.field, QueryEmpty}
	}
	f.value = compact.String()
	items := []json.RawMessage{value}
	if f.value[0] == '[' {
		if json.Unmarshal(value, &items) != nil {
			return &QueryError{f.field, QueryMalformed}
		}
		f.count = len(items)
	}
	for _, one := range items {
		switch one[0] {
		case '{', '[', 'n':
			return &QueryError{f.field, QueryMalformed}
		}
	}
	return nil
}
