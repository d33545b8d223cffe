// Package examples tests that the examples run as they stand.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are for a Unix shell")
	}
	herald := filepath.Join(t.TempDir(), "herald")
	output(t, nil, "go", "build", "-o", herald, "../cmd/herald")
	tests := []struct {
		folder string
		want   []string
	}{
		{"email-blast", []string{"Jürgen, Flight Deck is here", "4 rows = 4 sent + 0 failed", "6329f3a1c004,5,sent"}},
		{"in-app-announcement", []string{"Support (30), Sales (11)", "3 rows = 3 sent + 0 failed", `"message_type":"inapp"`}},
		{"rerun-failed", []string{"3 rows = 2 sent + 1 failed", "6329f3a1cO22,Jürgen,6329f3a1cO22,3,failed,not_found", "1 row = 1 sent + 0 failed", "3 rows = 2 sent + 0 failed + 1 skipped"}},
		{"office-hours", []string{"1 row has no valid time zone and goes by Europe/Berlin", "of sending", "4 rows = 4 sent + 0 failed"}},
	}
	for _, test := range tests {
		t.Run(test.folder, func(t *testing.T) {
			t.Parallel()
			text := output(t, []string{"HERALD=" + herald}, "bash", filepath.Join(test.folder, "run.sh"))
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the output lacks %q:\n%s", want, text)
				}
			}
		})
	}
	t.Run("library", func(t *testing.T) {
		t.Parallel()
		text := output(t, nil, "go", "run", "./library")
		for _, want := range []string{"6329f3a1c032: sent, message ", "3 rows = 3 sent + 0 failed"} {
			if !strings.Contains(text, want) {
				t.Errorf("the output lacks %q:\n%s", want, text)
			}
		}
	})
}

// output runs a command and returns what it printed, both streams together.
func output(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	text, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, text)
	}
	return string(text)
}
