package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A reading that was killed goes on behind its last whole page.
func TestResumeAudience(t *testing.T) {
	const page1, page2 = `{"id":"1"}` + "\n" + `{"id":"2"}` + "\n" + `{"next":"c1"}` + "\n", `{"id":"3"}` + "\n" + `{"next":"c2"}` + "\n"
	for _, test := range []struct{ name, text, cursor, kept string }{
		{"nothing yet", "", "", ""},
		{"less than a page", `{"id":"1"}` + "\n", "", ""},
		{"a page", page1, "c1", page1},
		{"a page and a part of the next", page1 + `{"id":"3"}` + "\n" + `{"ne`, "c1", page1},
		{"a torn cursor", page1 + `{"id":"3"}` + "\n" + `{"next":"c`, "c1", page1},
		{"two pages", page1 + page2, "c2", page1 + page2},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.part")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			cursor, err := resumeAudience(f)
			if err != nil || cursor != test.cursor {
				t.Errorf("cursor %q, %v; want %q", cursor, err, test.cursor)
			}
			if _, err := f.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			if kept, _ := os.ReadFile(path); string(kept) != test.kept+"x" {
				t.Errorf("kept %q, want %q", kept, test.kept)
			}
		})
	}
}
