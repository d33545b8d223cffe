package ledger

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWhatCanNotBeFoldedIsDamage writes frames that are whole, with the right
// checksums, and have something in them that no herald writes, at the end of the
// log and in the middle of it. Whatever follows, it is damage: never the end of
// the log, and never left out.
func TestWhatCanNotBeFoldedIsDamage(t *testing.T) {
	good := func(n uint64, key string) func([]byte) []byte {
		return func(b []byte) []byte {
			b = appendClaim(b, &Claim{Number: n, Key: key, Line: 3, Time: time.Now()})
			return appendOutcome(b, n, &Outcome{Status: Sent})
		}
	}
	body := func(k kind, text string) func([]byte) []byte {
		return func(b []byte) []byte {
			return appendRecord(b, k, func(b []byte) []byte { return append(b, text...) })
		}
	}
	for name, bad := range map[string]func([]byte) []byte{
		"a record of unknown kind":     body('?', "what"),
		"a claim without a number":     body(kindClaim, "\x00\x03\x01key"),
		"a claim that is too short":    body(kindClaim, "\x05"),
		"an outcome without its claim": func(b []byte) []byte { return appendOutcome(b, 77, &Outcome{Status: Sent}) },
		"an outcome that is too short": body(kindOutcome, "\x05\x02\x00"),
		"an outcome with a number that is too long": body(kindOutcome,
			"\x05\x02\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"a block that is too short": body(kindBlock, "\x00\x0bsum"),
		"half a record":             func(b []byte) []byte { return append(b, byte(kindClaim), 200, 0, 0, 0) },
	} {
		for where, frames := range map[string][]func([]byte) []byte{
			"last":      {good(1, "a"), bad},
			"alone":     {bad},
			"before":    {good(1, "a"), bad, good(5, "b")},
			"first":     {bad, good(5, "a"), good(6, "b")},
			"in a long": {good(1, "a"), bad, good(5, string(bytes.Repeat([]byte("k"), 2*stretchSize))), good(6, "c")},
		} {
			path := filepath.Join(t.TempDir(), "a.ledger")
			l := open(t, path)
			for _, frame := range frames {
				c, err := l.log.add(true, frame)
				check(t, err)
				check(t, c.wait())
			}
			check(t, l.Close())
			before, err := os.ReadFile(path)
			check(t, err)
			report, err := Verify(path, nil)
			check(t, err)
			if report.Damage == nil {
				t.Fatalf("%s, %s: Verify finds nothing", name, where)
			}
			_, openErr := Open(path, Options{})
			_, loadErr := Load(path, nil)
			for _, err := range []error{openErr, loadErr} {
				damage, _ := errors.AsType[*DamageError](err)
				if damage == nil || damage.Offset > report.Damage.Offset {
					t.Errorf("%s, %s: got %v, and Verify says %v", name, where, err, report.Damage)
				}
			}
			after, err := os.ReadFile(path)
			check(t, err)
			if !bytes.Equal(before[preambleSize:], after[preambleSize:]) {
				t.Errorf("%s, %s: the log was changed", name, where)
			}
		}
	}
}
