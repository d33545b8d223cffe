package source

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestPlace looks up each field's place and finds its value there, as an editor
// would show it.
func TestPlace(t *testing.T) {
	for _, test := range []struct {
		name, file, text, field string
		want                    string // line:column of the field in each row; - for none
	}{
		{"first", "a.csv", "id,name\nc1,Ann\nc2,Bob\n", "id", "2:1 3:1"},
		{"after umlauts", "a.csv", "id,name,city\nc1,Jürgen,Köln\n", "city", "2:11"},
		{"snake case", "a.csv", "id,First Name\nc1,Ann\n", "first_name", "2:4"},
		{"quoted", "a.csv", "id,name,city\n\"c,1\",\"Ann \"\"A\"\"\",Rome\n", "city", "2:19"},
		{"at its quote", "a.csv", "id,name\nc1,\"Ann\"\n", "name", "2:4"},
		{"on a later line", "a.csv", "id,note,city\nc1,\"two\nlines\",Rome\nc2,one,Bonn\n", "city", "3:8 4:8"},
		{"semicolons", "a.csv", "id;name;city\r\nc1;Ann;Rome\r\n", "city", "2:8"},
		{"empty", "a.csv", "id,name,city\nc1,,Rome\n", "name", "2:4"},
		{"no such column", "a.csv", "id,name\nc1,Ann\n", "nick", "-"},
		{"a bad row between", "a.csv", "id,name\nc1\nc2,Bob\n", "name", "- 3:4"},
		{"member", "a.jsonl", `{"id": "c1", "name":"Ann"}` + "\n" + `{"name":"Bob"}`, "name", "1:21 2:9"},
		{"nested", "a.jsonl", `{"co":{"name":"Acme","city":"Köln"}}`, "co.city", "1:29"},
		{"member in snake case", "a.jsonl", `{"First Name":"Ann"}`, "first_name", "1:15"},
		{"no such member", "a.jsonl", `{"id":[1,{"name":2}]}`, "name", "-"},
		{"no object there", "a.jsonl", `{"co":"Acme"}`, "co.name", "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(test.text), Options{Name: test.file})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for {
				if _, err := r.Next(); err == io.EOF {
					break
				}
				place := "-"
				if line, column, ok := r.Place(test.field); ok {
					place = fmt.Sprintf("%d:%d", line, column)
				}
				got = append(got, place)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("places %v, want %s", got, test.want)
			}
		})
	}
}

func TestLeadingZeroIsExplained(t *testing.T) {
	for text, explained := range map[string]bool{
		`{"id":00123}`: true, `{"id": 007, "a":1}`: true, `{"a":[1,01]}`: true, `{"a":-01}`: true,
		`{"id":1 2}`: false, `{"id":10x}`: false, `{"id":0x1}`: false,
	} {
		r, err := NewReader(strings.NewReader(text+"\n"), Options{Name: "a.jsonl"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err == nil || strings.Contains(err.Error(), "put quotes around it") != explained {
			t.Errorf("%s: %v; explained should be %v", text, err, explained)
		}
	}
}
