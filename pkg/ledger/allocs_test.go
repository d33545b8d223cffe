package ledger

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestAllocationsOfAClaim: a claim and its outcome cost nothing but the frame
// that makes them durable, which others share.
func TestAllocationsOfAClaim(t *testing.T) {
	l, err := Open(filepath.Join(t.TempDir(), "a.ledger"), Options{Create: &Header{Campaign: "spring"}})
	check(t, err)
	defer l.Close()
	const runs = 200
	keys := make([]string, runs+1) // one to warm up
	for i := range keys {
		keys[i] = fmt.Sprintf("6329f3c0a1b2c3d4e5f%05x", i)
	}
	next := 0
	got := testing.AllocsPerRun(runs, func() {
		claim, err := l.Claim(keys[next], next+2, Pending)
		check(t, err)
		check(t, l.Settle(claim, Outcome{Status: Sent, MessageID: "1234567", MessageType: "email", HTTPStatus: 200, Attempts: 1}))
		next++
	})
	const most = 4
	if got > most {
		t.Errorf("%.0f allocations, want at most %d", got, most)
	}
}
