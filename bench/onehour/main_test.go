package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/bench/target"
)

func TestRun(t *testing.T) {
	api, err := target.Listen("127.0.0.1:0", target.Options{Refuse: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	dir := t.TempDir()
	list, body, out := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.txt"), filepath.Join(dir, "r.csv")
	for name, text := range map[string]string{
		list: "contact_id,role,first_name\n" + strings.Repeat("7,user,Zoë\n", 40),
		body: "Hi {{.first_name}}",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(list, body, out, api.URL(), 4); err == nil || err.Error() != "4 messages failed" {
		t.Errorf("of 40 messages 4 were refused: %v", err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if api.Messages() != 40 || strings.Count(string(text), "\n") != 40 || strings.Count(string(text), "400 Bad Request") != 4 {
		t.Errorf("%d messages, results:\n%s", api.Messages(), text)
	}
}
