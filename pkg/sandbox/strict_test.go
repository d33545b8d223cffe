package sandbox

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzParseObject holds the strict decoder against encoding/json, which must
// find the same members in whatever the strict one accepts.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : 1 , "b":[ {"c":"]}"}, -1.5e3 ] } `, `{"a\u0062":"x\\\"","ab":null}`, `{"a":{"b":"\\"},"c":true}`,
		`[]`, `{"a":1,"a":2}`, `{"a":1}x`, `"`, "{\"\xff\":1}", `{"":[]}`, "{\"a\":1\n,\"b\":\tfalse\r}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseObject(text)
		want := map[string]json.RawMessage{}
		wantErr := json.Unmarshal(text, &want)
		if err != nil {
			return
		}
		if wantErr != nil || !utf8.Valid(text) || len(want) != len(got) {
			t.Fatalf("accepted %q: %v", text, wantErr)
		}
		for name, value := range want {
			if diff := cmp.Diff(string(value), string(got.get(name))); diff != "" {
				t.Fatalf("%q: member %q: %s", text, name, diff)
			}
			if value[0] == '[' {
				var items []json.RawMessage
				if err := json.Unmarshal(value, &items); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(len(items), len(elements(value))); diff != "" {
					t.Fatalf("%q: %s", value, diff)
				}
			}
		}
	})
}

// FuzzReadMessage must never panic, and must fill in what it accepts.
func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(emailTo))
	f.Add([]byte(inAppTo))
	f.Add([]byte(`{"to":[{}],"from":{"id":-1},"message_type":"email"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, refused := readMessage(body, len(apiVersions)-1)
		if refused == nil && (m.body == "" || len(m.to) == 0 || m.to[0].id == "" || m.email && m.template == "") {
			t.Fatalf("%q accepted as %+v", body, m)
		}
	})
}
