package ledger

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wording says an event in a line.
func wording(e Event) string {
	what := "open"
	switch {
	case e.Outcome != nil:
		what = e.Outcome.Status.String()
	case e.Release != nil:
		what = "released: " + e.Release.Reason
	case e.ByHand != nil:
		what = "by hand: " + e.ByHand.As.String()
	case e.Replaced != nil:
		what = "replaced by " + e.Replaced.By
	}
	return fmt.Sprintf("run %d, %s, line %d: %s", e.Run, e.Key(), e.Claim.Line, what)
}

func TestEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	check(t, l.Settle(claim(t, l, "early", 2, Pending), Outcome{Status: Sent}))
	check(t, l.StartRun(Run{Command: "send"}))
	check(t, l.Release(claim(t, l, "a", 2, Pending), "429"))
	check(t, l.Settle(claim(t, l, "a", 2, Pending), Outcome{Status: Unknown}))
	check(t, l.Settle(claim(t, l, "b", 3, Pending), Outcome{Status: Failed}))
	check(t, l.SettleByHand("a", Pending, "Ann", ""))
	check(t, l.StartRun(Run{Command: "retry"}))
	check(t, l.Replace("b", "c"))
	check(t, l.Settle(claim(t, l, "a", 7, Pending), Outcome{Status: Sent}))
	claim(t, l, "c", 3, Pending)
	check(t, l.Flush())

	for name, tt := range map[string]struct {
		want  func(key string, line int) bool
		lines []string
	}{
		"a key": {func(key string, _ int) bool { return key == "a" }, []string{
			"run 1, a, line 2: released: 429", "run 1, a, line 2: unknown", "run 1, a, line 0: by hand: pending", "run 2, a, line 7: sent"}},
		"a line": {func(_ string, line int) bool { return line == 3 }, []string{
			"run 1, b, line 3: failed", "run 2, c, line 3: open"}},
		"a new key": {func(key string, _ int) bool { return key == "c" }, []string{
			"run 2, b, line 0: replaced by c", "run 2, c, line 3: open"}},
		"before any run": {func(key string, _ int) bool { return key == "early" }, []string{"run 0, early, line 2: sent"}},
		"nobody":         {func(string, int) bool { return false }, nil},
	} {
		var got []string
		for e, err := range l.Events(tt.want) {
			check(t, err)
			got = append(got, wording(e))
		}
		if diff := cmp.Diff(tt.lines, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for e, err := range l.Events(func(string, int) bool { return true }) { // and no more than asked for
		check(t, err)
		if e.Key() != "early" {
			t.Errorf("the first is %s", e.Key())
		}
		break
	}
	check(t, l.Close())

	_, err := Forget(path, []string{"a"}, false, Options{})
	check(t, err)
	b, err := Load(path, nil)
	check(t, err)
	for e := range b.Events(func(key string, _ int) bool { return key == "a" || key == "" }) {
		t.Errorf("forgotten, and there is %s", wording(e))
	}
}
