package templates_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
	"github.com/herald-campaigns/herald/templates"
)

// required are the constants without which a template says nothing.
var required = map[string]map[string]string{
	"product-announcement": {"product": "Flight Deck", "link": "https://example.com/deck"},
	"onboarding-welcome":   {"product": "Flight Deck", "link": "https://example.com/start"},
	"personal-note":        {"text": "you asked for exports last month: they are ready."},
	"in-app-notice":        {"title": "Exports are here", "text": "you can export to CSV now."},
	"maintenance-warning":  {"product": "Flight Deck", "start": "2026-12-05T22:00:00Z", "end": "2026-12-06T00:30:00Z"},
}

// optional are constants that all templates together take besides.
var optional = map[string]string{
	"event": "Winter release", "summary": "A calm place for all that flies.", "points": "Faster, quieter, kinder.",
	"step_1": "One.", "step_2": "Two.", "step_3": "Three.", "reason": "New disks.", "advice": "Have some tea.",
	"zone": "Europe/Berlin", "button": "Go there", "link": "https://example.com/go?a=1&b=2", "sender": "Anna of Acme",
	"closing": "Yours", "company": "Acme", "opt_out": "You asked for news.", "opt_out_link": "https://example.com/out",
	"color": "#0f766e",
}

func render(t *testing.T, name string, vars map[string]string, firstName string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("name: test\nsource: contacts.csv\nto: {type: user, id: \"{{.id}}\"}\nmessage: {type: in_app, from: 7, body: " + name + "}\nvars:\n")
	for k, v := range vars {
		b.WriteString("  " + k + ": '" + v + "'\n")
	}
	path := filepath.Join(t.TempDir(), "campaign.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := campaign.Load(path, campaign.Options{Shipped: templates.FS})
	if err != nil {
		t.Fatal(err)
	}
	h, err := source.NewHeader([]string{"id", "first_name"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Compile(h, campaign.CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Render(source.NewRecipient(h, 2, []string{"1", firstName}))
	if err != nil {
		t.Fatal(err)
	}
	return m.Body
}

func names(t *testing.T) []string {
	files, err := fs.Glob(templates.FS, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".html")
	}
	return files
}

// Each template renders with what README.md says is required, and with all
// that it says is optional.
func TestTemplatesRender(t *testing.T) {
	for _, name := range names(t) {
		vars := required[name]
		if vars == nil {
			t.Errorf("%s: not in the test", name)
			continue
		}
		bare := render(t, name, vars, "")
		if !strings.Contains(bare, "there") && !strings.Contains(bare, "hello") {
			t.Errorf("%s: no greeting without a name:\n%s", name, bare)
		}
		all := map[string]string{}
		for _, m := range []map[string]string{optional, vars} {
			for k, v := range m {
				all[k] = v
			}
		}
		full := render(t, name, all, "Zoë <b>")
		for _, want := range []string{"Zoë &lt;b&gt;", optional["opt_out"], `href="https://example.com/out"`, `href="https://example.com/`} {
			if !strings.Contains(full, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, full)
			}
		}
		if dir := os.Getenv("HERALD_TEMPLATES_OUT"); dir != "" {
			for file, text := range map[string]string{name + ".html": full, name + "-bare.html": bare} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte("<meta charset=utf-8><meta name=viewport content='width=device-width'><body style='margin:0'>"+text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// Mail programs drop style sheets, scripts and classes.
func TestTemplatesHaveInlineStylesOnly(t *testing.T) {
	banned := regexp.MustCompile(`(?i)<(style|script|link|meta|img)\b|\bclass=|\bon[a-z]+=`)
	err := fs.WalkDir(templates.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.FS, path)
		if m := banned.FindString(string(text)); m != "" {
			t.Errorf("%s has %s", path, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// README.md names each constant of each template and of its partials.
func TestReadmeListsEveryConstant(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	constant := regexp.MustCompile(`\.vars\.(\w+)`)
	include := regexp.MustCompile(`{{template "([^"]+)"`)
	for _, name := range names(t) {
		_, section, ok := strings.Cut(string(readme), "\n## "+name+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok {
			t.Errorf("README.md has no section %s", name)
			continue
		}
		for files := []string{name + ".html"}; len(files) > 0; files = files[1:] {
			text, err := fs.ReadFile(templates.FS, files[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range constant.FindAllStringSubmatch(string(text), -1) {
				if !strings.Contains(section, "`"+m[1]+"`") {
					t.Errorf("README.md, %s: no %s", name, m[1])
				}
			}
			for _, m := range include.FindAllStringSubmatch(string(text), -1) {
				if file := "partials/" + m[1] + ".html"; !slices.Contains(files, file) {
					files = append(files, file)
				}
			}
		}
	}
}
