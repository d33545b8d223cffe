package campaign

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/source"
)

// head is a campaign file up to its message.
const head = `name: test
source: contacts.csv
to: {type: user, id: "{{.id}}"}
`

// write lays out a folder of files and returns the path of campaign.yaml in it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "campaign.yaml")
}

// inApp returns a campaign file whose body is a text after a pipe.
func inApp(body string) string {
	indented := strings.ReplaceAll(body, "\n", "\n    ")
	return head + "message:\n  type: in_app\n  from: 7\n  body: |\n    " + indented + "\n"
}

// withFile returns the files of a campaign whose body is a file.
func withFile(name, body string) map[string]string {
	return map[string]string{
		"campaign.yaml": head + "vars: {event: Spring, link: \"https://example.com/?a=1&b=2\"}\nmessage: {type: in_app, from: 7, body: " + name + "}\n",
		name:            body,
	}
}

func load(t testing.TB, files map[string]string, shipped fs.FS) *Campaign {
	t.Helper()
	c, err := Load(write(t, files), Options{Shipped: shipped})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func header(t testing.TB, names ...string) *source.Header {
	t.Helper()
	h, err := source.NewHeader(names)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func compile(t testing.TB, c *Campaign, h *source.Header) *Renderer {
	t.Helper()
	r, err := c.Compile(h, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// renderCSV renders one row with the columns id, first_name and others given
// as name, value pairs.
func renderCSV(t testing.TB, files map[string]string, pairs ...string) (string, error) {
	t.Helper()
	names, values := []string{"id"}, []string{"42"}
	for i := 0; i < len(pairs); i += 2 {
		names, values = append(names, pairs[i]), append(values, pairs[i+1])
	}
	h := header(t, names...)
	m, err := compile(t, load(t, files, nil), h).Render(source.NewRecipient(h, 2, values))
	if err != nil {
		return "", err
	}
	return m.Body, nil
}

func renderJSON(t testing.TB, files map[string]string, object map[string]any) (string, error) {
	t.Helper()
	object["id"] = "42"
	m, err := compile(t, load(t, files, nil), nil).Render(source.NewObject(1, object))
	if err != nil {
		return "", err
	}
	return m.Body, nil
}
