package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := Open(path, Options{Create: &Header{Campaign: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func claim(t *testing.T, l *Ledger, key string, line int, expected Status) uint64 {
	t.Helper()
	n, err := l.Claim(key, line, expected)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// crash gives the file's lock back and leaves everything else as it is.
func crash(t *testing.T, l *Ledger) {
	t.Helper()
	check(t, l.Flush())
	check(t, l.file.Close())
}

func TestStatesSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	if !l.Created() {
		t.Error("the ledger was not created")
	}
	check(t, l.StartRun(Run{Command: "send", Fingerprint: map[string]string{"name": "x"}}))
	check(t, l.Settle(claim(t, l, "sent", 2, Pending), Outcome{Status: Sent, MessageID: "19", Attempts: 1}))
	check(t, l.Settle(claim(t, l, "failed", 3, Pending), Outcome{Status: Failed, HTTPStatus: 404, Code: "not_found"}))
	check(t, l.Settle(claim(t, l, "unknown", 4, Pending), Outcome{Status: Unknown, Code: "timeout"}))
	check(t, l.Release(claim(t, l, "released", 5, Pending), "429"))
	check(t, l.Release(claim(t, l, "failed", 3, Failed), "429"))
	claim(t, l, "open", 6, Pending)
	crash(t, l)

	for round := range 3 { // the second and third time nothing is left to repair
		l = open(t, path)
		if want := map[bool]int{true: 1}[round == 0]; l.Recovered() != want {
			t.Errorf("round %d: %d claims recovered, want %d", round, l.Recovered(), want)
		}
		want := map[string]State{
			"sent": {Status: Sent}, "unknown": {Status: Unknown}, "open": {Status: Unknown},
			"failed":   {Status: Failed, HTTPStatus: 404, Code: "not_found"},
			"released": {}, "never": {},
		}
		for key, state := range want {
			if diff := cmp.Diff(state, l.Lookup(key)); diff != "" {
				t.Errorf("round %d: %s: %s", round, key, diff)
			}
		}
		check(t, l.Close())
	}
}

func TestClaimAgainstAnotherStatusIsRefused(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "a.ledger"))
	defer l.Close()
	n := claim(t, l, "k", 2, Pending)
	for _, expected := range []Status{Pending, Claimed} {
		if _, err := l.Claim("k", 2, expected); !errors.Is(err, ErrTaken) {
			t.Errorf("second claim expecting %v: %v", expected, err)
		}
	}
	check(t, l.Settle(n, Outcome{Status: Sent}))
	if _, err := l.Claim("k", 2, Pending); !errors.Is(err, ErrTaken) {
		t.Errorf("claim of a sent key: %v", err)
	}
	if err := l.Settle(n, Outcome{Status: Failed}); err == nil {
		t.Error("a claim was settled twice")
	}
}

func TestEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	defer l.Close()
	at := time.Date(2026, 11, 22, 10, 0, 0, 123000, time.UTC)
	full := Outcome{Status: Failed, Code: "parameter_invalid", MessageID: "1", MessageType: "email", Variant: "b",
		ConversationID: "613", CreatedAt: at, HTTPStatus: 422, ErrorField: "body", ErrorMessage: "Müller, \"x\"\n",
		RequestID: "r", Attempts: 3, Duration: 1500 * time.Microsecond, FinishedAt: at.Add(time.Hour)}
	check(t, l.Settle(claim(t, l, "k", 7, Pending), full))
	check(t, l.Release(claim(t, l, "gone", 8, Pending), "429"))
	check(t, l.Settle(claim(t, l, "k", 7, Failed), Outcome{Status: Sent}))
	check(t, l.Flush())
	var got []Entry
	for e, err := range l.Entries() {
		check(t, err)
		e.Time = time.Time{}
		got = append(got, e)
	}
	want := []Entry{{Claim{Number: 1, Key: "k", Line: 7}, full}, {Claim{Number: 3, Key: "k", Line: 7}, Outcome{Status: Sent}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLockNamesTheHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	_, err := Open(path, Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != os.Getpid() || locked.Holder.Host == "" {
		t.Errorf("second open: %v", err)
	}
	if b, err := Load(path, nil); err != nil || b.Header().Campaign != "test" {
		t.Errorf("load while open: %v", err)
	}
	check(t, l.Close())
	check(t, open(t, path).Close())
}

func TestTornAndDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	check(t, l.Settle(claim(t, l, "first", 2, Pending), Outcome{Status: Sent}))
	claim(t, l, "second", 3, Pending)
	check(t, l.Flush())
	before := l.log.at
	claim(t, l, "third", 4, Pending)
	end := l.log.at
	crash(t, l)
	whole, err := os.ReadFile(path)
	check(t, err)
	if !isRoom(whole[end:]) || int64(len(whole)) == end {
		t.Fatal("there is no room behind the log")
	}
	copy(whole[markAt:], encodeMark(before)) // as a power loss leaves it

	t.Run("last frame torn", func(t *testing.T) {
		for cut := before; cut < end; cut++ {
			for _, room := range []int64{0, end - cut - 1, int64(len(whole)) - cut} {
				check(t, os.WriteFile(path, append(whole[:cut:cut], make([]byte, room)...), 0o600))
				l := open(t, path)
				if got := l.Lookup("third").Status; got != Pending {
					t.Fatalf("cut at %d, then %d zeros: third is %v", cut, room, got)
				}
				if got := l.Lookup("second").Status; got != Unknown {
					t.Fatalf("cut at %d, then %d zeros: second is %v", cut, room, got)
				}
				check(t, l.Close())
			}
		}
	})
	t.Run("damage before the last frame", func(t *testing.T) {
		for at := int64(preambleSize); at < before; at++ {
			b := append([]byte(nil), whole...)
			b[at] ^= 0x20
			check(t, os.WriteFile(path, b, 0o600))
			_, err := Open(path, Options{Create: &Header{}})
			var damage *DamageError
			if !errors.As(err, &damage) || damage.Path != path || damage.Offset > at {
				t.Fatalf("byte %d changed: %v", at, err)
			}
		}
	})
	t.Run("damage after a proper close", func(t *testing.T) {
		check(t, os.WriteFile(path, whole, 0o600))
		check(t, open(t, path).Close())
		closed, err := os.ReadFile(path)
		check(t, err)
		for at := preambleSize; at < len(closed); at++ {
			b := append([]byte(nil), closed...)
			b[at] ^= 1
			check(t, os.WriteFile(path, b, 0o600))
			if _, err := Open(path, Options{}); !errors.As(err, new(*DamageError)) {
				t.Fatalf("byte %d changed: %v", at, err)
			}
		}
		for cut := preambleSize; cut < len(closed); cut++ {
			check(t, os.WriteFile(path, closed[:cut], 0o600))
			if _, err := Open(path, Options{Create: &Header{}}); !errors.As(err, new(*DamageError)) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	tests := []struct {
		path   string
		create bool
		want   error
	}{
		{filepath.Join(dir, "none"), false, ErrMissing},
		{write("csv", "id,name\n1,Anna\n"), true, ErrNotLedger},
		{write("newer", strings.Replace(string(preamble()), magic+"1", magic+"2", 1)), true, ErrFormat},
	}
	for _, test := range tests {
		o := Options{}
		if test.create {
			o.Create = &Header{}
		}
		if _, err := Open(test.path, o); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", filepath.Base(test.path), err)
		}
	}
}

// A ledger gets its name when it is whole: what is left of a creation that was
// cut short is under another name, and a ledger that is too short was damaged.
func TestCreationCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	crash(t, open(t, path))
	whole, err := os.ReadFile(path)
	check(t, err)
	for _, cut := range []int{0, 1, len(magic), page, markAt + 3, preambleSize, preambleSize + frameHead, len(whole) - 1} {
		check(t, os.WriteFile(path, whole[:cut], 0o600))
		if _, err := Open(path, Options{Create: &Header{}}); !errors.As(err, new(*DamageError)) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		check(t, os.Rename(path, path+".new"))
		l := open(t, path)
		if !l.Created() {
			t.Fatalf("cut at %d: not created anew", cut)
		}
		check(t, l.Close())
		check(t, os.Remove(path))
	}
}

func TestVisit(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "a.ledger"))
	defer l.Close()
	for pass := range 600 { // more than there are numbers for passes
		l.BeginPass()
		if l.Visit("a").Seen {
			t.Fatalf("pass %d: seen before the first visit", pass)
		}
		if !l.Visit("a").Seen {
			t.Fatalf("pass %d: not seen at the second visit", pass)
		}
	}
	n := claim(t, l, "a", 2, Pending)
	check(t, l.Release(n, "429"))
	if !l.Visit("a").Seen {
		t.Error("a release made the key unseen")
	}
}

// work has workers claim and settle so many keys each.
func work(t *testing.T, l *Ledger, workers, each int) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				n, err := l.Claim(fmt.Sprintf("%d-%d", w, i), i, Pending)
				if err == nil {
					err = l.Settle(n, Outcome{Status: Sent})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestManyWorkersShareFsyncs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	const workers, each = 64, 50
	work(t, l, workers, each)
	if f := l.Fsyncs(); f > workers*each/2 {
		t.Errorf("%d fsyncs for %d claims", f, workers*each)
	}
	check(t, l.Close())
	b, err := Load(path, nil)
	check(t, err)
	if n := b.Counts()[State{Status: Sent}]; n != workers*each {
		t.Errorf("%d keys are sent, want %d", n, workers*each)
	}
}
