package intercom

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func email() *Message {
	return &Message{
		Type: Email, Subject: "Hi", Body: "<p>Hello</p>", Template: "personal",
		From: 394051, To: Recipients{{Type: "user", ID: "536e564f316c83104c000020"}},
	}
}

func inApp() *Message {
	return &Message{Type: InApp, Body: "Hello", From: 394051, To: Recipients{{Type: "lead", ID: "7"}}}
}

func TestAppendJSON(t *testing.T) {
	full := email()
	full.CC = Recipients{{Type: "user", ID: "a"}}
	full.BCC = Recipients{{Type: "user", ID: "b"}, {Type: "lead", ID: "c"}}
	full.CreatedAt = time.Date(2024, 12, 18, 15, 49, 46, 999, time.UTC)
	full.OpenConversation = true
	tests := []struct {
		name string
		m    *Message
		want string
	}{
		{"nothing", &Message{}, `{}`},
		{"in_app", inApp(), `{"message_type":"in_app","body":"Hello","from":{"type":"admin","id":394051},"to":{"type":"lead","id":"7"}}`},
		{"email with all fields", full, `{"message_type":"email","subject":"Hi","body":"<p>Hello</p>","template":"personal",` +
			`"from":{"type":"admin","id":394051},"to":{"type":"user","id":"536e564f316c83104c000020"},"cc":{"type":"user","id":"a"},` +
			`"bcc":[{"type":"user","id":"b"},{"type":"lead","id":"c"}],"created_at":1734536986,` +
			`"create_conversation_without_contact_reply":true}`},
		{"no members before", &Message{To: Recipients{{Type: "user", ID: "1"}}}, `{"to":{"type":"user","id":"1"}}`},
		{"escapes", &Message{Body: "\"\\\n\r\t\x00\x1f<&>é😀\u2028\xff"}, `{"body":"\"\\\n\r\t\u0000\u001f<&>é😀` + "\u2028\uFFFD" + `"}`},
		{"ends in {", &Message{Type: "{", Body: "{"}, `{"message_type":"{","body":"{"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(tt.m.AppendJSON([]byte("before ")))
			if diff := cmp.Diff("before "+tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMarshalJSONOfAMessageAndItsPointer(t *testing.T) {
	m := email()
	want := m.AppendJSON(nil)
	for _, v := range []any{m, *m} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil || !bytes.Equal(bytes.TrimSpace(b.Bytes()), want) {
			t.Errorf("%s, error %v, want %s", b.Bytes(), err, want)
		}
	}
}

func TestRecipientsReadWhatTheyWrite(t *testing.T) {
	for _, wire := range []string{`{"type":"user","id":"1"}`, `[{"type":"user","id":"1"},{"type":"lead","id":"2"}]`} {
		var r Recipients
		if err := json.Unmarshal([]byte(wire), &r); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(r); err != nil || string(got) != wire {
			t.Errorf("%s, error %v, want %s", got, err, wire)
		}
		if got := appendRecipients([]byte("{"), "to", r); string(got) != `{"to":`+wire {
			t.Errorf("%s, want %s", got, wire)
		}
	}
	r := Recipients{{ID: "1"}}
	if err := json.Unmarshal([]byte("null"), &r); err != nil || len(r) != 0 {
		t.Errorf("null gives %v, error %v", r, err)
	}
}

// FuzzAppendString compares the encoder with encoding/json, which reads every
// string back as it was.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t", "\x00\x7f", "é😀\u2028\u2029", "\xff\xc3(", "<a href='x'>&</a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		// Each byte that isn't UTF-8 becomes one U+FFFD.
		if want := string([]rune(s)); got != want {
			t.Fatalf("%q reads back as %q, want %q", s, got, want)
		}
	})
}

// requestSchema is what Intercom's description of version 2.15 says of
// create_message_request, stricter in that nothing else is allowed.
func requestSchema(t *testing.T) *openapi3.Schema {
	t.Helper()
	b, err := os.ReadFile("testdata/create_message_request.json")
	if err != nil {
		t.Fatal(err)
	}
	var s openapi3.Schema
	if err := s.UnmarshalJSON(b); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &s
}

func conforms(s *openapi3.Schema, wire []byte) error {
	var v any
	if err := json.Unmarshal(wire, &v); err != nil {
		return err
	}
	return s.VisitJSON(v)
}

// TestRequestsConformToTheSchema tries both kinds of message with every
// combination of optional fields.
func TestRequestsConformToTheSchema(t *testing.T) {
	schema := requestSchema(t)
	optional := []func(*Message){
		func(m *Message) { m.CC = Recipients{{Type: "user", ID: "2"}} },
		func(m *Message) { m.BCC = Recipients{{Type: "user", ID: "3"}, {Type: "lead", ID: "4"}} },
		func(m *Message) { m.To = append(m.To, Recipient{Type: "lead", ID: "5"}) },
		func(m *Message) { m.CreatedAt = time.Unix(1734537786, 0) },
		func(m *Message) { m.OpenConversation = true },
		func(m *Message) { m.Subject, m.Template = "Other", "plain" },
	}
	for _, basic := range []func() *Message{email, inApp} {
		for set := range 1 << len(optional) {
			m := basic()
			for i, change := range optional {
				if set&(1<<i) != 0 {
					change(m)
				}
			}
			if wire := m.AppendJSON(nil); conforms(schema, wire) != nil {
				t.Errorf("%s: %v", wire, conforms(schema, wire))
			}
		}
	}
}

// TestSchemaRefusesBrokenRequests shows that the test above can fail.
func TestSchemaRefusesBrokenRequests(t *testing.T) {
	schema := requestSchema(t)
	breaks := map[string]func(*Message){
		"no type":           func(m *Message) { m.Type = "" },
		"another type":      func(m *Message) { m.Type = "sms" },
		"no subject":        func(m *Message) { m.Subject = "" },
		"no body":           func(m *Message) { m.Body = "" },
		"no template":       func(m *Message) { m.Template = "" },
		"another template":  func(m *Message) { m.Template = "fancy" },
		"no sender":         func(m *Message) { m.From = 0 },
		"no recipient":      func(m *Message) { m.To = nil },
		"recipient's type":  func(m *Message) { m.To[0].Type = "contact" },
		"recipient's id":    func(m *Message) { m.To[0].ID = "" },
		"type of the third": func(m *Message) { m.CC = Recipients{{"user", "1"}, {"user", "2"}, {"admin", "3"}} },
	}
	for name, change := range breaks {
		m := email()
		change(m)
		if wire := m.AppendJSON(nil); conforms(schema, wire) == nil {
			t.Errorf("%s: accepted: %s", name, wire)
		}
	}
	for _, wire := range []string{
		`{"message_type":"in_app","body":"x","from":{"type":"admin","id":"1"},"to":{"type":"user","id":"1"}}`,
		`{"message_type":"in_app","body":"x","from":{"type":"admin","id":1},"to":{"type":"user","id":1}}`,
		`{"message_type":"in_app","body":"x","from":{"type":"admin","id":1},"to":{"type":"user","id":"1"},"created_at":"now"}`,
		`{"message_type":"in_app","body":"x","from":{"type":"admin","id":1},"to":{"type":"user","id":"1"},"extra":1}`,
	} {
		if conforms(schema, []byte(wire)) == nil {
			t.Errorf("accepted: %s", wire)
		}
	}
}
