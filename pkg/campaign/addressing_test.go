package campaign

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// byEmail is a campaign to email addresses, with this greeting.
func byEmail(body string) string {
	return "name: a\nsource: contacts.csv\nto: {email: \"{{.email}}\"}\nmessage:\n  type: in_app\n  from: 7\n  body: |\n    " + body + "\n"
}

var maria = intercom.Contact{ID: "5f01", Role: "lead", Email: "Maria@example.com", Name: "Maria", CreatedAt: time.Unix(1704067200, 0).UTC(),
	CustomAttributes: intercom.Attributes{"plan": "pro", "zone": "Asia/Tokyo"}}

func knows(a contacts.Address) (intercom.Contact, error) {
	switch a.Value {
	case "maria@example.com", "4711":
		return maria, nil
	case "two@example.com":
		return intercom.Contact{}, &contacts.AmbiguousError{Contacts: []intercom.Contact{{ID: "1", Role: "user"}, {ID: "2", Role: "lead"}}}
	case "new@example.com":
		return intercom.Contact{}, contacts.ErrNotAsked
	}
	return intercom.Contact{}, contacts.ErrNobody
}

func TestAddressing(t *testing.T) {
	h := header(t, "email", "number", "name")
	for _, test := range []struct {
		name, file, email string
		key, id, body     string
		kind              Kind // of the error, if there is one
	}{
		{"found", byEmail("Hi {{.contact.name}}, on {{.contact.custom_attributes.plan}}"), " MARIA@example.com", "email:maria@example.com", "5f01", "Hi Maria, on pro", ""},
		{"fallback", byEmail("Hi {{.contact.phone | default \"you\"}}{{if .contact.custom_attributes.vip}}!{{end}}"), "maria@example.com", "email:maria@example.com", "5f01", "Hi you", ""},
		{"absent", byEmail("Hi {{.contact.phone}}"), "maria@example.com", "email:maria@example.com", "", "", KindMissing},
		{"a time", byEmail("{{.contact.created_at | date \"iso\"}} {{.contact.has_hard_bounced}}"), "maria@example.com", "email:maria@example.com", "5f01", "2024-01-01 false", ""},
		{"not looked up", byEmail("Hi {{.contact.name}}"), "new@example.com", "email:new@example.com", "email:new@example.com", "…", ""},
		{"not looked up, not read", byEmail("Hi {{.name}}"), "new@example.com", "email:new@example.com", "email:new@example.com", "Hi Anna", ""},
		{"nobody", byEmail("Hi"), "x@example.com", "email:x@example.com", "", "", KindContact},
		{"several", byEmail("Hi"), "two@example.com", "email:two@example.com", "", "", KindAmbiguous},
		{"no address", byEmail("Hi"), "Maria", "", "", "", KindInvalid},
		{"two addresses", byEmail("Hi"), "a@example.com, b@example.com", "", "", "", KindInvalid},
		{"by number", strings.Replace(byEmail("Hi"), "email: \"{{.email}}\"", "external_id: \"{{.number}}\"", 1), "", "external:4711", "5f01", "Hi", ""},
		{"own key", byEmail("Hi") + "key: \"{{.number}}\"\n", "maria@example.com", "4711", "5f01", "Hi", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := load(t, map[string]string{"campaign.yaml": test.file}, nil)
			r, err := c.Compile(h, CompileOptions{Contact: knows})
			if err != nil {
				t.Fatal(err)
			}
			row := source.NewRecipient(h, 2, []string{test.email, " 4711", "Anna"})
			if key, err := r.Key(row); key != test.key || (err != nil) != (test.key == "") {
				t.Errorf("key %q, %v; want %q", key, err, test.key)
			}
			m, err := r.Render(row)
			var bad *RenderError
			switch {
			case test.kind != "":
				if !errors.As(err, &bad) || bad.Kind != test.kind {
					t.Errorf("%v, want the kind %s", err, test.kind)
				}
			case err != nil:
				t.Error(err)
			case m.To[0].ID != test.id || strings.TrimSpace(m.Body) != test.body:
				t.Errorf("%+v, want %s and %q", m, test.id, test.body)
			}
		})
	}
}

func TestAddressingProblems(t *testing.T) {
	const message = "message: {type: in_app, from: 7, body: b.txt}\n"
	for _, test := range []struct{ name, file, want string }{
		{"two ways", "to: {email: a, external_id: b}\n" + message, "3:5: to has email and external_id: contacts are found by one of them"},
		{"an id too", "to: {email: a, id: b}\n" + message, "3:5: to has to.email: leave type and id out, they come from the contact that is found"},
		{"prefer alone", "to: {prefer: user}\n" + message, "3:5: to says which contact to prefer, but neither email nor external_id"},
		{"prefer with ids", "to: {type: user, id: b, prefer: user}\n" + message, "3:5: to.prefer goes with email or external_id: an id is of one contact"},
		{"preference", "to: {email: a, prefer: users}\n" + message, `"users" must be user, lead or newest (did you mean user?)`},
		{"near", "to: {e_mail: a}\n" + message, "unknown key to.e_mail (did you mean email?)"},
		{"unsubscribed", "to: {email: a}\nunsubscribed: maybe\n" + message, `"maybe" must be skip or send`},
		{"no such field", "to: {email: a}\nmessage: {type: in_app, from: 7, body: \"Hi {{.contact.nmae}}\"}\n", `a contact has no field "nmae" (did you mean name?)`},
		{"the contact itself", "to: {email: a}\nmessage: {type: in_app, from: 7, body: \"Hi {{.contact}}\"}\n", "name a field of the contact, as in {{.contact.name}}"},
		{"a key of it", "to: {email: a}\nkey: \"{{.contact.id}}\"\n" + message, "4:9: .contact.id can't be read here"},
		{"ids have none", "to: {type: user, id: a}\nmessage: {type: in_app, from: 7, body: \"Hi {{.contact.name}}\"}\n", `there is no column "contact"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := tryLoad(t, "name: a\nsource: contacts.csv\n"+test.file)
			if err == nil {
				_, err = c.Compile(header(t, "email"), CompileOptions{})
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

func tryLoad(t *testing.T, text string) (*Campaign, error) {
	t.Helper()
	return Load(write(t, map[string]string{"campaign.yaml": text, "b.txt": "Hi"}), Options{})
}

func TestAudience(t *testing.T) {
	const rest = "message: {type: email, from: 7, body: \"Hi {{.name}}\", subject: Hi, template: plain}\n"
	c, err := tryLoad(t, "name: a\nsource: {tag: beta}\n"+rest)
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Source.Audience; a == nil || a.Tag != "beta" || !c.SkipUnsubscribed || c.LooksUp() != contacts.ID {
		t.Errorf("%+v, %v", a, c.LooksUp())
	}
	r, err := c.Compile(nil, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := r.Recipient(source.NewObject(1, map[string]any{"id": "5f01", "role": "lead"}))
	if err != nil || to.ID != "5f01" || to.Type != "lead" {
		t.Errorf("%+v, %v", to, err)
	}
	c, err = tryLoad(t, "name: a\nsource:\n  query: {operator: AND, value: [{field: role, operator: \"=\", value: user}, {field: email, operator: $, value: \"@example.com\"}]}\n"+rest)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Source.Audience.Query.MarshalJSON()
	if want := `{"operator":"AND","value":[{"field":"role","operator":"=","value":"user"},{"field":"email","operator":"$","value":"@example.com"}]}`; string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	for _, test := range []struct{ source, want string }{
		{"{tag: a, segment: b}", "2:9: source must be a file, or one of tag, segment and query"},
		{"{}", "2:9: source must be a file, or one of tag, segment and query"},
		{"{tags: a}", "unknown key source.tags (did you mean tag?)"},
		{"{query: {field: role, operator: is, value: user}}", "source.query: filter on role has an operator that the API does not know"},
	} {
		if _, err := tryLoad(t, "name: a\nsource: "+test.source+"\n"+rest); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.source, err, test.want)
		}
	}
}

// What says who is written to is in the fingerprint; whom herald leaves out is not.
func TestFingerprintOfAddressing(t *testing.T) {
	base := load(t, map[string]string{"campaign.yaml": byEmail("Hi")}, nil)
	prefer := load(t, map[string]string{"campaign.yaml": strings.Replace(byEmail("Hi"), "}\"}", "}\", prefer: user}", 1)}, nil)
	consent := load(t, map[string]string{"campaign.yaml": byEmail("Hi") + "unsubscribed: skip\n"}, nil)
	if base.Fingerprint() == prefer.Fingerprint() || base.Fingerprint() != consent.Fingerprint() {
		t.Error("prefer must count, unsubscribed must not")
	}
	if !slices.ContainsFunc(base.Parts(), func(p Part) bool { return p.Name == "to.email" && p.Content == "{{.email}}" }) {
		t.Error("to.email is no part")
	}
}
