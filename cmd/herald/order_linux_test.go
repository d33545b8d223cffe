package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// TestOrder looks at the system calls of the binary: before a POST is written
// to a socket, its claim was written to the ledger, and an fsync that began
// after that write has returned.
func TestOrder(t *testing.T) {
	strace := findStrace(t)
	tr := newTrial(t, buildHerald(t), 60, sandbox.Options{
		Faults: []sandbox.Fault{{Kind: sandbox.FaultStatus, Status: 429, First: 2}}, // claimed twice
	})
	trace := tr.path("trace")
	p := tr.command(append(traceFlags(trace), tr.herald, "send", "kill.yaml", "--yes", "--json", "--progress", "none",
		"--rate", "1000000/s", "--workers", "4")...)
	p.cmd.Path, p.cmd.Args[0] = strace, strace
	if v := p.start().verdict(exitOK); v.Source.Sent != tr.rows {
		t.Fatalf("%s, want all sent", v.Source)
	}
	text, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	o := newOrder("kill.sandbox.ledger")
	if err := o.read(text); err != nil {
		t.Fatal(err)
	}
	if want := tr.rows + 2; o.posts != want {
		t.Errorf("the trace has %d POSTs, want %d: this test proves less than it says", o.posts, want)
	}
	t.Logf("%d POSTs after %d fsyncs", o.posts, o.syncs)
}

// findStrace returns the path of strace, if there is one and this user may
// trace a process here.
func findStrace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed (a package of that name has it): the order of system calls is not looked at")
	}
	out := filepath.Join(t.TempDir(), "trace")
	if said, err := exec.CommandContext(t.Context(), path, append(traceFlags(out), "true")...).CombinedOutput(); err != nil {
		t.Skipf("strace can't trace here (%v): %s", err, said)
	}
	return path
}

// traceFlags has all threads traced, text in full, and files by their names.
func traceFlags(out string) []string {
	return []string{"-f", "-y", "-x", "-s", "1000000", "-e", "signal=none",
		"-e", "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,fdatasync,fsync,sync_file_range,msync", "-o", out}
}

// An order reads a trace and finds what is out of order.
type order struct {
	ledger  string // the end of its path
	begun   map[string]call
	written []string // to the ledger, not yet durable
	durable map[string]int
	posted  map[string]int
	posts   int
	syncs   int
}

// A call is a system call that has begun.
type call struct {
	name, file, text string
	covers           int // of what is written, what an fsync makes durable
}

func newOrder(ledger string) *order {
	return &order{ledger: ledger, begun: map[string]call{}, durable: map[string]int{}, posted: map[string]int{}}
}

// The lines of a trace: a call may end in another line than it began in, if
// something happened in between. What strace prints is in the order in which
// calls begin and end.
var (
	beginning = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(?:, (?:"((?:[^"\\]|\\.)*)"(\.\.\.)?)?)?`)
	resumed   = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
	result    = regexp.MustCompile(`\) += (-?\d+)[^")]*(?:\([^)]*\))?$`)
	addressee = regexp.MustCompile(`"to":\{"type":"user","id":"(\w+)"`)
	claimedID = regexp.MustCompile(`u\d{6}`) // as contact makes them; nothing but a claim has one
)

// read reads a trace to its end, or to the first POST that came too early.
func (o *order) read(trace io.Reader) error {
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 8<<20)
	for number := 1; lines.Scan(); number++ {
		if err := o.line(lines.Text()); err != nil {
			return fmt.Errorf("line %d of the trace: %w", number, err)
		}
	}
	return lines.Err()
}

func (o *order) line(line string) error {
	thread := ""
	if m := beginning.FindStringSubmatch(line); m != nil {
		text, err := strconv.Unquote(`"` + m[4] + `"`)
		if err != nil || m[5] != "" {
			return fmt.Errorf("text that is cut or not understood: %.80s", line)
		}
		thread = m[1]
		o.begun[thread] = call{name: m[2], file: m[3], text: text, covers: len(o.written)}
		if err := o.begins(o.begun[thread]); err != nil {
			return err
		}
	} else if m := resumed.FindStringSubmatch(line); m != nil {
		thread = m[1]
	}
	m := result.FindStringSubmatch(line)
	c, ok := o.begun[thread]
	if !ok || m == nil || strings.HasSuffix(line, "<unfinished ...>") {
		return nil
	}
	delete(o.begun, thread)
	return o.ends(c, m[1])
}

// begins looks at a call that begins: one that sends a POST must not, before
// its claim is durable.
func (o *order) begins(c call) error {
	if !strings.HasPrefix(c.text, "POST /messages ") {
		return nil
	}
	to := addressee.FindStringSubmatch(c.text)
	if to == nil {
		return fmt.Errorf("a POST to nobody: %.80q", c.text)
	}
	key := to[1]
	o.posts++
	if o.posted[key]++; o.posted[key] > o.durable[key] {
		return fmt.Errorf("POST number %d to %s is written, and %d of its claims are durable", o.posted[key], key, o.durable[key])
	}
	return nil
}

// ends takes notes of what is written and durable.
func (o *order) ends(c call, result string) error {
	if !strings.HasSuffix(c.file, o.ledger) {
		return nil
	}
	switch c.name {
	case "pwrite64":
		if result != strconv.Itoa(len(c.text)) {
			return fmt.Errorf("%s of %d bytes to the ledger returned %s", c.name, len(c.text), result)
		}
		o.written = append(o.written, c.text)
	case "fdatasync", "fsync":
		if result != "0" {
			return fmt.Errorf("%s of the ledger returned %s", c.name, result)
		}
		o.syncs++
		for _, text := range o.written[:c.covers] {
			for _, key := range claimedID.FindAllString(text, -1) {
				o.durable[key]++
			}
		}
		o.written = o.written[c.covers:]
		for thread, other := range o.begun { // an fsync that is still on its way
			other.covers = max(0, other.covers-c.covers)
			o.begun[thread] = other
		}
	default:
		return fmt.Errorf("the ledger is written with %s, which this test does not follow", c.name)
	}
	return nil
}

// The trace of one message, as it should be.
const goodTrace = `7 pwrite64(8</tmp/kill.sandbox.ledger>, "\x16\x00Cu000001", 10, 9422) = 10
7 fdatasync(8</tmp/kill.sandbox.ledger> <unfinished ...>
9 pwrite64(8</tmp/kill.sandbox.ledger>, "\x2c\x00", 2, 4608) = 2
7 <... fdatasync resumed>) = 0
9 write(5<socket:[1]>, "POST /messages HTTP/1.1\r\n\r\n{\"to\":{\"type\":\"user\",\"id\":\"u000001\"}}", 70 <unfinished ...>
7 write(2</dev/null>, "claimed u000001\n", 16) = 16
9 <... write resumed>) = 70
`

// TestOrderReader shows the reader traces that are wrong.
func TestOrderReader(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(goodTrace, "\n")+"\n", "\n")[:7]
	pick := func(numbers ...int) string {
		var b strings.Builder
		for _, n := range numbers {
			b.WriteString(lines[n-1])
		}
		return b.String()
	}
	tests := []struct {
		name, trace, want string
	}{
		{"as it should be", goodTrace, ""},
		{"no claim", pick(5, 6, 7), "0 of its claims are durable"},
		{"no fsync", pick(1, 3, 5, 7), "0 of its claims are durable"},
		{"the POST before the end of the fsync", pick(1, 2, 5, 4, 6, 7), "0 of its claims are durable"},
		{"the fsync before the claim", pick(2, 4, 1, 5, 6, 7), "0 of its claims are durable"},
		{"the claim while the fsync runs", pick(2, 1, 4, 5), "0 of its claims are durable"},
		{"one claim for two POSTs", pick(1, 2, 3, 4, 5, 7, 5), "1 of its claims are durable"},
		{"another file", strings.ReplaceAll(goodTrace, "kill.sandbox.ledger", "other"), "0 of its claims are durable"},
		{"an fsync that failed", strings.Replace(goodTrace, "resumed>) = 0", "resumed>) = -1 EIO (Input/output error)", 1), "fdatasync of the ledger returned -1"},
		{"half a write", strings.Replace(goodTrace, "10, 9422) = 10", "10, 9422) = 5", 1), "returned 5"},
		{"text that is cut", strings.Replace(goodTrace, `Cu000001"`, `Cu000001"...`, 1), "cut"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := newOrder("kill.sandbox.ledger").read(bytes.NewBufferString(test.trace))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
