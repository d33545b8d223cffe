package ledger

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var anyTime = rapid.Custom(func(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "zero") {
		return time.Time{}
	}
	return time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(t, "micro")).UTC()
})

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		c := Claim{Number: rapid.Uint64Min(1).Draw(t, "n"), Line: rapid.IntMin(0).Draw(t, "line"),
			Time: anyTime.Draw(t, "time"), Key: text.Draw(t, "key"), Contact: text.Draw(t, "contact")}
		kindOfClaim := kindClaim
		if c.Contact != "" {
			kindOfClaim = kindContactClaim
		}
		r := Release{Claim: c.Number, Reason: text.Draw(t, "reason")}
		o := Outcome{
			Status: Status(rapid.IntRange(int(Sent), int(Skipped)).Draw(t, "status")), HTTPStatus: rapid.IntRange(0, 599).Draw(t, "http"),
			Code: text.Draw(t, "code"), MessageID: text.Draw(t, "id"), ErrorMessage: text.Draw(t, "message"),
			Variant: text.Draw(t, "variant"), CreatedAt: anyTime.Draw(t, "created"), FinishedAt: anyTime.Draw(t, "finished"),
			Attempts: rapid.IntMin(0).Draw(t, "attempts"), Duration: time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "took")) * time.Microsecond,
		}
		b := appendOutcome(appendRelease(appendClaim(nil, &c), r), c.Number, &o)

		k, body, b, err := nextRecord(b)
		gotClaim, err2 := readClaim(k, body)
		if diff := cmp.Diff(c, gotClaim); k != kindOfClaim || err != nil || err2 != nil || diff != "" {
			t.Fatal(k, err, err2, diff)
		}
		k, body, b, err = nextRecord(b)
		gotRelease, err2 := readRelease(body)
		if k != kindRelease || err != nil || err2 != nil || gotRelease != r {
			t.Fatal(k, err, err2, gotRelease)
		}
		k, body, b, err = nextRecord(b)
		n, gotOutcome, err2 := readOutcome(body)
		if diff := cmp.Diff(o, gotOutcome); k != kindOutcome || err != nil || err2 != nil || n != c.Number || len(b) != 0 || diff != "" {
			t.Fatal(k, err, err2, n, diff)
		}
	})
}

func FuzzFold(f *testing.F) {
	header, err := appendJSON(nil, kindHeader, Header{Campaign: "x", Salt: []byte("salt")})
	if err != nil {
		f.Fatal(err)
	}
	c := Claim{Number: 1, Key: "k", Line: 2, Time: time.Unix(1, 0)}
	o := Outcome{Status: Sent, MessageID: "19"}
	f.Add(header)
	f.Add(appendOutcome(appendClaim(header, &c), 1, &o))
	f.Add(appendRelease(appendClaim(header, &c), Release{1, "429"}))
	c.Contact = "5f01"
	f.Add(appendOutcome(appendClaim(header, &c), 1, &Outcome{Status: Unknown}))
	f.Add([]byte("O\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var r fold
		if r.frame(payload) != nil {
			return // said what is wrong, and did not panic
		}
		j := join{index: r.index, open: map[uint64]Claim{}, byHand: map[Hash]Claim{}}
		for len(payload) > 0 {
			k, body, rest, err := nextRecord(payload)
			if err != nil {
				t.Fatalf("folded, and can't be cut into records: %v", err)
			}
			_, _, _ = j.record(k, body)
			payload = rest
		}
	})
}

func FuzzScan(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.ledger")
	l, err := Open(path, Options{Create: &Header{Campaign: "x"}})
	if err != nil {
		f.Fatal(err)
	}
	n, err := l.Claim("k", 2, Pending)
	if err != nil {
		f.Fatal(err)
	}
	if err := l.Settle(n, Outcome{Status: Sent}); err != nil {
		f.Fatal(err)
	}
	if err := l.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append(preamble(), whole[preambleSize:len(whole)-3]...)) // nothing known of its size
	f.Add(bytes.Repeat([]byte{0}, 4096))
	f.Fuzz(func(t *testing.T, content []byte) {
		m := diskWith(content)
		l, err := Open("a.ledger", Options{Create: &Header{}, FS: m})
		if err != nil {
			return
		}
		if err := l.Close(); err != nil {
			t.Fatalf("opened, and can't be closed: %v", err)
		}
		again, err := Open("a.ledger", Options{FS: m})
		if err != nil {
			t.Fatalf("opened and closed, and can't be opened again: %v", err)
		}
		if again.Recovered() != 0 || !again.Whole() {
			t.Errorf("opened again: %d recovered, whole %t", again.Recovered(), again.Whole())
		}
		again.Close()
	})
}

// TestIndex compares the index with a map.
func TestIndex(t *testing.T) {
	x := NewIndex([]byte("salt"))
	model := map[string]bits{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		key := fmt.Sprint("key-", random.IntN(60_000))
		state := bits(random.Uint32()) | taken
		x.update(x.Hash(key), func(b bits) bits {
			if b != model[key] {
				t.Fatalf("%s has state %x, want %x", key, b, model[key])
			}
			return state
		})
		model[key] = state
	}
	if x.Len() != len(model) {
		t.Errorf("%d keys, want %d", x.Len(), len(model))
	}
	for key, state := range model {
		if got := x.lookup(x.Hash(key)); got != state {
			t.Fatalf("%s has state %x, want %x", key, got, state)
		}
	}
	if got := x.lookup(x.Hash("never")); got != 0 {
		t.Errorf("an unknown key has state %x", got)
	}
}

func TestIndexBytesPerKey(t *testing.T) {
	x := NewIndex(nil)
	for n := 1; n <= 400_000; n++ {
		x.update(x.Hash(fmt.Sprint(n)), func(b bits) bits { return b })
		if n < 100_000 || n%10_000 != 0 {
			continue
		}
		slots := 0
		for i := range x.shard {
			slots += cap(x.shard[i].slots)
		}
		if perKey := float64(slots*16) / float64(n); perKey > 26 {
			t.Errorf("%.1f bytes a key at %d keys", perKey, n)
		}
	}
}

func TestAnOutcomeWaitsForAClaimButNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSimDisk(1)
		l, err := Open("a.ledger", Options{Create: &Header{}, FS: m})
		check(t, err)
		first := claim(t, l, "a", 2, Pending)
		before := m.syncs()
		check(t, l.Settle(first, Outcome{Status: Sent}))
		second := claim(t, l, "b", 3, Pending)
		if n := m.syncs() - before; n != 1 {
			t.Errorf("outcome and next claim took %d fsyncs", n)
		}
		check(t, l.Settle(second, Outcome{Status: Sent}))
		settled := time.Now()
		<-time.After(time.Second)
		if wait := m.lastSync().Sub(settled); wait != settleDelay {
			t.Errorf("an outcome without a next claim was durable after %v", wait)
		}
		check(t, l.Close())
	})
}
