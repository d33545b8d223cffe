package campaign

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/source"
)

func partsOf(c *Campaign) map[string]string {
	parts := map[string]string{}
	for _, p := range c.Parts() {
		parts[p.Name] = p.Content
	}
	return parts
}

// What was recorded has the same parts, and renders the same messages.
func TestRecall(t *testing.T) {
	header, err := source.NewHeader([]string{"contact_id", "role", "first_name", "id", "owner", "boss"})
	if err != nil {
		t.Fatal(err)
	}
	row := source.NewRecipient(header, 2, []string{"c1", "user", "Ann & Bob", "c1", "a@example.com", "c9"})
	for name, files := range map[string]map[string]string{
		"everything": {"campaign.yaml": everything, "welcome.html": `<p>{{template "p" .}} {{.vars.event}}</p>`, "p.html": "Hi {{.first_name}}"},
		"variants":   {"campaign.yaml": inApp("Hello") + "variants: {a: {weight: 2.5, from: 9}, b: {body: b.md}}\n", "b.md": "Hi *{{.first_name}}* {{template \"p\" .}}", "p.md": "there"},
		"conditions": {"campaign.yaml": head + "message: {type: in_app}\nvariants: {a: {when: '{{eq .role \"lead\"}}', from: 9, body: 'Hi you'}, else: {from: '{{.owner}}', body: '<p>Hi {{.first_name}}'}}\n"},
		"text":       {"campaign.yaml": inApp("Hello {{.first_name}}")},
		"html":       {"campaign.yaml": inApp("<p>Hello {{.first_name}}</p>")},
		"markdown":   {"campaign.yaml": head + "message: {type: in_app, from: 7, body: b.md}\n", "b.md": "# Hi *{{.first_name}}*\n\n{{template \"foot\" .}}\n", "partials/foot.md": "by **us**"},
		"addresses":  {"campaign.yaml": strings.Replace(inApp("Hello {{.first_name}}"), "to: {", "to: {email: \"{{.owner}}\", prefer: lead} #", 1)},
		"plain":      {"campaign.yaml": head + "message: {type: in_app, from: \"{{.owner}}\", body: b}\n", "b.txt": "Hi {{.first_name}}"},
	} {
		t.Run(name, func(t *testing.T) {
			was := load(t, files, nil)
			is, err := Recall("recorded", partsOf(was))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(was.Parts(), is.Parts()); diff != "" {
				t.Error("other parts: ", diff)
			}
			var texts []string
			for _, c := range []*Campaign{was, is} {
				r, err := c.Compile(header, CompileOptions{})
				if err != nil {
					t.Fatal(err)
				}
				m, err := r.Render(row)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, string(m.AppendJSON(nil)))
			}
			if texts[0] != texts[1] {
				t.Errorf("sent %s\nshown %s", texts[0], texts[1])
			}
		})
	}
}

func TestRecallRefuses(t *testing.T) {
	whole := partsOf(load(t, map[string]string{"campaign.yaml": inApp("Hello {{.name}}")}, nil))
	for name, tt := range map[string]struct{ part, content, want string }{
		"unknown part":   {"message.variants[1].body", "x", "this version has no message.variants[1].body"},
		"far too many":   {"message.cc[99999999].id", "x", "this version has no message.cc[99999999].id"},
		"no template":    {"message.body", "{{.name", "recorded"},
		"without a body": {"message.body", "", "a part of the message is missing"},
		"missing file":   {"message.body", `{{template "foot" .}}`, "there is no such file"},
	} {
		parts := map[string]string{}
		for k, v := range whole {
			parts[k] = v
		}
		parts[tt.part] = tt.content
		if _, err := Recall("recorded", parts); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
