package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/campaign"
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
