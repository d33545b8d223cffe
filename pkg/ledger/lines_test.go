package ledger

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestLines goes through histories, told as words, and asks what is known of the
// lines of a source afterwards. Blocks have ten lines each. The words are:
//
//	run RULE         a run begins ("-": without a rule)
//	block N SOURCE   it has read block N of a source
//	over             it reads its source again from here on
//	sent|failed|unknown|open KEY@LINE
//	again KEY@LINE   a key that was sent is claimed once more, and sent
//	refused KEY@LINE likewise, but the claim is released
//	hand KEY         a person says that an unknown key was sent
//	replace KEY      a failed key has another one
//	forget KEY
//	die              the process is killed, and the ledger opened again
func TestLines(t *testing.T) {
	for _, test := range []struct {
		name, history string
		sent          string // the lines that are known, in order
		seen          string // of the keys a b c d, those that count as seen when rows are passed over
		blocks        int
	}{
		{"a claim before its block", "run r, sent a@3, block 0 x", "3", "a", 1},
		{"a claim after its block", "run r, block 0 x, sent a@3, failed b@4", "3", "a", 1},
		{"a claim whose block was not read to its end", "run r, block 0 x, sent a@3, sent b@10, sent c@25", "3", "a", 1},
		{"a claim that waits for the second block", "run r, sent a@3, sent b@15, block 0 x, block 1 x", "3 15", "a b", 2},
		{"nobody else's outcome", "run r, block 0 x, unknown a@3, failed b@4, open c@5, sent d@6", "6", "d", 1},
		{"no rule", "run -, sent a@3, block 0 x", "", "", 0},
		{"another rule", "run r, sent a@3, block 0 x, run other, block 0 x", "", "", 0},
		{"another rule, and back", "run r, sent a@3, block 0 x, run other, block 0 x, run r, block 0 x, sent b@4", "4", "b", 1},
		{"two runs over the same source", "run r, sent a@3, block 0 x, run r, block 0 x, block 1 x, sent b@12", "3 12", "a b", 2},
		{"killed before its block", "run r, sent a@3, block 0 x, run r, sent b@4, die, run r, block 0 x", "3", "a", 1},
		{"killed before its second block", "run r, block 0 x, block 1 x, sent a@3, run r, block 0 x, sent b@4, sent c@14, die", "3 4", "a b", 2},
		{"another source", "run r, block 0 x, sent a@3, run r, block 0 y, sent b@4", "4", "b", 1},
		{"another source from its second block on", "run r, block 0 x, block 1 x, sent a@3, sent b@13, run r, block 0 x, block 1 y, sent c@14", "14", "c", 2},
		{"another source, and back", "run r, block 0 x, block 1 x, sent a@3, run r, block 0 x, block 1 y, sent b@14, run r, block 0 x, block 1 x, sent c@15", "15", "c", 2},
		{"a source that was taken back before anything was read", "run r, block 0 x, sent a@3, run r, sent b@4, run r, block 0 x, sent c@5", "3 5", "a c", 1},
		{"a shorter source", "run r, block 0 x, block 1 x, sent a@13, run r, block 0 x, sent b@3, sent c@14", "3 13", "a b", 2},
		{"a block left out", "run r, block 0 x, sent a@3, block 2 x, sent b@4, block 1 x", "3", "a", 1},
		{"a late pass", "run r, failed a@3, failed b@4, block 0 x, sent c@5, over, sent d@3", "5", "c", 1},
		{"a late pass, and what waits", "run r, sent a@13, block 0 x, sent b@3, over, block 1 x", "3", "b", 1},
		{"a key sent again", "run r, block 0 x, sent a@3, sent b@4, again a@5, sent c@6", "6", "c", 1},
		{"a key that was claimed again for nothing", "run r, block 0 x, sent a@3, sent b@4, refused a@5, sent c@6", "3 4 6", "a b c", 1},
		{"a failed key sent again", "run r, block 0 x, failed a@3, sent b@4, run r, block 0 x, sent a@3", "3 4", "a b", 1},
		{"by hand", "run r, block 0 x, unknown a@3, sent b@4, hand a", "4", "b", 1},
		{"replaced", "run r, block 0 x, failed a@3, sent b@4, replace a", "4", "b", 1},
		{"forgotten", "run r, block 0 x, sent a@3, sent b@4, forget a", "", "", 0},
		{"forgotten, and gone on", "run r, block 0 x, sent a@3, forget a, run r, block 0 x, sent b@4", "4", "b", 1},
		{"no line", "run r, block 0 x, sent a@0, sent b@4", "4", "b", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := lineWorld{t: t, path: filepath.Join(t.TempDir(), "a.ledger")}
			w.l = open(t, w.path)
			for _, what := range strings.Split(test.history, ", ") {
				w.do(strings.Fields(what))
			}
			w.reopen()
			defer w.l.Close()
			blocks, sent := w.l.Known("r")
			var lines []string
			for line := range 40 {
				if blocks != nil && sent(line) {
					lines = append(lines, fmt.Sprint(line))
				}
			}
			if got := strings.Join(lines, " "); got != test.sent || len(blocks) != test.blocks {
				t.Errorf("lines %s of %d blocks are known, want %s of %d", got, len(blocks), test.sent, test.blocks)
			}
			if got := w.seen(); got != test.seen {
				t.Errorf("%s count as seen, want %s", got, test.seen)
			}
		})
	}
}

type lineWorld struct {
	t    *testing.T
	l    *Ledger
	path string
}

// seen is those of the keys a to d that count as seen where rows are passed over,
// and not otherwise.
func (w *lineWorld) seen() string {
	var keys []string
	for _, key := range []string{"a", "b", "c", "d"} {
		w.l.BeginPass()
		w.l.PassOver(true)
		if w.l.Visit(key).Seen {
			keys = append(keys, key)
		}
		w.l.BeginPass()
		if w.l.Visit(key).Seen {
			w.t.Errorf("%s counts as seen where no row is passed over", key)
		}
	}
	return strings.Join(keys, " ")
}

func (w *lineWorld) reopen() {
	check(w.t, w.l.Close())
	w.l = open(w.t, w.path)
}

func (w *lineWorld) do(words []string) {
	t, l := w.t, w.l
	switch words[0] {
	case "run":
		w.reopen()
		check(t, w.l.StartRun(Run{Command: "send", Rule: strings.TrimPrefix(words[1], "-")}))
	case "block":
		b := Block{}
		_, err := fmt.Sscan(words[1], &b.Number)
		check(t, err)
		b.Line = 10 * (b.Number + 1)
		copy(b.Sum[:], words[2])
		check(t, l.NoteBlock(b))
	case "over":
		check(t, l.EndBlocks())
	case "die":
		crash(t, l)
		w.l = open(t, w.path)
	case "hand":
		check(t, l.SettleByHand(words[1], Sent, "a test", "so"))
	case "replace":
		check(t, l.Replace(words[1], "new"))
	case "forget":
		check(t, l.Close())
		_, err := Forget(w.path, words[1:], false, Options{})
		check(t, err)
		w.l = open(t, w.path)
	default:
		key, place, _ := strings.Cut(words[1], "@")
		line := 0
		_, err := fmt.Sscan(place, &line)
		check(t, err)
		n := claim(t, l, key, line, l.Lookup(key).Status)
		switch words[0] {
		case "open":
		case "refused":
			check(t, l.Release(n, "429"))
		case "again":
			check(t, l.Settle(n, Outcome{Status: Sent}))
		default:
			check(t, l.Settle(n, Outcome{Status: statusNamed(words[0])}))
		}
	}
}

func statusNamed(name string) Status {
	for s, n := range statusNames {
		if n == name {
			return Status(s)
		}
	}
	panic(name)
}

// TestKnownDoesNotChange asks what is known, and goes on: a run relies on what was
// true when the ledger was opened.
func TestKnownDoesNotChange(t *testing.T) {
	w := lineWorld{t: t, path: filepath.Join(t.TempDir(), "a.ledger")}
	w.l = open(t, w.path)
	for _, what := range []string{"run r", "block 0 x", "sent a@3", "run r"} {
		w.do(strings.Fields(what))
	}
	_, sent := w.l.Known("r")
	for _, what := range []string{"block 0 y", "sent b@4", "block 1 y", "over"} {
		w.do(strings.Fields(what))
	}
	if !sent(3) || sent(4) {
		t.Errorf("line 3 is known: %v, line 4: %v", sent(3), sent(4))
	}
	check(t, w.l.Close())
}

func TestBitmap(t *testing.T) {
	var m bitmap
	for _, n := range []int{0, 63, 64, 1000} {
		m.set(n)
	}
	for n := range 2000 {
		if want := n == 0 || n == 63 || n == 64 || n == 1000; m.has(n) != want {
			t.Errorf("%d: %v", n, m.has(n))
		}
	}
}
