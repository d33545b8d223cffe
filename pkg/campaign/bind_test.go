package campaign

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/herald-campaigns/herald/pkg/source"
)

// What is wrong with a template is found by Load if the template alone tells,
// else by Compile, always at the place in the file it was written in.
func TestTemplateProblems(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"no such column", "Hi\n{{.frist_name}}", `b.txt:2:3: there is no column "frist_name" (did you mean first_name?)`},
		{"near a column with blanks", "{{.plna_type}}", `b.txt:1:3: there is no column "plna_type" (did you mean plan_type?)`},
		{"case", "{{.Email}}", `b.txt:1:3: there is no column "Email" (did you mean email?)`},
		{"no such column by col", `{{col "Plan Tipe"}}`, `b.txt:1:7: there is no column "Plan Tipe" (did you mean plan_type?)`},
		{"no dot", "ü {{first_name}}", "b.txt:1:5: there is no function first_name; a column has a dot before its name (did you mean .first_name?)"},
		{"no such function", "{{.id | uper}}", "b.txt:1:9: there is no function uper; a column has a dot before its name (did you mean upper?)"},
		{"a function of others", `{{env "HOME"}}`, "b.txt:1:3: there is no function env; a column has a dot before its name"},
		{"a reserved function", `{{_field . 0}}`, "b.txt:1:3: there is no function _field; a column has a dot before its name"},
		{"too few values", `{{date .id}}`, "b.txt:1:3: date takes 2 to 3 values, not 1"},
		{"too many values", `{{.id | upper .id}}`, "b.txt:1:9: upper takes one value, not 2"},
		{"a blank in a name", "{{.Plan Type}}", `b.txt:1:3: .Plan is followed by Type, but takes nothing: a column whose name has blanks is written {{col "Its Name"}}, or with underscores for blanks`},
		{"piped into a field", "{{.id | .email}}", "b.txt:1:9: .email is no function: nothing can be piped into it"},
		{"the whole row", "{{.}} {{$}} {{upper .}}", `
b.txt:1:3: {{.}} is the whole row: name a column, as in {{.first_name}}
b.txt:1:9: {{$}} is the whole row: name a column, as in {{$.first_name}}
b.txt:1:21: {{.}} is the whole row: name a column, as in {{.first_name}}`},
		{"a field of a column", "{{.email.host}}", "b.txt:1:3: .email.host: a column of a table has no fields"},
		{"the dot is elsewhere", "{{with .email}}\n  {{.id}}{{end}}", "b.txt:2:5: .id: the dot is a single value here: write {{$.id}} for the row's"},
		{"a default does not make a column", `{{.nick | default "you"}}`, `b.txt:1:3: there is no column "nick"`},
		{"no such constant", "{{.vars.evnt}} {{.vars}}", `
b.txt:1:3: there is no constant "evnt" under vars (did you mean event?)
b.txt:1:18: write .vars and the name of one constant, as in {{.vars.event}}`},
		{"several", "{{.a1}}\n{{b2}}\n{{if .c3}}{{.d4 | upper}}{{end}}", `
b.txt:1:3: there is no column "a1"
b.txt:2:3: there is no function b2; a column has a dot before its name
b.txt:3:6: there is no column "c3"
b.txt:3:13: there is no column "d4"`},
		{"not closed", "Hi\n{{.id", "b.txt:2: {{ without its }}"},
		{"no end", "{{if .id}}", "b.txt:1: an {{if}}, {{range}}, {{with}}, {{define}} or {{block}} has no {{end}}"},
		{"an end too many", "a\n{{end}}", "b.txt:2: {{end}} without an {{if}}, {{range}} or {{with}} before it"},
		{"nothing inside", "{{}}", "b.txt:1: {{}} with nothing in it"},
		{"no condition", "{{if}}{{end}}", "b.txt:1: {{if}} without a condition"},
		{"unknown variable", "{{$x}}", "b.txt:1: there is no variable $x: a column is written {{.name}}"},
		{"open quote", "{{upper \"a}}", "b.txt:1: a quote inside {{ }} is never closed"},
		{"a dash", "{{.first-name}}", "b.txt:1: a character that can't stand inside {{ }}: U+002D '-'; a column with other characters is written {{col \"Its Name\"}}"},
		{"a brace", "{{.id}}}} {{ } }}", "b.txt:1: unexpected \"}\" inside {{ }}"},
		{"no such partial", "\n {{template \"foter\" .}}", `b.txt:2:13: {{template "foter"}}: there is no such file in the campaign's folder, its partials or layouts, nor a shipped one (did you mean footer?)`},
		{"a partial with a problem", `{{template "footer" .}}`, `partials/footer.txt:2:3: there is no column "cty" (did you mean city?)`},
		{"a partial without data", `{{template "footer"}}`, `partials/footer.txt:2:3: .cty: this template is included without data: write {{template "name" .}} with a dot`},
		{"a partial in a partial's partial", `{{template "ping" .}}`, `pong.txt:1:12: {{template "ping"}} includes itself`},
		{"a partial in itself", `{{template "loop" .}}`, `loop.txt:1:12: {{template "loop"}} includes itself`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := withFile("b.txt", tt.body)
			files["partials/footer.txt"] = "Bye\n{{.cty}}"
			files["loop.txt"] = `{{template "loop" .}}`
			files["ping.txt"], files["pong.txt"] = `{{template "pong" .}}`, `{{template "ping" .}}`
			if strings.Contains(tt.body, "foter") {
				files["footer.txt"] = "x"
			}
			checkTemplate(t, files, tt.want)
		})
	}
}

func checkTemplate(t *testing.T, files map[string]string, want string) {
	t.Helper()
	path := write(t, files)
	c, err := Load(path, Options{})
	if err == nil {
		_, err = c.Compile(header(t, "id", "first_name", "email", "city", "Plan Type"), CompileOptions{})
	}
	if err == nil {
		t.Fatal("no problem found")
	}
	got := strings.ReplaceAll(err.Error(), strings.TrimSuffix(path, "campaign.yaml"), "")
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Error(diff)
	}
}

// Places in the campaign file itself, in every way YAML has to write a text.
func TestTemplatePlacesInYAML(t *testing.T) {
	const file = `name: test
source: contacts.csv
to: {type: "{{.rol}}", id: '{{.idd}}'}
message:
  type: email
  template: plain
  from: 7
  subject: Hi {{.a}}
  body: |

    Hi {{.b}},

      indented {{.c}}
key: >
  {{.d}}
  {{.e}}
`
	checkTemplate(t, map[string]string{"campaign.yaml": file}, `
campaign.yaml:3:15: there is no column "rol"
campaign.yaml:3:31: there is no column "idd" (did you mean id?)
campaign.yaml:8:17: there is no column "a"
campaign.yaml:11:10: there is no column "b"
campaign.yaml:13:18: there is no column "c"
campaign.yaml:14:6: there is no column "d"
campaign.yaml:14:6: there is no column "e"`)
}

func TestTemplatePlacesInMarkdown(t *testing.T) {
	body := "# Hi {{.a}}\n\nA [link]({{.b}} \"{{.c}}\")\nand more {{.d}}.\n\n{{if .e}}\n- {{.f}}\n{{end}}\n\n    code {{.g}}\n"
	checkTemplate(t, withFile("b.md", body), `
b.md:1:8: there is no column "a"
b.md:3:12: there is no column "b"
b.md:3:20: there is no column "c"
b.md:4:12: there is no column "d"
b.md:6:6: there is no column "e"
b.md:7:5: there is no column "f"
b.md:10:12: there is no column "g"`)
	checkTemplate(t, withFile("b.md", "a\n\n{{if .a}}"), "b.md:3: an {{if}}, {{range}}, {{with}}, {{define}} or {{block}} has no {{end}}")
}

func TestHTMLProblems(t *testing.T) {
	for body, want := range map[string]string{
		"<p>\n<a href=\"{{.id}}":                        "b.html:1: the HTML ends inside a tag, a quote or a comment",
		"<p>\n<a {{if .id}}href=\"{{end}}x\">":          "b.html:2:9: the branches of an {{if}}, {{range}} or {{with}} leave the HTML in different places: one opens a tag or a quote that the other does not",
		"<p>\n<a href='{{if .id}}/?{{end}}{{.email}}'>": "b.html:2:31: a value stands where it isn't clear which part of a link it is",
		"<p>\n{{html .id | upper}}":                     "b.html:2:3: html and urlquery must come last in {{ }}",
	} {
		checkTemplate(t, withFile("b.html", body), want)
	}
}

func TestColumnNamedVarsClashes(t *testing.T) {
	c := load(t, withFile("b.txt", "{{.vars.event}}"), nil)
	_, err := c.Compile(header(t, "id", "vars"), CompileOptions{})
	if err == nil || !strings.Contains(err.Error(), "a column named vars") {
		t.Errorf("got %v", err)
	}
	got, err := renderCSV(t, withFile("b.txt", `{{col "vars"}}`), "vars", "mine")
	if err != nil || got != "mine" {
		t.Errorf("without constants in the template: %q, %v", got, err)
	}
}

// JSONL rows need not have the same fields, so Compile knows none.
func TestCompileForJSONL(t *testing.T) {
	c := load(t, withFile("b.txt", "{{.a.b}} {{frist}}"), nil)
	_, err := c.Compile(nil, CompileOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), "b.txt:1:12: there is no function frist; a column has a dot before its name (did you mean .frist?)") {
		t.Errorf("got %v", err)
	}
}

func TestUses(t *testing.T) {
	body := `{{.first_name}} {{col "Plan Type" | default "x"}} {{if .email}}{{$.id}}{{end}} {{with .city}}{{.}}{{end}} {{.vars.event}} {{template "f" .}}`
	files := withFile("b.txt", body)
	files["f.txt"] = "{{.first_name}}"
	r := compile(t, load(t, files, nil), header(t, "id", "first_name", "email", "city", "Plan Type", "unused"))
	if diff := cmp.Diff([]string{"Plan Type", "city", "email", "first_name", "id"}, r.Uses()); diff != "" {
		t.Error(diff)
	}
	var places []string
	for _, u := range r.Places() {
		if strings.HasSuffix(u.File, ".txt") {
			places = append(places, fmt.Sprintf("%s %d:%d %v", u.Field, u.Line, u.Column, u.Handled))
		}
	}
	want := []string{"first_name 1:3 false", "Plan Type 1:23 true", "email 1:56 true", "id 1:66 false", "city 1:87 true", "first_name 1:3 false"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

// A body fills in the blocks of the layout that it includes; the campaign's
// folder comes before the shipped templates.
func TestLayoutsAndPartials(t *testing.T) {
	shipped := fstest.MapFS{
		"layout.html": {Data: []byte("shipped layout")},
		"sign.html":   {Data: []byte("shipped {{.first_name}}")},
	}
	files := withFile("b.html", `{{define "content"}}<p>{{.first_name}}</p>{{end}}{{template "layout" .}}`)
	files["layouts/layout.html"] = `<html>{{block "content" .}}nothing{{end}}|{{block "foot" .}}foot{{end}}|{{template "sign.html" .}}|{{template "md" .}}</html>`
	files["partials/md.md"] = "**{{.first_name}}**"
	c := load(t, files, shipped)
	h := header(t, "id", "first_name")
	m, err := compile(t, c, h).Render(source.NewRecipient(h, 2, []string{"1", "<A>"}))
	want := "<html><p>&lt;A&gt;</p>|foot|shipped &lt;A&gt;|<p><strong>&lt;A&gt;</strong></p>\n</html>"
	if err != nil || m.Body != want {
		t.Errorf("got %v, %v", m, err)
	}
	var names []string
	for _, p := range c.Parts() {
		if name, ok := strings.CutPrefix(p.Name, "file "); ok {
			names = append(names, name)
		}
	}
	if diff := cmp.Diff([]string{"b.html", "layouts/layout.html", "partials/md.md", "sign.html"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateInSettingIsRefused(t *testing.T) {
	checkTemplate(t, map[string]string{"campaign.yaml": strings.Replace(inApp("x"), "{{.id}}", "{{template `a`}}", 1)},
		"campaign.yaml:3:34: {{template}} and {{block}} are for bodies only")
}
