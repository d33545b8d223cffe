package ledger

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The variant of a key's last outcome is known when the ledger is opened again,
// also of a row that was being sent once more when the process died.
func TestVariantsSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	for key, o := range map[string]Outcome{
		"sent": {Status: Sent, MessageID: "19", Variant: "a"}, "none": {Status: Sent, MessageID: "20"},
		"failed": {Status: Failed, HTTPStatus: 404, Code: "not_found", Variant: "b"},
		"again":  {Status: Failed, HTTPStatus: 422, Code: "x", Variant: "b"},
		"lost":   {Status: Unknown, HTTPStatus: 503, Code: "y", Variant: "a"},
	} {
		check(t, l.Settle(claim(t, l, key, 2, Pending), o))
	}
	claim(t, l, "again", 2, Failed)
	claim(t, l, "first", 2, Pending)
	crash(t, l)
	for round := range 2 {
		l = open(t, path)
		for key, want := range map[string]State{
			"sent": {Status: Sent, Variant: "a"}, "none": {Status: Sent},
			"failed": {Status: Failed, HTTPStatus: 404, Code: "not_found", Variant: "b"},
			"again":  {Status: Unknown, Variant: "b"},
			"lost":   {Status: Unknown, Variant: "a"},
			"first":  {Status: Unknown},
		} {
			if diff := cmp.Diff(want, l.Lookup(key)); diff != "" {
				t.Errorf("round %d: %s: %s", round, key, diff)
			}
		}
		check(t, l.Close())
	}
	l = open(t, path)
	defer l.Close()
	check(t, l.SettleByHand("again", Pending, "me", "seen"))
	check(t, l.SettleByHand("lost", Sent, "me", "seen"))
	if got := l.Lookup("again"); got.Status != Pending || got.Variant != "b" {
		t.Errorf("settled as not sent: %+v", got)
	}
	if got := l.Lookup("lost"); got.Status != Sent || got.Variant != "a" {
		t.Errorf("settled as sent: %+v", got)
	}
}
