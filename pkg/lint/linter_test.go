package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/source"
)

var columns = []string{"id", "role", "name", "email", "link"}

// newLinter returns the linter of a campaign with a body in a file; more is put
// below the message's keys and the file's.
func newLinter(t testing.TB, file, body, message, top string) (*lint.Linter, *campaign.Renderer, *source.Header) {
	t.Helper()
	dir := t.TempDir()
	text := "name: test\nsource: contacts.csv\nto: {type: \"{{.role}}\", id: \"{{.id}}\"}\n" + top +
		"message:\n  type: email\n  template: plain\n  from: 1\n  body: " + file + "\n" + message
	if !strings.Contains(message, "subject:") {
		text += "  subject: \"Hi {{.name}}\"\n"
	}
	for name, content := range map[string]string{"campaign.yaml": text, file: body} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := campaign.Load(filepath.Join(dir, "campaign.yaml"), campaign.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := source.NewHeader(columns)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Compile(h, campaign.CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return lint.New(c, r, h), r, h
}

// brief is a finding as the tests compare it: kind, where, severity if it is an
// error.
func brief(found []lint.Finding) []string {
	var all []string
	for _, f := range found {
		s := string(f.Kind)
		if f.FileLine > 0 {
			s += fmt.Sprintf(" %s:%d:%d", filepath.Base(f.File), f.FileLine, f.FileColumn)
		} else if f.Field != "" {
			s += " " + f.Field
		}
		if f.Severity == lint.Error {
			s += " error"
		}
		all = append(all, s)
	}
	return all
}

const optOut = "<p>Hi {{.name}}, reply to unsubscribe</p>\n"

// TestFixed: what everybody gets is judged once, at its place in the template.
func TestFixed(t *testing.T) {
	for _, test := range []struct {
		name, file, body, message, top string
		rows                           int
		want                           []string
	}{
		{"nothing", "b.html", optOut, "", "", 1, nil},
		{"no opt-out", "b.html", "<p>Hi {{.name}}</p>", "", "", 1, []string{"no_opt_out"}},
		{"marketing without", "b.html", "<p>Hi {{.name}}</p>", "", "purpose: marketing\n", 1, []string{"no_opt_out error"}},
		{"service without", "b.html", "<p>Hi {{.name}}</p>", "", "purpose: service\n", 1, nil},
		{"opt-out in German", "b.txt", "Hallo {{.name}}. Hier abmelden.", "", "", 1, nil},
		{"opt-out by a constant", "b.txt", "Hi {{.name}}. {{.vars.out}}", "", "vars: {out: 'To opt out, reply.'}\n", 1, nil},
		{"opt-out in a branch that is ruled out", "b.txt", "Hi {{.name}} {{if .vars.out}}unsubscribe{{end}}", "", "", 1, []string{"no_opt_out"}},
		{"links", "b.html", optOut + "<a href=\"http://example.com\">a</a>\n<a href='#'>b</a> <a href=\"\">c</a> <a href=\"/x\">d</a>\n<img src=\"https://exam ple.com/x\"> <a href=\"mailto:a@b.c\">e</a>\n<b data-href=\"http://x\">f</b>", "", "", 1,
			[]string{"insecure_link b.html:2:10", "bad_link b.html:3:10", "bad_link b.html:3:28", "bad_link b.html:3:45", "bad_link b.html:4:11"}},
		{"links with values", "b.html", optOut + "<a href=\"{{.link}}\">a</a> <a href=\"https://example.com/{{.id}}\">b</a> <a href=\"http://example.com/{{.id}}\">c</a> <a href=\"https://localhost/{{.id}}\">d</a> <a href=\"https://{{.id}}.example.com/\">e</a>", "", "", 1,
			[]string{"insecure_link b.html:2:80", "bad_link b.html:2:123"}},
		{"links in a text", "b.txt", "unsubscribe at http://example.com/{{.id}}, or https://example.com/x.\n{{.link}}", "", "", 1, []string{"insecure_link b.txt:1:16"}},
		{"a link in Markdown", "b.md", "unsubscribe\n\n[a](http://example.com/x)", "", "", 1, []string{"insecure_link b.md:3:5"}},
		{"leftovers", "b.txt", "Hi [First Name],\nunsubscribe %COMPANY% TODO: text\nMÃ¼ller\u202e\a", "", "", 1,
			[]string{"placeholder b.txt:1:4 error", "placeholder b.txt:2:13 error", "filler b.txt:2:23", "mojibake b.txt:3:2", "bidi b.txt:3:8", "control_characters b.txt:3:9"}},
		{"a constant", "b.html", optOut + "{{.vars.text}}", "", "vars: {text: 'lorem ipsum'}\n", 1, []string{"filler b.html:2:3"}},
		{"a subject in capitals", "b.html", optOut, "  subject: LAST CHANCE TO SAVE\n", "", 1, []string{"shouting campaign.yaml:9:12"}},
		{"copies of a few", "b.html", optOut, "  cc: {type: user, id: c9}\n", "", 99, nil},
		{"copies of many", "b.html", optOut, "  cc: {type: user, id: c9}\n  bcc: [{type: user, id: '{{.id}}'}, {type: lead, id: c8}]\n", "", 100,
			[]string{"many_copies campaign.yaml:9:24", "many_copies campaign.yaml:10:55"}},
		{"conversations", "b.html", optOut, "  create_conversation_without_contact_reply: true\n", "", 100, []string{"opens_conversations"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _, _ := newLinter(t, test.file, test.body, test.message, test.top)
			if diff := cmp.Diff(test.want, brief(l.Fixed(test.rows))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRow: what only a row makes wrong. cmd/herald's planted rows are the rest.
func TestRow(t *testing.T) {
	for _, test := range []struct {
		name, body, subject string
		cells               string // id|role|name|email|link
		want                []string
	}{
		{"nothing", "Hi {{.name}}", "", "c1|user|Ann|ann@example.com|", nil},
		{"unused columns don't count", "Hi", "", "c1|user|Ann|ann@example.com|http://x", nil},
		{"empty", "Hi {{.name}} {{.name}}", "News", "c1|user| |a@b.com|", []string{"empty_field name"}},
		{"empty, with a default", "Hi {{.name | default \"you\"}}", "News", "c1|user||a@b.com|", nil},
		{"empty, asked for", "Hi {{if .name}}{{.name}}{{end}}", "News", "c1|user||a@b.com|", nil},
		{"empty, compared", "Hi {{if eq .name \"x\"}}you{{end}}", "News", "c1|user||a@b.com|", nil},
		{"empty in a function", "Hi {{upper .name}}", "News", "c1|user||a@b.com|", []string{"empty_field name"}},
		{"no address", "Hi {{.name}}", "", "c1|user|Ann||", nil},
		{"nothing to read", "<p>{{.link}}</p>", "News", "c1|user|Ann||&nbsp;", nil},
		{"tags alone", "<p><br>{{.link | default \"\"}}</p>", "News", "c1|user|Ann||", []string{"empty_body link error"}},
		{"an id with umlauts", "Hi", "News", "cö|user|Ann||", []string{"bad_id id error"}},
		{"an id with blanks around", "Hi", "News", " c1 |user|Ann||", nil},
		{"two faults of a value", "{{.name}}", "News", "c1|user|{{x}} http://a.b|a@b.com|", []string{"placeholder name error", "insecure_link name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			message := ""
			if test.subject != "" {
				message = "  subject: " + test.subject + "\n"
			}
			l, r, h := newLinter(t, "b.html", test.body, message, "")
			row := source.NewRecipient(h, 7, strings.Split(test.cells, "|"))
			m, err := r.Render(row)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, brief(l.Row(row, m))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestKindsAreDescribed: the package comment has every kind.
func TestKindsAreDescribed(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range lint.Kinds() {
		if !strings.Contains(string(doc), string(k)) {
			t.Errorf("%s is not described in doc.go", k)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	l, r, h := newLinter(b, "b.html", optOut+strings.Repeat("This is what a campaign says to everyone. ", 11)+"{{.role}} {{.email}} <a href=\"{{.link}}\">x</a>", "", "")
	row := source.NewRecipient(h, 2, []string{"6762f2341bb69f9f2193bc17", "user", "Jürgen", "juergen@example.com", "https://example.com/x?y=z"})
	m, err := r.Render(row)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if found := l.Row(row, m); found != nil {
			b.Fatal(found)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
