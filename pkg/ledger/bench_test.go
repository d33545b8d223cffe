package ledger

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkClaims measures durable claims, each settled before the next of its
// worker: the ledger's share of a run, and nothing else.
func BenchmarkClaims(b *testing.B) {
	for _, workers := range []int{1, 64, 256} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) { benchmarkClaims(b, workers, func() {}) })
	}
}

// BenchmarkBusyClaims is the same with work to be done for each message, which
// is what the fsyncs have to share the processors with.
func BenchmarkBusyClaims(b *testing.B) {
	benchmarkClaims(b, 64, func() {
		var sum [32]byte
		for range 250 { // some 30 us
			sum = sha256.Sum256(sum[:])
		}
	})
}

func benchmarkClaims(b *testing.B, workers int, post func()) {
	l, err := Open(filepath.Join(b.TempDir(), "a.ledger"), Options{Create: &Header{Campaign: "bench"}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	before := l.Fsyncs()
	var next atomic.Int64
	worker := func() error {
		for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
			n, err := l.Claim(fmt.Sprintf("6329f3c0a1b2c3d4e5f%05x", i), int(i), Pending)
			if err != nil {
				return err
			}
			post()
			if err := l.Settle(n, Outcome{Status: Sent, MessageID: "1234567", MessageType: "email", Attempts: 1}); err != nil {
				return err
			}
		}
		return nil
	}
	done := make(chan error, workers)
	b.ResetTimer()
	for range workers {
		go func() { done <- worker() }()
	}
	for range workers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
	b.ReportMetric(float64(b.N)/float64(max(1, l.Fsyncs()-before)), "claims/fsync")
}

// BenchmarkOpen opens a ledger of settled rows: 200,000, or as many as
// HERALD_ROWS says. Run it once (-benchtime 1x) for the peak of memory.
func BenchmarkOpen(b *testing.B) {
	rows := 200_000
	if n, err := strconv.Atoi(os.Getenv("HERALD_ROWS")); err == nil {
		rows = n
	}
	path := filepath.Join(b.TempDir(), "a.ledger")
	if _, err := Adopt(path, Header{Campaign: "bench"}, settledRows(rows), Options{}); err != nil {
		b.Fatal(err)
	}
	for range 100 { // until the index that Adopt had is given back, too
		debug.FreeOSMemory()
		runtime.Gosched()
	}
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins here
	before, cpu := memoryKB("VmRSS:"), cpuSeconds()
	b.ResetTimer()
	for b.Loop() {
		l, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if n := l.fold.index.Len(); n != rows {
			b.Fatalf("%d keys", n)
		}
		b.StopTimer()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric((cpuSeconds()-cpu)/float64(b.N), "cpu-s")
	if before > 0 && b.N == 1 {
		b.ReportMetric((memoryKB("VmHWM:")-before)*1024/float64(rows), "B/row")
	}
}

func settledRows(n int) iter.Seq2[Entry, error] {
	at := time.Now()
	return func(yield func(Entry, error) bool) {
		for i := range n {
			e := Entry{Claim{Key: fmt.Sprintf("6329f3c0a1b2c3d4%08x", i), Line: i},
				Outcome{Status: Sent, MessageID: fmt.Sprint(1000000 + i), MessageType: "email", HTTPStatus: 200, Attempts: 1,
					CreatedAt: at, FinishedAt: at}}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// cpuSeconds returns how long this process has computed, 0 where there is no
// /proc.
func cpuSeconds() float64 {
	text, _ := os.ReadFile("/proc/self/stat")
	f := strings.Fields(string(text))
	if len(f) < 15 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[13], 64)
	system, _ := strconv.ParseFloat(f[14], 64)
	return (user + system) / 100
}

// memoryKB returns a value of /proc/self/status, 0 where there is none.
func memoryKB(name string) float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseFloat(f[1], 64)
			return n
		}
	}
	return 0
}
