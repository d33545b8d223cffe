package intercom

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQueryOnTheWire(t *testing.T) {
	at := time.Unix(1_700_000_000, 999)
	tests := []struct {
		query  Query
		cursor string
		want   string
	}{
		{
			Query{Where: Equal("email", "maria@example.com")}, "",
			`{"query":{"field":"email","operator":"=","value":"maria@example.com"},"pagination":{"per_page":150}}`,
		},
		{
			Query{Where: In("source.id", "1", `"2"`), PerPage: 20}, "WzE=",
			`{"query":{"field":"source.id","operator":"IN","value":["1","\"2\""]},"pagination":{"per_page":20,"starting_after":"WzE="}}`,
		},
		{
			Query{Where: And(After("created_at", at), Before("created_at", at), Or(NotEqual("tag_id", "7"), Equal("has_hard_bounced", true)))}, "",
			`{"query":{"operator":"AND","value":[{"field":"created_at","operator":">","value":1700000000},` +
				`{"field":"created_at","operator":"<","value":1700000000},{"operator":"OR","value":[` +
				`{"field":"tag_id","operator":"!=","value":"7"},{"field":"has_hard_bounced","operator":"=","value":true}]}]},"pagination":{"per_page":150}}`,
		},
		{
			Query{Where: Or(In("custom_attributes.seats", 1, 2), Equal("custom_attributes.n", int64(-3)))}, "",
			`{"query":{"operator":"OR","value":[{"field":"custom_attributes.seats","operator":"IN","value":[1,2]},` +
				`{"field":"custom_attributes.n","operator":"=","value":-3}]},"pagination":{"per_page":150}}`,
		},
	}
	for _, tt := range tests {
		if err := tt.query.Check(); err != nil {
			t.Error(err)
		}
		if got := string(appendSearch(nil, tt.query, tt.cursor)); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func many[T any](n int, one T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = one
	}
	return list
}

func TestQueryCheck(t *testing.T) {
	leaf := Equal("id", "1")
	tests := []struct {
		name  string
		query Query
		want  QueryProblem // 0: fine
		field string
	}{
		{"nothing", Query{}, QueryEmpty, ""},
		{"no field", Query{Where: Equal("", "1")}, QueryEmpty, ""},
		{"no values", Query{Where: In[string]("id")}, QueryEmpty, "id"},
		{"50 values", Query{Where: In("id", many(50, "1")...)}, 0, ""},
		{"51 values", Query{Where: In("id", many(51, "1")...)}, QueryTooMany, "id"},
		{"no filters", Query{Where: And()}, QueryEmpty, ""},
		{"an empty filter in a group", Query{Where: And(leaf, Filter{})}, QueryEmpty, ""},
		{"15 filters", Query{Where: Or(many(15, leaf)...)}, 0, ""},
		{"16 filters", Query{Where: Or(many(16, leaf)...)}, QueryTooWide, ""},
		{"16 filters within", Query{Where: And(leaf, Or(many(16, leaf)...))}, QueryTooWide, ""},
		{"groups in a group", Query{Where: And(Or(leaf, leaf), Or(leaf))}, 0, ""},
		{"three deep", Query{Where: And(Or(And(leaf)))}, QueryTooDeep, ""},
		{"page of 150", Query{Where: leaf, PerPage: 150}, 0, ""},
		{"page of 151", Query{Where: leaf, PerPage: 151}, QueryPageSize, ""},
		{"page of -1", Query{Where: leaf, PerPage: -1}, QueryPageSize, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.query.Check()
			wrong, ok := errors.AsType[*QueryError](err)
			switch {
			case tt.want == 0 && err == nil:
			case !ok || wrong.Problem != tt.want || wrong.Field != tt.field:
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestFilterReadsWhatItWrites(t *testing.T) {
	for _, wire := range []string{
		`{"field":"email","operator":"$","value":"@example.com"}`,
		`{"field":"email","operator":"NIN","value":["a","b"]}`,
		`{"field":"custom_attributes.seats","operator":">","value":12345678901234567890}`,
		`{"operator":"AND","value":[{"field":"a","operator":"=","value":true},{"operator":"OR","value":[{"field":"b","operator":"!~","value":"x"}]}]}`,
	} {
		var f Filter
		if err := json.Unmarshal([]byte(wire), &f); err != nil {
			t.Errorf("%s: %v", wire, err)
			continue
		}
		if got, err := f.MarshalJSON(); string(got) != wire || err != nil {
			t.Errorf("got  %s (%v)\nwant %s", got, err, wire)
		}
	}
	if _, err := json.Marshal(Filter{}); err == nil {
		t.Error("nothing to look for was written")
	}
}

func TestFilterRefuses(t *testing.T) {
	deep := strings.Repeat(`{"operator":"OR","value":[`, 5000) + strings.Repeat(`]}`, 5000)
	tests := []struct {
		wire string
		want QueryProblem
	}{
		{`[]`, QueryMalformed},
		{`null`, QueryMalformed},
		{`{}`, QueryMalformed},
		{`{"field":"a","value":"b"}`, QueryMalformed},
		{`{"field":"a","operator":"=","value":"b","case":1}`, QueryMalformed},
		{`{"field":"a","operator":"AND","value":["b"]}`, QueryMalformed},
		{`{"operator":"AND","value":"b"}`, QueryMalformed},
		{`{"operator":"AND","value":[]}`, QueryEmpty},
		{`{"operator":"AND"}`, QueryMalformed},
		{`{"operator":"=","value":[]}`, QueryEmpty},
		{`{"operator":"AND","value":[null]}`, QueryMalformed},
		{`{"field":"a","operator":"="}`, QueryEmpty},
		{`{"field":"a","operator":"=","value":null}`, QueryMalformed},
		{`{"field":"a","operator":"=","value":{}}`, QueryMalformed},
		{`{"field":"a","operator":"=","value":["b"]}`, QueryMalformed},
		{`{"field":"a","operator":"IN","value":"b"}`, QueryMalformed},
		{`{"field":"a","operator":"IN","value":[]}`, QueryEmpty},
		{`{"field":"a","operator":"IN","value":[["b"]]}`, QueryMalformed},
		{`{"field":"a","operator":">=","value":1}`, QueryOperator},
		{deep, QueryTooDeep},
	}
	for _, tt := range tests {
		var f Filter
		err := json.Unmarshal([]byte(tt.wire), &f)
		if wrong, ok := errors.AsType[*QueryError](err); !ok || wrong.Problem != tt.want {
			t.Errorf("%.60s: error %v, want problem %d", tt.wire, err, tt.want)
		}
	}
}

// FuzzFilter: what is read is fit to be sent, and read again it is the same.
func FuzzFilter(f *testing.F) {
	f.Add([]byte(`{"operator":"AND","value":[{"field":"a","operator":"IN","value":[ 1,"\u0041",true ]},{"operator":"OR","value":[]}]}`))
	f.Add([]byte(`{"field":"a","operator":"=","value":1e3}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		var once, twice Filter
		if json.Unmarshal(wire, &once) != nil {
			return
		}
		if err := (Query{Where: once}).Check(); err != nil {
			t.Fatalf("%q was read but is refused: %v", wire, err)
		}
		first := once.appendJSON(nil)
		if err := json.Unmarshal(first, &twice); err != nil || string(twice.appendJSON(nil)) != string(first) {
			t.Fatalf("%q became %q: %v", wire, first, err)
		}
	})
}

// anyFilter draws filters of all sorts, good and bad, on fields of contacts.
func anyFilter(groups int) *rapid.Generator[Filter] {
	return rapid.Custom(func(t *rapid.T) Filter {
		if groups > 0 && rapid.Bool().Draw(t, "group") {
			n := rapid.SampledFrom([]int{0, 1, 2, 3, 15, 16}).Draw(t, "filters")
			list := rapid.SliceOfN(anyFilter(groups-1), n, n).Draw(t, "group of")
			if rapid.Bool().Draw(t, "and") {
				return And(list...)
			}
			return Or(list...)
		}
		at := time.Unix(rapid.Int64Range(0, 2e9).Draw(t, "time"), 0)
		return rapid.SampledFrom([]Filter{
			Equal("email", rapid.String().Draw(t, "email")),
			NotEqual("tag_id", "7"),
			Equal("unsubscribed_from_emails", true),
			In("external_id", many(rapid.SampledFrom([]int{0, 1, 50, 51}).Draw(t, "values"), "crm-1")...),
			After("created_at", at), Before("updated_at", at),
			Equal("custom_attributes.seats", 12), {},
		}).Draw(t, "filter")
	})
}
