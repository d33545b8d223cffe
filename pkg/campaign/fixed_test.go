package campaign

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFixedText: what a template says to everybody, with a place for each word.
func TestFixedText(t *testing.T) {
	for _, test := range []struct {
		name, file, body string
		want             string // gaps as _
		word, place      string // line:column
	}{
		{"text", "b.txt", "Hi {{.first_name}},\nnews", "Hi _,\nnews", "news", "2:1"},
		{"constants", "b.txt", "On {{.vars.event}}, {{.first_name}}", "On Spring, _", "Spring", "1:6"},
		{"a default of a constant", "b.txt", `{{.vars.none | default "soon"}}!`, "soon!", "soon", "1:3"},
		{"both branches", "b.txt", "{{if .first_name}}a{{.first_name}}{{else}}b{{end}}{{with .city}}c{{end}}{{range .city}}d{{end}}", "a_bcd", "b", "1:43"},
		{"a branch that is ruled out", "b.txt", "{{if .vars.none}}a{{else}}b{{end}}", "b", "b", "1:27"},
		{"a definition", "b.html", `{{define "x"}}<b>x</b>{{end}}<p>{{template "x" .}}</p>`, "<p><b>x</b></p>", "x", "1:18"},
		{"Markdown", "b.md", "# News\n\nfor {{.first_name}} and [all](https://example.com)\n", "<h1>News</h1>\n<p>for _ and <a href=\"https://example.com\">all</a></p>\n", "https://example.com", "3:31"},
		{"trimmed", "b.txt", "a \n {{- .first_name -}} \n b", "a_b", "b", "3:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := compile(t, load(t, withFile(test.file, test.body), nil), header(t, "id", "first_name", "city"))
			f := r.Fixed("message.body")
			if got := strings.ReplaceAll(f.Text, string(Gap), "_"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			start := strings.Index(f.Text, test.word)
			file, line, column := f.Place(start, start+len(test.word))
			if got := fmt.Sprintf("%d:%d", line, column); got != test.place || !strings.HasSuffix(file, test.file) {
				t.Errorf("%s is at %s:%s, want %s", test.word, file, got, test.place)
			}
		})
	}
	r := compile(t, load(t, withFile("b.txt", "Hi"), nil), header(t, "id"))
	if r.Fixed("message.subject") != nil {
		t.Error("there is no subject, and yet a fixed text of it")
	}
}

// TestUsesTellWhatBecomesOfThem: which setting reads a field, and whether it is
// asked for or printed.
func TestUsesTellWhatBecomesOfThem(t *testing.T) {
	r := compile(t, load(t, withFile("b.txt", "{{if .city}}{{.first_name | default \"x\"}}{{end}}{{if eq .city \"a\"}}{{.city}}{{end}}"), nil), header(t, "id", "first_name", "city"))
	var got []string
	for _, u := range r.Places() {
		got = append(got, fmt.Sprintf("%s %s handled=%v tested=%v", u.Setting, u.Field, u.Handled, u.Tested))
	}
	want := []string{
		"to.id id handled=false tested=false",
		"message.body city handled=true tested=true",
		"message.body first_name handled=true tested=false",
		"message.body city handled=false tested=true",
		"message.body city handled=false tested=false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPurpose(t *testing.T) {
	files := withFile("b.txt", "Hi")
	files["campaign.yaml"] = "purpose: service\n" + files["campaign.yaml"]
	if c := load(t, files, nil); c.Purpose != Service {
		t.Errorf("purpose %q, want service", c.Purpose)
	}
	files["campaign.yaml"] = strings.Replace(files["campaign.yaml"], "service", "markting", 1)
	if _, err := Load(write(t, files), Options{}); err == nil || !strings.Contains(err.Error(), "did you mean marketing?") {
		t.Errorf("a wrong purpose: %v", err)
	}
}
