package preview

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
)

// emailCampaign uses a column with and one without a default.
const emailCampaign = `name: spring
source: contacts.csv
to: {type: user, id: "{{.id}}"}
message:
  type: email
  subject: "Hi {{.first_name | default \"there\"}}"
  body: body.html
  template: personal
  from: 394051
`

// write makes files in a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// folder makes a campaign of these files, beside which are the email campaign
// and a body, if they are not among them.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"campaign.yaml": emailCampaign, "body.html": "<p>Hello {{.first_name}}</p>\n"})
	write(t, dir, files)
	return dir
}

// load makes a view of the campaign in a folder.
func load(dir string) (*View, error) {
	c, err := campaign.Load(filepath.Join(dir, "campaign.yaml"), campaign.Options{})
	if err != nil {
		return nil, err
	}
	open := func() (*source.Reader, error) { return source.Open(c.Source.Path, source.Options{}) }
	rows, err := open()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	renderer, err := c.Compile(rows.Header(), campaign.CompileOptions{})
	if err != nil {
		return nil, err
	}
	return &View{Campaign: c, Renderer: renderer, Source: filepath.Base(c.Source.Path), Open: open, Files: append(c.Files(), c.Source.Path)}, nil
}

func mustLoad(t *testing.T, dir string) *View {
	t.Helper()
	v, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// csv is a source of n rows, from line 2 on, with ids c2, c3 and so on.
func csv(n int) string {
	text := "id,first_name,country\n"
	for line := 2; line < n+2; line++ {
		text += fmt.Sprintf("c%d,Name%d,DE\n", line, line)
	}
	return text
}

func TestFind(t *testing.T) {
	v := mustLoad(t, folder(t, map[string]string{
		"contacts.csv": "id,First Name,country\nc2,Anna,DE\nc3,Bert,\"F\nR\"\n broken\nc6, ANNA ,de\n",
	}))
	for _, test := range []struct {
		name  string
		query Query
		after int
		want  int // line; 0: none
	}{
		{"key", Query{Key: "c3"}, 0, 3},
		{"a key is exact", Query{Key: "C3"}, 0, 0},
		{"field", Query{Field: "country", Value: "de"}, 0, 2},
		{"the next one", Query{Field: "country", Value: "de"}, 2, 6},
		{"none is left", Query{Field: "country", Value: "de"}, 6, 0},
		{"field by its snake name, with space around", Query{Field: "first_name", Value: "anna "}, 2, 6},
		{"no such field", Query{Field: "city", Value: "DE"}, 0, 0},
		{"any field", Query{Value: "bert"}, 0, 3},
		{"any field or the key", Query{Value: "c6"}, 0, 6},
		{"a part is not enough", Query{Value: "ann"}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			row, err := v.Find(t.Context(), test.query, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := lineOf(row); got != test.want {
				t.Errorf("found line %d, want %d", got, test.want)
			}
		})
	}
}

func lineOf(row *source.Recipient) int {
	if row == nil {
		return 0
	}
	return row.Line
}

func TestFindInJSON(t *testing.T) {
	dir := folder(t, map[string]string{
		"contacts.jsonl": `{"id":"a","first_name":"Anna","age":41,"vip":true,"tags":["x"],"none":null}` + "\n" + `{"id":"b","first_name":"Bert","age":7}` + "\n",
		"campaign.yaml":  "name: j\nsource: contacts.jsonl\n" + emailCampaign[len("name: spring\nsource: contacts.csv\n"):],
	})
	v := mustLoad(t, dir)
	for value, want := range map[string]int{"41": 1, "true": 1, `["x"]`: 1, "7": 2, "": 1, "8": 0} {
		row, err := v.Find(t.Context(), Query{Value: value}, 0)
		if err != nil || lineOf(row) != want {
			t.Errorf("%q: found line %d (%v), want %d", value, lineOf(row), err, want)
		}
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	v := mustLoad(t, folder(t, map[string]string{"contacts.csv": csv(5000)}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Find(ctx, Query{Key: "nobody"}, 0); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestMissing(t *testing.T) {
	dir := folder(t, map[string]string{
		"campaign.yaml": "name: j\nsource: contacts.jsonl\n" + emailCampaign[len("name: spring\nsource: contacts.csv\n"):],
		"body.html":     `<p>{{.text}} {{if .city}}{{.city}}{{end}} {{.plan.name | default "-"}} {{.first_name | default "-"}}</p>`,
		"contacts.jsonl": `{"id":"a","text":"t","first_name":"A","city":"B","plan":{"name":"gold"}}
{"id":"b","text":"","first_name":" ","plan":{"name":null}}
{"id":"c","text":"t","first_name":"A","city":"B"}
`,
	})
	v := mustLoad(t, dir)
	want := []string{"[]", "[first_name city plan.name]", "[plan.name]"}
	err := eachRow(t.Context(), v.Open, func(row *source.Recipient) {
		if got := fmt.Sprint(v.Missing(row)); got != want[row.Line-1] {
			t.Errorf("line %d lacks %s, want %s", row.Line, got, want[row.Line-1])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
