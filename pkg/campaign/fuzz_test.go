package campaign

import (
	"bytes"
	htmltemplate "html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/source"
	"golang.org/x/net/html"
)

// hostile are values that contacts may have, to break out of where they stand.
var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='x", "javascript:alert(1)", "{{.id}}",
	"--><b>", "]]><b>", "</title><b>", "\x00<b>", "a+b&amp;c", "[x](javascript:y)", "`<b>`", "\u2028<b>", "heraldactionx0z", "<no value>", "ZgotmplZ",
}

// FuzzLoad: no campaign file and no body makes Load or Compile panic, and what
// is refused is refused with problems that have words and places.
func FuzzLoad(f *testing.F) {
	f.Add(everything, "<p>{{.first_name}}</p>")
	f.Add(inApp("Hi {{.id}}"), "")
	f.Add(head+"message: &m {type: in_app, from: 7, body: welcome.html, cc: *m}", "{{template \"welcome\" .}}")
	f.Add("a: [1\nb", "{{define \"x\"}}{{end}}{{block \"y\" .}}{{end}}")
	f.Add("? {a: b}\n: c\n<<: *x", "{{if .a}}<a href=\"{{.b}}\">{{else}}{{end}}")
	f.Add("name: !!binary aGk=\nvars: {1: 2, ? [a] : b}", "{{range $i, $e := .x}}{{$e.y.z | default .}}{{end}}")
	dir := f.TempDir()
	path := filepath.Join(dir, "campaign.yaml")
	f.Fuzz(func(t *testing.T, file, body string) {
		for name, text := range map[string]string{"campaign.yaml": file, "welcome.html": body, "welcome.md": body} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := Load(path, Options{})
		if err == nil {
			_, err = c.Compile(nil, CompileOptions{})
		}
		problems, ok := err.(Problems)
		if err != nil && !ok {
			t.Fatalf("no problems: %v", err)
		}
		for _, p := range problems {
			if p.File == "" || p.Message == "" || p.Line < 0 || p.Column < 0 {
				t.Errorf("bad problem: %#v", p)
			}
		}
	})
}

// fuzzBody has a value in each place that a message has for one: texts,
// attributes, links, Markdown links, titles and code.
const fuzzBody = `{{$flat := "no"}}<p title="{{.x}}" class='{{.x}}' data-x={{.x}}>{{.x}} {{.x | upper}}</p>` +
	`<a href="https://example.com/{{.x}}?q={{.x}}">{{.x}}</a><img alt="{{.x}}" src="https://example.com/i.png">`

// FuzzTemplateData: whatever a contact's data is, the message has the elements
// of the template and their attributes, and no others.
func FuzzTemplateData(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	h := header(f, "id", "x")
	var renderers []*Renderer
	for name, body := range map[string]string{
		"b.html": fuzzBody,
		"c.html": `<p title="{{.x}}">{{.x}}</p>{{.x | default "n"}}`,
		"d.md":   "# {{.x}}\n\n**{{.x}}** [{{.x}}](https://example.com/?q={{.x}} \"{{.x}}\") `{{.x}}`\n\n    {{.x}}\n\n{{if .x}}\n- {{.x}}\n{{end}}\n",
	} {
		renderers = append(renderers, compile(f, load(f, withFile(name, body), nil), h))
	}
	shape := make([]string, len(renderers))
	for i, r := range renderers {
		shape[i] = elements(renderOrFail(f, r, h, "harmless"))
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" {
			return // {{if .x}} may leave elements out
		}
		for i, r := range renderers {
			m, err := r.Render(source.NewRecipient(h, 2, []string{"42", value}))
			if err != nil {
				continue
			}
			if got := elements(m.Body); got != shape[i] {
				t.Errorf("value %q makes elements\n%s\nnot\n%s", value, got, shape[i])
			}
		}
	})
}

func renderOrFail(t testing.TB, r *Renderer, h *source.Header, value string) string {
	m, err := r.Render(source.NewRecipient(h, 2, []string{"42", value}))
	if err != nil {
		t.Fatal(err)
	}
	return m.Body
}

// elements returns the tags of a text with the names of their attributes.
func elements(body string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
		default:
			token := z.Token()
			b.WriteString(token.Type.String() + " " + token.Data)
			for _, a := range token.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteByte('\n')
		}
	}
}

// FuzzEscape: the table of flat programs is html/template's.
func FuzzEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	text := htmltemplate.Must(htmltemplate.New("").Parse("{{.}}"))
	attribute := htmltemplate.Must(htmltemplate.New("").Parse(`<a title="{{.}}">`))
	f.Fuzz(func(t *testing.T, s string) {
		var got, inText, inAttribute bytes.Buffer
		appendEscaped(&got, s)
		if text.Execute(&inText, s) != nil || attribute.Execute(&inAttribute, s) != nil {
			t.Fatal("can't execute")
		}
		if got.String() != inText.String() || `<a title="`+got.String()+`">` != inAttribute.String() {
			t.Errorf("%q: %q, html/template %q and %q", s, got.String(), inText.String(), inAttribute.String())
		}
	})
}

// FuzzMarkdown: every action of a Markdown template is in the HTML made of it,
// as it was written, and its place is known.
func FuzzMarkdown(f *testing.F) {
	f.Add("# {{.a}}\n\n[x]({{.b}} \"{{.c}}\") <{{.d}}> `{{.e}}`\n\n{{if .f}}\n- {{.g}}\n{{end}}")
	f.Add("{{/* }} */}}{{\"}}\"}}{{`}}`}}{{- .a -}}")
	f.Add("heraldactionx0z {{.a}} <b>{{.b}}</b>\n\n| {{.c}} | d |\n|---|---|\n| a | {{.e}} |\n")
	f.Fuzz(func(t *testing.T, text string) {
		tmpl := &Template{Name: "t", Text: text, parsed: text}
		if !utf8.ValidString(text) || checkSyntax("t", tmpl) != nil {
			return
		}
		out, marks := renderMarkdown(text)
		for _, m := range marks {
			if !strings.HasPrefix(out[m.html:], "{{") || !strings.HasPrefix(text[m.text:], "{{") {
				t.Errorf("%q: no action at %v of %q", text, m, out)
			}
		}
		if strings.Contains(out, "heraldaction") && !strings.Contains(text, "heraldaction") {
			t.Errorf("%q: a mask is left in %q", text, out)
		}
	})
}
