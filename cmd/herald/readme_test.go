package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/sandbox"
	"github.com/herald-campaigns/herald/pkg/source"
)

// The campaigns that the README shows under "Whom it goes to" are campaigns, whole
// or as parts of one.
func TestReadmeAddressing(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(text), "\n## Whom it goes to\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	const message = "message: {type: email, subject: Hi, body: news.md, template: plain, from: 7}\n"
	header, err := source.NewHeader([]string{"email"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, part := range strings.Split(chapter, "```") {
		block, ok := strings.CutPrefix(part, "yaml\n")
		if i%2 == 0 || !ok {
			continue
		}
		n++
		if !strings.Contains(block, "name:") {
			block = "name: a\n" + message + block
		}
		if !strings.Contains(block, "source:") {
			block += "source: contacts.csv\n"
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"campaign.yaml": block, "news.md": "# News\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := campaign.Load(filepath.Join(dir, "campaign.yaml"), campaign.Options{})
		if err != nil {
			t.Errorf("%v in:\n%s", err, block)
			continue
		}
		h := header
		if c.Source.Audience != nil {
			h = nil
		}
		if _, err := c.Compile(h, campaign.CompileOptions{}); err != nil {
			t.Errorf("%v in:\n%s", err, block)
		}
	}
	if n != 3 {
		t.Errorf("%d campaigns in the chapter, want 3", n)
	}
}

// Each recipe of the README is run as it stands there: its campaign is written to
// a file, and its commands write to those whom it names, and to nobody else.
func TestReadmeRecipes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(text), "\n## Recipes\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	box := sandbox.New(sandbox.Options{People: []sandbox.Person{
		{ID: "5f01", Email: "ann@example.com", Tags: []string{"beta"}}, {ID: "5f02", Email: "bob@example.com"},
		{ID: "5f03", Email: "cyd@example.com", Tags: []string{"beta"}}, {ID: "5f04", Email: "dan@example.com", UnsubscribedFromEmails: true},
	}})
	server, err := sandbox.Listen(t.Context(), "", box)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Chdir(t.TempDir())
	write(t, "news.md", "Hello. Reply with stop to unsubscribe.\n")
	write(t, "contacts.csv", "email,first_name\nann@example.com,Ann\nbob@example.com,Bob\ncyd@example.com,Cyd\ndan@example.com,Dan\n")
	for name, value := range map[string]string{
		"HERALD_BASE_URL": server.URL(), tokenVariable: "any", "HERALD_RATE": "5000/s", "HERALD_PROGRESS": "none",
	} {
		t.Setenv(name, value)
	}
	want := map[string]int64{"news": 3, "beta": 2, "reminder": 0, "trial": 3, "weekly": 6} // dan wants no emails
	got := map[string]int64{}
	name := ""
	for i, block := range strings.Split(chapter, "```") {
		if i%2 == 0 {
			continue
		}
		if yaml, ok := strings.CutPrefix(block, "yaml\n"); ok {
			_, name, _ = strings.Cut(yaml, "name: ")
			name, _, _ = strings.Cut(name, "\n")
			write(t, name+".yaml", yaml)
			continue
		}
		before := box.Witness().Messages
		for _, command := range strings.Split(strings.TrimSpace(block), "\n") {
			args := strings.Fields(strings.TrimPrefix(command, "$ herald "))
			if args[0] == "send" {
				args = append(args, "--yes")
			}
			var said bytes.Buffer
			if err := run(t.Context(), args, strings.NewReader(""), &said, &said); err != nil {
				t.Errorf("%s: %v\n%s", command, err, said.String())
			}
		}
		got[name] = box.Witness().Messages - before
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("the recipe %s sent %d messages, want %d", name, got[name], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d recipes were run, want %d", len(got), len(want))
	}
}
