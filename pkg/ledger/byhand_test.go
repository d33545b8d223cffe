package ledger

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestByHand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	for i, key := range []string{"a", "b", "c"} {
		check(t, l.Settle(claim(t, l, key, i+2, Pending), Outcome{Status: Unknown, Code: "no_answer"}))
	}
	check(t, l.Settle(claim(t, l, "bad", 9, Pending), Outcome{Status: Failed, Code: "not_found"}))
	check(t, l.SettleByHand("a", Sent, "Ann", "he answered"))
	check(t, l.SettleByHand("b", Pending, "Ann", "not in his inbox"))
	check(t, l.Replace("bad", "good"))
	for what, err := range map[string]error{
		"settled twice":       l.SettleByHand("a", Pending, "Ann", ""),
		"never claimed":       l.SettleByHand("x", Sent, "Ann", ""),
		"replaced by nothing": l.Replace("c", "d"),
	} {
		if !errors.Is(err, ErrTaken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := l.SettleByHand("c", Failed, "Ann", ""); err == nil {
		t.Error("settled as failed by hand")
	}
	if _, err := l.Claim("bad", 9, Replaced); !errors.Is(err, ErrTaken) {
		t.Errorf("a replaced key was claimed: %v", err)
	}
	check(t, l.Settle(claim(t, l, "b", 3, Pending), Outcome{Status: Sent, Code: "again"}))
	check(t, l.Close())

	b, err := Load(path, nil)
	check(t, err)
	for key, want := range map[string]Status{"a": Sent, "b": Sent, "c": Unknown, "bad": Replaced, "good": Pending} {
		if got := b.Lookup(key).Status; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	type line struct {
		Key          string
		Line         int
		Status       Status
		Code, Reason string
	}
	var got []line
	for e, err := range b.Entries() {
		check(t, err)
		got = append(got, line{e.Key, e.Line, e.Status, e.Code, e.ErrorMessage})
	}
	want := []line{{"a", 2, Unknown, "no_answer", ""}, {"b", 3, Unknown, "no_answer", ""}, {"c", 4, Unknown, "no_answer", ""},
		{"bad", 9, Failed, "not_found", ""}, {"a", 2, Sent, ByHand, "settled as sent by Ann: he answered"},
		{"b", 3, Pending, ByHand, "settled as not sent by Ann: not in his inbox"},
		{"bad", 9, Replaced, ByHand, "replaced by good"}, {"b", 3, Sent, "again", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForget(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{Campaign: "test"}, FS: d})
	check(t, err)
	secret := Outcome{Status: Failed, Code: "not_found", HTTPStatus: 404, MessageID: "msg-1", ConversationID: "conv-1",
		ErrorMessage: "no contact maria@example.com", RequestID: "req-1", Attempts: 2}
	check(t, l.Settle(claim(t, l, "maria@example.com", 7, Pending), secret))
	check(t, l.Settle(claim(t, l, "john@example.com", 8, Pending), Outcome{Status: Sent, MessageID: "msg-2"}))
	check(t, l.Settle(claim(t, l, "maria@example.com", 7, Failed), Outcome{Status: Unknown}))
	check(t, l.SettleByHand("maria@example.com", Sent, "Ann", "Maria said so"))
	check(t, l.Settle(claim(t, l, "typo", 9, Pending), Outcome{Status: Failed}))
	check(t, l.Replace("typo", "maria@example.com"))
	check(t, l.Close())
	before := d.content()

	keys := []string{"maria@example.com", "stranger"}
	plan, err := Forget(simPath, keys, true, Options{FS: d})
	check(t, err)
	if string(before) != string(d.content()) {
		t.Error("a dry run changed the ledger")
	}
	done, err := Forget(simPath, keys, false, Options{FS: d})
	check(t, err)
	plan.DryRun, plan.Time = false, done.Time
	want := Receipt{Path: simPath, Time: done.Time, Keys: 1, Claims: 2, Outcomes: 2, ByHand: 2}
	if diff := cmp.Diff(want, done) + cmp.Diff(want, plan); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"aria", "msg-1", "conv-1", "req-1", "Ann"} {
		if strings.Contains(string(d.content()), text) {
			t.Errorf("%q is still there", text)
		}
	}
	l, err = Open(simPath, Options{FS: d})
	check(t, err)
	defer l.Close()
	for key, want := range map[string]Status{"maria@example.com": Forgotten, "stranger": Forgotten, "john@example.com": Sent, "typo": Replaced} {
		if got := l.Lookup(key).Status; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if _, err := l.Claim("stranger", 1, Forgotten); !errors.Is(err, ErrTaken) {
		t.Errorf("a forgotten key was claimed: %v", err)
	}
	if n := claim(t, l, "next", 1, Pending); n != 5 {
		t.Errorf("the next claim has number %d", n)
	}
	kinds := map[string]int{}
	for r, err := range Records(simPath, d) {
		check(t, err)
		kinds[r.Kind]++
	}
	if kinds["claim of a forgotten key"] != 2 || kinds["forgotten"] != 2 || kinds["erased"] != 1 || kinds["outcome"] != 4 {
		t.Error(kinds)
	}
}

func entries(list ...Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range list {
			var err error
			if e.Key == "unreadable" {
				err = errRecord
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestAdopt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	row := func(key string, s Status) Entry {
		return Entry{Claim{Key: key, Line: 2}, Outcome{Status: s, Code: "code"}}
	}
	for _, bad := range []Entry{row("unreadable", Sent), row("", Sent), row("x", Claimed)} {
		if _, err := Adopt(path, Header{}, entries(row("a", Sent), bad), Options{}); err == nil {
			t.Errorf("adopted %v", bad)
		}
	}
	n, err := Adopt(path, Header{Campaign: "test"}, entries(row("a", Sent), row("b", Failed), row("a", Failed), row("b", Unknown),
		row("c", Failed), row("c", Replaced), row("d", Pending), row("e", Failed)), Options{})
	check(t, err)
	if n != 4 {
		t.Errorf("%d keys", n)
	}
	if _, err := Adopt(path, Header{}, entries(), Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("adopted twice: %v", err)
	}
	l, err := Open(path, Options{})
	check(t, err)
	defer l.Close()
	for key, want := range map[string]Status{"a": Sent, "b": Unknown, "c": Replaced, "d": Pending, "e": Failed} {
		if got := l.Lookup(key); got.Status != want {
			t.Errorf("%s is %v, want %v", key, got.Status, want)
		}
	}
	if s := l.Lookup("e"); s.Code != "code" {
		t.Errorf("e failed with %q", s.Code)
	}
}

func TestVerifyAndRecordsOfADamagedLedger(t *testing.T) {
	d := newSimDisk(1)
	aRun(t, d, func(l *Ledger) { check(t, l.Close()) })
	whole, err := Verify(simPath, d)
	check(t, err)
	if whole.Damage != nil || whole.Torn != 0 || whole.End != whole.Size || whole.Keys["sent"] != 5 || whole.Records["claim"] != 18 {
		t.Errorf("%+v", whole)
	}
	var frames []int64
	total := 0
	for r, err := range Records(simPath, d) {
		check(t, err)
		if total++; len(frames) == 0 || frames[len(frames)-1] != r.Frame {
			frames = append(frames, r.Frame)
		}
	}
	b := d.content()
	middle := frames[len(frames)/2]
	b[middle+frameHead+1] ^= 1
	r, err := Verify(simPath, diskWith(b))
	check(t, err)
	if r.Damage == nil || r.Damage.Path != simPath || r.Damage.Offset != middle || r.End != middle || r.Frames != len(frames)/2 {
		t.Errorf("%+v, damage %v, want it at %d", r, r.Damage, middle)
	}
	read, damaged := 0, 0
	for _, err := range Records(simPath, diskWith(b)) {
		if read++; err != nil {
			damaged++
		}
	}
	if damaged != 1 || read < total-4 {
		t.Errorf("%d records of %d, %d errors", read, total, damaged)
	}
}

func TestNetworkFileSystemsAreRefused(t *testing.T) {
	d := newSimDisk(1)
	d.network = "nfs"
	var network *NetworkError
	if _, err := Open(simPath, Options{Create: &Header{}, FS: d}); !errors.As(err, &network) || network.Kind != "nfs" {
		t.Errorf("open: %v", err)
	}
	l, err := Open(simPath, Options{Create: &Header{}, FS: d, AllowNetwork: true})
	check(t, err)
	check(t, l.Close())
	if _, err := Open(simPath, Options{FS: d}); !errors.As(err, &network) {
		t.Errorf("open again: %v", err)
	}
}

func TestTheLockedFileMustBeAtItsPath(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	check(t, l.Close())
	f, err := d.Open(simPath, false)
	check(t, err)
	check(t, d.Rename(simPath, "moved"))
	if err := lock(f, simPath, false); !errors.Is(err, ErrReplaced) {
		t.Errorf("lock: %v", err)
	}
}

func TestFreeSpace(t *testing.T) {
	free, err := FreeSpace(t.TempDir())
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	check(t, err)
	if free == 0 {
		t.Error("no space is free, and this test could be written")
	}
	if _, err := FreeSpace(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("space in no folder")
	}
}

func TestRecentClaims(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	begin := time.Now().Add(-time.Second)
	l := open(t, path)
	check(t, l.StartRun(Run{Command: "send", Started: time.Now()}))
	claim(t, l, "a", 1, Pending)
	check(t, l.Release(claim(t, l, "b", 2, Pending), "429"))
	check(t, l.Close())
	b, err := Load(path, nil)
	check(t, err)
	if got := b.RecentClaims(begin); len(got) != 2 || got[0].Before(begin) || got[1].Before(got[0]) {
		t.Error(got)
	}
	if got := b.RecentClaims(time.Now().Add(time.Hour)); len(got) != 0 {
		t.Error(got)
	}
	claims, runs, err := Lately(path, nil, begin)
	check(t, err)
	if !slices.Equal(claims, b.RecentClaims(begin)) || len(runs) != 1 || !runs[0].Equal(b.Runs()[0].Started) {
		t.Errorf("%v and %v, want what the book tells: %v", claims, runs, b.RecentClaims(begin))
	}
	if claims, runs, err = Lately(path, nil, time.Now().Add(time.Hour)); len(claims)+len(runs) > 0 || err != nil {
		t.Error(claims, runs, err)
	}
	var r recent
	for i := range int64(maxRecent + 10) {
		r.add(i)
	}
	if len(r.ring) != maxRecent || r.ring[9] != maxRecent+9 || r.ring[10] != 10 {
		t.Errorf("%d times are remembered, %d %d", len(r.ring), r.ring[9], r.ring[10])
	}
}

// TestLatelyReadsTheEnd: of a long log the end is read, as far as it must be, and
// what that tells is what the whole log tells.
func TestLatelyReadsTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	begin := time.Now().Add(-time.Hour)
	long := strings.Repeat("x", 200)
	const n = 2 * lateBytes / 200
	l, err := build(path, Options{FS: Disk}, Header{}, func(a *aside) error {
		for i := range n { // one a second, the last ones lately
			c := Claim{Number: uint64(i + 1), Key: fmt.Sprint(long, i), Line: i, Time: begin.Add(time.Hour - time.Duration(n-i)*time.Second)}
			if err := a.add(func(b []byte) []byte { return appendClaim(b, &c) }); err != nil {
				return err
			}
		}
		return nil
	})
	check(t, err)
	check(t, l.Close())
	for _, ago := range []time.Duration{time.Minute, n / 3 * time.Second, n / 2 * time.Second, 2 * n * time.Second} {
		since := begin.Add(time.Hour - ago)
		f, whole, err := openScanner(path, Disk)
		check(t, err)
		want, _, _, err := whole.lately(since, false)
		check(t, err)
		check(t, f.Close())
		counted := &countingDisk{FS: Disk}
		got, _, err := Lately(path, counted, since)
		if err != nil || !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%v: %d claims, want %d: %v", ago, len(got), len(want), err)
		}
		if ago == time.Minute && counted.bytes > lateBytes+8<<20 {
			t.Errorf("%d bytes were read", counted.bytes)
		}
	}
}

// A countingDisk counts the bytes that are read.
type countingDisk struct {
	FS
	bytes int
}

type countingFile struct {
	File
	disk *countingDisk
}

func (d *countingDisk) OpenRead(path string) (File, error) {
	f, err := d.FS.OpenRead(path)
	return countingFile{f, d}, err
}

func (f countingFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	f.disk.bytes += n
	return n, err
}

// At no point of the log are more claims open than there were workers.
func TestOpenClaimsNeverExceedTheWorkers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	l := open(t, path)
	const workers = 8
	work(t, l, workers, 100)
	check(t, l.Close())
	open := 0
	for r, err := range Records(path, nil) {
		check(t, err)
		switch r.Value.(type) {
		case Claim:
			open++
		case Settled:
			open--
		}
		if open > workers {
			t.Fatalf("%d claims are open at byte %d", open, r.Offset)
		}
	}
}
