package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// An opening is what it took to open a ledger.
type opening struct {
	Keys int
	Took time.Duration
	Peak int64 // bytes that were resident at most, beyond those before; 0 if the system doesn't tell
}

// measureOpen makes a ledger of settled rows and opens it, in a process of its
// own each time, so that the memory is the opening's alone.
func measureOpen(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(talk, "making a ledger of %s settled rows\n", report.Number(o.keys))
	path := filepath.Join(dir, "bench.ledger")
	if _, err := ledger.Adopt(path, ledger.Header{Campaign: "bench"}, settled(o.keys), ledger.Options{}); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var took, perRow []float64
	for round := range o.rounds {
		fmt.Fprintf(talk, "round %d of %d\n", round+1, o.rounds)
		opened, err := openElsewhere(ctx, path)
		if err != nil {
			return err
		}
		if opened.Keys != o.keys {
			return fmt.Errorf("the ledger has %d keys, want %d", opened.Keys, o.keys)
		}
		took, perRow = append(took, opened.Took.Seconds()), append(perRow, float64(opened.Peak)/float64(o.keys))
	}
	fmt.Fprintf(out, "Opening a ledger, median of %d:\n\n", o.rounds)
	return writeTable(out, []string{"settled rows", "size", "seconds", "peak bytes a row"}, [][]string{{
		report.Number(o.keys), report.Bytes(info.Size()), fmt.Sprintf("%.1f", median(took)), fmt.Sprintf("%.1f", median(perRow)),
	}})
}

// settled makes up rows that were sent.
func settled(n int) iter.Seq2[ledger.Entry, error] {
	at := time.Now()
	return func(yield func(ledger.Entry, error) bool) {
		for i := range n {
			e := ledger.Entry{
				Claim: ledger.Claim{Key: fmt.Sprintf("6329f3c0a1b2c3d4%08x", i), Line: i + 2},
				Outcome: ledger.Outcome{Status: ledger.Sent, MessageID: fmt.Sprint(1_000_000 + i), MessageType: "email",
					HTTPStatus: 200, Attempts: 1, CreatedAt: at, FinishedAt: at},
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// openElsewhere has another process of this program open a ledger.
func openElsewhere(ctx context.Context, path string) (o opening, err error) {
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	text, err := exec.CommandContext(ctx, self, "-open", path).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return o, fmt.Errorf("open in another process: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text, &o)
}

// openHere opens a ledger and prints what that took, for openElsewhere.
func openHere(path string, out io.Writer) error {
	before := residentBytes("self", "VmRSS:")
	start := time.Now()
	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		return err
	}
	o := opening{Took: time.Since(start)}
	if peak := residentBytes("self", "VmHWM:"); peak > 0 {
		o.Peak = peak - before
	}
	for _, keys := range l.Counts() {
		o.Keys += keys
	}
	return errors.Join(json.NewEncoder(out).Encode(o), l.Close())
}

// residentBytes is a value of a process's /proc/PID/status, 0 where there is none.
func residentBytes(pid, name string) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0
	}
	var kib int64
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			_, _ = fmt.Sscan(rest, &kib) // 0 if it is no number
		}
	}
	return kib << 10
}
