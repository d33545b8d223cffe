package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// aRun makes a ledger with a run in which everything happens, and kills it or
// closes it; it returns what the keys must be.
func aRun(t *testing.T, d *simDisk, end func(*Ledger)) map[string]Status {
	t.Helper()
	l, err := Open(simPath, Options{Create: &Header{Campaign: "test"}, FS: d})
	check(t, err)
	check(t, l.StartRun(Run{Command: "send", Started: time.Now(), Fingerprint: map[string]string{"name": "x"}}))
	want := map[string]Status{}
	for i := range 4 {
		for _, s := range []Status{Sent, Failed, Unknown, Skipped} {
			key := fmt.Sprint(s, " ", i)
			check(t, l.Settle(claim(t, l, key, i, Pending), Outcome{Status: s, Code: "code", HTTPStatus: 404, MessageID: "19"}))
			want[key] = s
		}
	}
	check(t, l.Release(claim(t, l, "released", 9, Pending), "429"))
	check(t, l.SettleByHand("unknown 0", Sent, "Ann", "asked him"))
	check(t, l.Replace("failed 0", "corrected"))
	want["unknown 0"], want["failed 0"] = Sent, Replaced
	claim(t, l, "last", 10, Pending)
	want["last"] = Unknown
	end(l)
	return want
}

// explained reports whether an error says to a person what is wrong.
func explained(err error) bool {
	return errors.As(err, new(*DamageError)) || errors.Is(err, ErrNotLedger) || errors.Is(err, ErrFormat)
}

// refusedOrRight opens a ledger with this content: it must be refused and the
// reason said, or every key be what it was.
func refusedOrRight(content []byte, want map[string]Status) error {
	d := diskWith(content)
	for range Records(simPath, d) {
		continue // must end, and not panic
	}
	_, verifyErr := Verify(simPath, d)
	l, err := Open(simPath, Options{Create: &Header{Campaign: "new"}, FS: d})
	if err != nil {
		if !explained(err) {
			return fmt.Errorf("not explained: %w", err)
		}
		return nil
	}
	defer l.Close()
	if verifyErr != nil {
		return fmt.Errorf("opened, but verify says: %w", verifyErr)
	}
	for key, s := range want {
		if got := l.Lookup(key).Status; got != s {
			return fmt.Errorf("%s is %v, was %v", key, got, s)
		}
	}
	return nil
}

// blank reports whether a byte is one of the thousands that fill the preamble's
// pages and the room behind the log; of these the short form of a test looks at
// a few.
func blank(b []byte, at int) bool {
	filler := at < preambleSize && b[at] == ' ' || isRoom(b[at:])
	return os.Getenv("HERALD_TORTURE") == "" && filler && at%97 != 0
}

// TestEveryByte cuts a ledger at every offset and changes every byte of it.
// Killed or closed: what happened to it is found, or didn't matter.
func TestEveryByte(t *testing.T) {
	ends := map[string]func(*Ledger){
		"killed": func(l *Ledger) { check(t, l.Flush()) },
		"closed": func(l *Ledger) { check(t, l.Close()) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			d := newSimDisk(1)
			want := aRun(t, d, end)
			whole := d.content()
			check(t, refusedOrRight(whole, want))
			for at := range whole {
				if blank(whole, at) {
					continue
				}
				if err := refusedOrRight(whole[:at], want); err != nil {
					t.Fatalf("cut at %d of %d: %v", at, len(whole), err)
				}
				for _, flip := range []byte{1, 0x80} {
					b := bytes.Clone(whole)
					b[at] ^= flip
					if err := refusedOrRight(b, want); err != nil {
						t.Fatalf("byte %d of %d ^ %#x: %v", at, len(whole), flip, err)
					}
				}
			}
		})
	}
}

// TestEveryByteAfterPowerLoss is the same for a ledger whose mark the power
// loss took back by one frame. Of the last frame nobody can tell then whether
// the power loss tore it or something else did: its claims may be pending.
// Nothing else may change.
func TestEveryByteAfterPowerLoss(t *testing.T) {
	d := newSimDisk(1)
	var before int64
	want := aRun(t, d, func(l *Ledger) {
		check(t, l.Flush())
		var last Record
		for r, err := range Records(simPath, d) {
			check(t, err)
			last = r
		}
		before = last.Frame
	})
	whole := d.content()
	copy(whole[markAt:], encodeMark(before))
	delete(want, "last") // the only thing in the last frame
	for at := range whole {
		if blank(whole, at) {
			continue
		}
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		if err := errors.Join(refusedOrRight(whole[:at], want), refusedOrRight(b, want)); err != nil {
			t.Fatalf("byte %d of %d: %v", at, len(whole), err)
		}
	}
}

// TestEveryCallFailsOnce lets each call of a run fail in turn.
func TestEveryCallFailsOnce(t *testing.T) {
	script := []step{{"claim", 0, 0}, {"settle", 0, 0}, {"claims", 0, 3}, {"settle", 1, 1}, {"settle", 2, 2}, {"release", 3, 0},
		{"claim", 4, 0}, {"flush", 0, 0}, {"hand", 2, 0}, {"replace", 1, 0}, {"close", 0, 0}, {"forget", 0, 0}, {"claim", 5, 0},
		{"settle", 5, 0}, {"wait", 0, 0}}
	calls := 0
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		check(t, w.live(script))
		calls, _ = w.d.made()
	})
	for _, fail := range []error{syscall.EIO, syscall.ENOSPC, errKilled} {
		for at := range calls {
			for seed := range uint64(3) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(seed)
					w.d.failIn(at, fail)
					if err := w.live(script); err != nil {
						t.Errorf("call %d of %d fails with %v, seed %d: %v", at+1, calls, fail, seed, err)
					}
				})
			}
		}
	}
}

// TestFailureIsFinal shows what a run sees of a call that fails: a WriteError
// with the cause, and nothing after it.
func TestFailureIsFinal(t *testing.T) {
	for _, call := range []string{"write", "sync", "mark"} {
		d := newSimDisk(1)
		l, err := Open(simPath, Options{Create: &Header{}, FS: d})
		check(t, err)
		n := claim(t, l, "first", 1, Pending)
		d.failIn(map[string]int{"write": 0, "sync": 1, "mark": 2}[call], syscall.ENOSPC)
		var failed *WriteError
		if _, err := l.Claim("second", 2, Pending); !errors.As(err, &failed) || failed.Path != simPath || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s fails: %v", call, err)
		}
		calls, _ := d.made()
		_, claimErr := l.Claim("third", 3, Pending)
		for what, err := range map[string]error{"claim": claimErr, "settle": l.Settle(n, Outcome{Status: Sent}), "flush": l.Flush(),
			"run": l.StartRun(Run{}), "close": l.Close()} {
			if !errors.As(err, new(*WriteError)) {
				t.Errorf("%s after a failed %s: %v", what, call, err)
			}
		}
		if after, _ := d.made(); after != calls {
			t.Errorf("%d calls after a failed %s", after-calls, call)
		}
	}
}

// TestOrder looks at the calls themselves: between the write that holds a claim
// and its POST there is an fsync, and the fsync comes before the next write of
// a frame.
func TestOrder(t *testing.T) {
	d := newSimDisk(1)
	d.record = true
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	const n = 50
	for i := range n {
		key := fmt.Sprintf("key %d.", i)
		number := claim(t, l, key, i, Pending)
		d.mu.Lock()
		d.note("post", key, 0, nil)
		d.mu.Unlock()
		check(t, l.Settle(number, Outcome{Status: Sent}))
	}
	check(t, l.Close())
	posts, unsynced := 0, [][]byte{}
	durable := map[string]bool{}
	for _, e := range d.events {
		switch {
		case e.what == "write" && e.at >= preambleSize && !isRoom(e.data):
			if len(unsynced) > 0 {
				t.Fatal("a frame was written before the one before it was synced")
			}
			unsynced = append(unsynced, e.data)
		case e.what == "sync":
			for _, b := range unsynced {
				for i := range n {
					if key := fmt.Sprintf("key %d.", i); bytes.Contains(b, []byte(key)) {
						durable[key] = true
					}
				}
			}
			unsynced = nil
		case e.what == "post":
			if posts++; !durable[e.path] {
				t.Fatalf("%s was posted before its claim was synced", e.path)
			}
		}
	}
	if posts != n {
		t.Errorf("%d posts", posts)
	}
	var created []string
	for _, e := range d.events {
		created = append(created, e.what)
		if e.what == "syncdir" {
			break
		}
	}
	if got := fmt.Sprint(created); got != "[truncate write write sync write sync rename syncdir]" {
		t.Errorf("creation: %s", got)
	}
}

// TestTornPreamble tears each of the parts that are written over at each byte.
func TestTornPreamble(t *testing.T) {
	holders := [2]Holder{{PID: 7, Host: "a", Clean: 98765}, {PID: 1234567, Host: "a", Clean: 87654321}}
	for i := range 2 {
		older, newer := holders[i], holders[1-i]
		for cut := range holderSize + 1 {
			got := decodeHolder(append(newer.encode()[:cut:cut], older.encode()[cut:]...))
			if got != older && got != newer && got != (Holder{}) {
				t.Fatalf("cut at %d: %+v", cut, got)
			}
		}
		for cut := range markSize + 1 {
			got := decodeMark(append(encodeMark(newer.Clean)[:cut:cut], encodeMark(older.Clean)[cut:]...))
			if got != older.Clean && got != newer.Clean && got != 0 {
				t.Fatalf("cut at %d: %d", cut, got)
			}
		}
	}
}
