//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// giveUpAfter is how long a process may take before its test gives up on it and
// shows what its goroutines were doing.
const giveUpAfter = 2 * time.Minute

// A program under trial is a process of its own, so that it can be killed; the
// sandbox is in this one, so that the witness survives.
type trial struct {
	*testing.T
	herald string // the binary
	dir    string // with campaign, source, ledger and results
	rows   int
	random *rand.Rand

	box  *sandbox.Sandbox
	door *door
	url  string
}

const killCampaign = `name: kill
source: contacts.csv
to: {type: user, id: "{{.id}}"}
message:
  type: in_app
  body: |
    Hello {{.name}}, it is here.
  from: 394051
stop: {failures: 100%, unknown: 100%}
`

// newTrial writes a campaign to so many rows and opens the sandbox's door.
func newTrial(t *testing.T, herald string, rows int, o sandbox.Options) *trial {
	t.Helper()
	return newTrialIn(t, t.TempDir(), herald, rows, o)
}

// newTrialIn is newTrial in a folder that is there.
func newTrialIn(t *testing.T, dir, herald string, rows int, o sandbox.Options) *trial {
	t.Helper()
	o.KeepMessages = -1
	tr := &trial{T: t, herald: herald, dir: dir, rows: rows, random: seeded(t), box: sandbox.New(o)}
	tr.door = &door{box: tr.box, over: t.Context().Done()}
	server, err := sandbox.Listen(t.Context(), "", tr.door)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	tr.url = server.URL()
	tr.write("kill.yaml", killCampaign)
	var source strings.Builder
	source.WriteString("id,name,note\n")
	note := strings.Repeat("long ", 200) // so that runs have rows to pass over, and know it
	for i := range rows {
		fmt.Fprintf(&source, "%s,Name %d,%s\n", contact(i), i, note)
	}
	tr.write("contacts.csv", source.String())
	return tr
}

// contact is the id and so the key of the i-th row, which is on line i+2.
func contact(i int) string { return fmt.Sprintf("u%06d", i) }

// seeded returns the test's own random numbers; HERALD_SEED repeats a run.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("HERALD_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("HERALD_SEED=%d", seed)
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name()))
	return rand.New(rand.NewPCG(seed, name.Sum64()))
}

func (tr *trial) path(name string) string { return filepath.Join(tr.dir, name) }

func (tr *trial) write(name, text string) {
	tr.Helper()
	if err := os.WriteFile(tr.path(name), []byte(text), 0o600); err != nil {
		tr.Fatal(err)
	}
}

// A door stands before the sandbox and can hold POSTs, so that a test acts
// while a message is certainly on its way.
type door struct {
	box  http.Handler
	over <-chan struct{} // closed at the end of the test

	mu      sync.Mutex
	trap    *trap
	arrived int // POSTs since the trap was set
	asked   *trap
	closes  int // requests to be answered 429
}

// A trap holds POSTs until it is freed.
type trap struct {
	first  int  // the first that is held, counted from 1 since the trap was set
	taken  bool // hold the answers of messages that were taken, not the messages
	caught chan struct{}
	freed  chan struct{}
}

// set sets a trap for the first-th POST from now on and all that follow: none
// of the workers gets any further.
func (d *door) set(first int, taken bool) *trap {
	t := &trap{first: first, taken: taken, caught: make(chan struct{}, campaign.MaxWorkers), freed: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trap, d.arrived = t, 0
	return t
}

// setForAsking sets a trap for the next request that is no POST.
func (d *door) setForAsking() *trap {
	t := &trap{caught: make(chan struct{}, 1), freed: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = t
	return t
}

// close answers the next n requests with 429.
func (d *door) close(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closes = n
}

func (d *door) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closes--
	return d.closes >= 0
}

const tooMany = `{"type":"error.list","request_id":"door-1","errors":[{"code":"rate_limit_exceeded","message":"Exceeded rate limit"}]}`

// free lets go on what is held, and whatever comes later.
func (t *trap) free() { close(t.freed) }

// freeOne lets one go on of those that are held.
func (t *trap) freeOne() { t.freed <- struct{}{} }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.isClosed() {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(tooMany))
		return
	}
	t := d.trapFor(r)
	if t != nil && !t.taken {
		d.hold(t)
	}
	d.box.ServeHTTP(w, r)
	if t != nil && t.taken {
		d.hold(t) // net/http sends a short answer when the handler returns
	}
}

func (d *door) trapFor(r *http.Request) *trap {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method != http.MethodPost {
		t := d.asked
		d.asked = nil
		return t
	}
	d.arrived++
	if d.trap == nil || d.arrived < d.trap.first {
		return nil
	}
	return d.trap
}

func (d *door) hold(t *trap) {
	select {
	case t.caught <- struct{}{}:
	default: // freed long ago
	}
	select {
	case <-t.freed:
	case <-d.over:
	}
}

// at sets a trap at the n-th POST of the next run: on its way to the sandbox, or
// on the way back.
func (tr *trial) at(n int) *trap {
	taken := tr.random.IntN(2) == 0
	tr.Logf("holding message %d, taken: %v", n, taken)
	return tr.door.set(n, taken)
}

// somewhere is at a random place in the next run, which has so many POSTs.
func (tr *trial) somewhere(posts int) *trap {
	return tr.at(1 + tr.random.IntN(posts))
}

// maybeCheck are the flags of a run that is checked first, or is not.
func (tr *trial) maybeCheck() []string {
	if tr.random.IntN(2) == 0 {
		return nil
	}
	return []string{"--skip-check"}
}

// A process is one execution of the binary.
type process struct {
	*trial
	cmd    *exec.Cmd
	stdout bytes.Buffer // complete once it has ended
	stderr transcript
	ended  chan struct{}
}

// command prepares `herald ARGS` in the trial's folder.
func (tr *trial) command(args ...string) *process {
	ctx, cancel := context.WithTimeout(tr.Context(), giveUpAfter)
	tr.Cleanup(cancel)
	p := &process{trial: tr, ended: make(chan struct{})}
	p.stderr.more = make(chan struct{}, 1)
	p.cmd = exec.CommandContext(ctx, tr.herald, args...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGQUIT) }
	p.cmd.WaitDelay = 10 * time.Second
	p.cmd.Dir = tr.dir
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Env = []string{"HOME=" + tr.dir, "TMPDIR=" + tr.dir, "PATH=" + os.Getenv("PATH"),
		tokenVariable + "=any", "HERALD_BASE_URL=" + tr.url,
		"GORACE=halt_on_error=1 atexit_sleep_ms=0"}
	return p
}

// send starts `herald send`, as fast as it can.
func (tr *trial) send(flags ...string) *process {
	tr.Helper()
	args := []string{"send", "kill.yaml", "--yes", "--json", "--progress", "none", "--rate", "1000000/s"}
	return tr.command(append(args, flags...)...).start()
}

func (p *process) start() *process {
	p.Helper()
	if err := p.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the exit code is looked at by code
	}()
	p.Cleanup(func() { <-p.ended })
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.Fatalf("signal %v: %v", s, err)
	}
}

// reaches returns when the trap has caught one more request.
func (p *process) reaches(t *trap) {
	p.Helper()
	select {
	case <-t.caught:
	case <-p.ended:
		p.Fatalf("it ended before the message that was waited for: %v\n%s", p.cmd.ProcessState, p.stderr.String())
	}
}

// says returns when the process has said text on stderr.
func (p *process) says(text string) {
	p.Helper()
	for !strings.Contains(p.stderr.String(), text) {
		select {
		case <-p.stderr.more:
		case <-p.ended:
			if !strings.Contains(p.stderr.String(), text) {
				p.Fatalf("it never said %q: %v\n%s", text, p.cmd.ProcessState, p.stderr.String())
			}
		}
	}
}

// ends waits for the end and checks the exit code.
func (p *process) ends(code int) {
	p.Helper()
	<-p.ended
	if got := p.exitCode(); got != code {
		p.Fatalf("exit code %d (%v), want %d\n%s%s", got, p.cmd.ProcessState, code, p.stdout.String(), p.stderr.String())
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// exitCode is that of a process that has ended, -1 if a signal ended it.
func (p *process) exitCode() int { return p.cmd.ProcessState.ExitCode() }

// killed kills the process and waits until it is gone.
func (p *process) killed() {
	p.Helper()
	p.signal(syscall.SIGKILL)
	p.ends(-1)
}

// A verdict is what a run says of itself.
type verdict struct {
	End      string          `json:"end"`
	Source   report.Equation `json:"source"`
	Balanced bool            `json:"balanced"`
	Run      struct {
		Counts map[string]int `json:"counts"`
	} `json:"run"`
	Seconds float64 `json:"seconds"`
}

// verdict waits for the end, checks the exit code, and that the equation is
// there and balances.
func (p *process) verdict(code int) verdict {
	p.Helper()
	p.ends(code)
	v := p.read()
	if !v.Balanced || !v.Source.Balanced() {
		p.Errorf("the equation does not balance: %s", v.Source)
	}
	return v
}

// read reads what the process has printed on stdout.
func (p *process) read() (v verdict) {
	p.Helper()
	if err := json.Unmarshal(p.stdout.Bytes(), &v); err != nil {
		p.Fatalf("%v in:\n%s%s", err, p.stdout.String(), p.stderr.String())
	}
	return v
}

// A transcript is what a process has said so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // of size 1: there is something new
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// inDoubt is how many keys the ledger says are unknown or still claimed: what
// the next run will call unknown.
func (tr *trial) inDoubt() int {
	tr.Helper()
	n := 0
	for state, keys := range tr.book().Counts() {
		if state.Status == ledger.Unknown || state.Status == ledger.Claimed {
			n += keys
		}
	}
	return n
}

func (tr *trial) book() *ledger.Book {
	tr.Helper()
	b, err := ledger.Load(tr.path("kill.sandbox.ledger"), nil)
	if err != nil {
		tr.Fatal(err)
	}
	return b
}

// accounts checks ledger, results file and witness against each other and the
// source: each row has exactly one outcome, the same in both files; who was
// sent a message got it once, who is unknown at most once, and nobody else any.
// It returns how many rows are unknown.
func (tr *trial) accounts() (unknown int) {
	tr.Helper()
	outcomes := tr.outcomes()
	results := tr.results()
	delivered := map[string]sandbox.Delivery{}
	for d := range tr.box.Deliveries() {
		delivered[d.ID] = d
	}
	for i := range tr.rows {
		key := contact(i)
		o, r, d := outcomes[key], results[key], delivered[key]
		if r.Status != o.Status.String() || r.Line != i+2 || r.MessageID != o.MessageID || r.Code != o.Code {
			tr.Fatalf("%s: the results file says %+v, the ledger %+v", key, r, o)
		}
		switch {
		case o.Status == ledger.Sent && d.Count == 1 && (o.MessageID == d.MessageID || o.MessageID == ""):
		case o.Status == ledger.Unknown && d.Count <= 1:
			unknown++
		default:
			tr.Fatalf("%s: delivered %d times (message %s), the ledger says %s (message %s)",
				key, d.Count, d.MessageID, o.Status, o.MessageID)
		}
	}
	if n := max(len(outcomes), len(results), len(delivered)); n > tr.rows {
		tr.Fatalf("%d keys in the ledger, %d in the results, %d delivered to: the source has %d",
			len(outcomes), len(results), len(delivered), tr.rows)
	}
	if w := tr.box.Witness(); w.Duplicates != 0 || w.Messages != w.Recipients {
		tr.Fatalf("the witness saw duplicates: %+v", w)
	}
	return unknown
}

// outcomes returns the ledger's outcome of each key. No key has two: nothing
// is retried here.
func (tr *trial) outcomes() map[string]ledger.Outcome {
	tr.Helper()
	outcomes := map[string]ledger.Outcome{}
	for e, err := range tr.book().Entries() {
		if err != nil {
			tr.Fatal(err)
		}
		if before, twice := outcomes[e.Key]; twice {
			tr.Fatalf("%s has two outcomes: %+v and %+v", e.Key, before, e.Outcome)
		}
		outcomes[e.Key] = e.Outcome
	}
	return outcomes
}

// results returns the last row of each key in the results file.
func (tr *trial) results() map[string]report.Row {
	tr.Helper()
	rows := map[string]report.Row{}
	for row, err := range report.ReadResults(tr.path("kill.sandbox.results.csv")) {
		if err != nil {
			tr.Fatal(err)
		}
		rows[row.Key] = row
	}
	return rows
}

// buildHerald builds the program. Under the race detector it takes this binary,
// which has the detector too, and by the name of herald is herald: see TestMain.
func buildHerald(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "herald")
	if underRace() {
		self, err := os.Executable()
		if err == nil {
			err = os.Symlink(self, path)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// peak is the most memory that a running process has held so far, in MiB; 0
// where that can't be told. ru_maxrss is of no use: until it executes the
// program, a child shares the memory of whoever starts it.
func (p *process) peak() float64 {
	p.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		var kib float64
		if _, err := fmt.Sscanf(lines.Text(), "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	p.Fatalf("no VmHWM in:\n%s", status)
	return 0
}
