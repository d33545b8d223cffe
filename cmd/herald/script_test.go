package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// The scripts in testdata run this binary as herald, each in a folder of its
// own and with a sandbox of its own. Beside the commands of testscript they
// have:
//
//	sandbox start [FLAG...]     a sandbox on a free port; sets HERALD_BASE_URL
//	sandbox stop                leaves HERALD_BASE_URL at the closed port
//	sandbox witness             what arrived, a line each, on stdout
//	sandbox deliveries          CONTACT COUNT lines on stdout
//	sandbox reply CONTACT...    each replies to the last message it got
//	sandbox bodies              what was POSTed, sorted, a line each, on stdout
//	sandbox arrived             waits for the first held POST
//	sandbox release             lets held POSTs go on, and holds no more
//	sandbox processes           what ran on this machine while POSTs were on their way
//	exits CODE herald ARG...    herald ends with this exit code
//	refused CODE herald ARG...  and says one thing well, and sends nothing;
//	                            what it says is added to the file said
//	tidy FILE TO                a copy without what differs from run to run
//	cut COLUMNS FILE            these columns of a results file, sorted
//	mode PERM FILE...           these permissions exactly
//	bytes FILE TEXT             a file of a text with escapes as in Go
//	pack FILE...                a .gz and a .zst of each file
//	utf16 FILE TO               a copy in UTF-16 with a byte order mark
//	sent NAME SOURCE [STDIN]    sends NAME.yaml to a fresh sandbox; the requests on stdout
//	damage FILE                 another byte in a ledger's first record of a run
//	secret FILE...              no file contains the access token
//	signal NAME                 to herald in the background
//	await FILE TEXT             waits until a file contains a text
//	ended CODE                  how it ended that was signalled, after wait
//	silent EXCEPT...            no other file below $WORK contains the token
//	helps COMMAND...            -h of each has an example and the exit codes
//	json FILE                   one JSON value and nothing else
//
// UPDATE_SCRIPTS=1 go test writes what cmp finds different into the scripts.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		UpdateScripts:      os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:              setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": sandboxCmd, "exits": exits, "refused": refused, "tidy": tidy, "cut": cut, "mode": checkMode,
			"bytes": writeBytes, "pack": pack, "utf16": toUTF16, "sent": sent, "damage": damage, "secret": secret,
			"silent": silent, "signal": sendSignal, "await": await, "ended": ended, "helps": helps, "json": checkJSON,
		},
	})
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"herald": main})
}

// patience is how long something that must happen may take: a failing script
// is to end, and not to hang.
const patience = time.Minute

// scriptToken is the access token of all scripts; no output may contain it.
const scriptToken = "dG9rOnNlc2FtZS1vcGVu_8f3a"

func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	env.Setenv("TOKEN", scriptToken)
	env.Setenv(tokenVariable, scriptToken)
	env.Setenv("TZ", "UTC")
	setTimes(env, time.Now().UTC())
	// The race detector waits a second at the end of each process.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	s := &stage{}
	env.Values[stageKey{}] = s
	env.Defer(s.stop)
	return os.MkdirAll(home, 0o700)
}

// setTimes sets what a script needs of the day it runs on: SHUT_DAY is not today
// in any time zone, TOMORROW is a date, and in DAY_ZONE it is hours until
// midnight.
func setTimes(env *testscript.Env, now time.Time) {
	env.Setenv("SHUT_DAY", now.AddDate(0, 0, 3).Format("Mon"))
	env.Setenv("TOMORROW", now.AddDate(0, 0, 1).Format(time.DateOnly))
	zone := "Etc/UTC"
	if now.Hour() < 6 || now.Hour() >= 18 {
		zone = "Asia/Tokyo"
	}
	env.Setenv("DAY_ZONE", zone)
}

// A stage is what a script has: the sandbox that it started last.
type stage struct {
	*scene
	signalled *exec.Cmd
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// A scene is a sandbox and what the script wants to know of its visitors.
type scene struct {
	server *sandbox.Server
	box    *sandbox.Sandbox

	look    bool          // at the machine's processes at each POST
	echo    bool          // refuse each POST, and repeat the token
	hold    chan struct{} // closed: POSTs go on
	arrived chan struct{} // has one value once a POST is held

	mu        sync.Mutex
	bodies    []string
	processes bytes.Buffer // command lines of this machine while a POST was on its way
}

func (s *stage) stop() {
	if s.scene != nil {
		s.release()
		_ = s.server.Close()
	}
}

func (s *scene) release() {
	select {
	case <-s.hold:
	default:
		close(s.hold)
	}
}

// ServeHTTP looks at what is POSTed and hands it to the sandbox.
func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/messages" {
		s.box.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.note(body)
	s.wait(r.Context())
	if s.echo {
		repeatToken(w, r)
		return
	}
	s.box.ServeHTTP(w, r)
}

func (s *scene) note(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(body))
	if s.look {
		out, _ := exec.Command("ps", "axww", "-o", "args").Output()
		s.processes.Write(out)
	}
}

// wait holds a POST.
func (s *scene) wait(ctx context.Context) {
	select {
	case <-s.hold:
		return
	default:
	}
	select {
	case s.arrived <- struct{}{}:
	default: // not the first
	}
	select {
	case <-s.hold:
	case <-ctx.Done():
	}
}

// repeatToken refuses a message, and says the token wherever there is room.
func repeatToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", scriptToken)
	w.WriteHeader(http.StatusUnprocessableEntity)
	fmt.Fprintf(w, `{"type":"error.list","request_id":%[1]q,"errors":[{"code":"odd_%[2]s","field":%[1]q,"message":"what is %[1]s?"}]}`,
		r.Header.Get("Authorization"), scriptToken)
}

func sandboxCmd(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	if neg || len(args) == 0 || args[0] != "start" && s.scene == nil {
		ts.Fatalf("usage: sandbox start|stop|witness|deliveries|bodies|reply|processes|arrived|release")
	}
	switch args[0] {
	case "start":
		s.start(ts, args[1:])
	case "stop":
		s.stop()
	case "arrived":
		select {
		case <-s.arrived:
		case <-time.After(patience):
			ts.Fatalf("no POST has arrived")
		}
	case "release":
		s.release()
	case "reply":
		for _, contact := range args[1:] {
			_, err := s.box.Reply(contact)
			ts.Check(err)
		}
	case "bodies":
		fmt.Fprintln(ts.Stdout(), strings.Join(s.posted(), "\n"))
	case "processes":
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprint(ts.Stdout(), s.processes.String())
	case "deliveries":
		s.printDeliveries(ts.Stdout())
	case "witness":
		s.printWitness(ts.Stdout())
	default:
		ts.Fatalf("sandbox: unknown %q", args[0])
	}
}

// start is `sandbox start`. A second one plays another workspace, or the same
// one in another state, and starts counting anew.
func (s *stage) start(ts *testscript.TestScript, args []string) {
	s.stop()
	c := &scene{hold: make(chan struct{}), arrived: make(chan struct{}, 1)}
	var o sandbox.Options
	var faults []string
	var held bool
	var people string
	f := pflag.NewFlagSet("sandbox start", pflag.ContinueOnError)
	f.StringVar(&people, "people", "", "a file of contacts")
	f.IntVar(&o.Limit, "limit", 0, "requests a window")
	f.DurationVar(&o.Window, "window", 0, "its length")
	f.BoolVar(&o.Restricted, "restricted", false, "a workspace without a subscription")
	f.StringVar(&o.Token, "accept-token", "", "the only token")
	f.StringVar(&o.Workspace.IDCode, "workspace", "", "its id")
	f.StringArrayVar(&faults, "fault", nil, "KIND=WHEN")
	f.BoolVar(&held, "hold", false, "hold POSTs until sandbox release")
	f.BoolVar(&c.echo, "echo", false, "refuse POSTs with the token in the reason")
	f.BoolVar(&c.look, "look", false, "look at the machine's processes at each POST")
	o.Contacts.States = contactFlags(f)
	ts.Check(f.Parse(args))
	ts.Check(readSandboxFlags(&o, "aligned", faults))
	if people != "" {
		people = ts.MkAbs(people)
	}
	ts.Check(readPeople(&o, people))
	if !held {
		close(c.hold)
	}
	c.box = sandbox.New(o)
	server, err := sandbox.Listen(context.Background(), "", c)
	ts.Check(err)
	c.server, s.scene = server, c
	ts.Setenv("HERALD_BASE_URL", server.URL())
}

// contactFlags adds flags that take ids of contacts, with commas.
func contactFlags(f *pflag.FlagSet) map[string]sandbox.State {
	states := map[string]sandbox.State{}
	for name, state := range map[string]sandbox.State{
		"unknown": sandbox.Unknown, "too-new": sandbox.TooNew, "unsubscribed": sandbox.Unsubscribed, "merged": sandbox.Merged,
	} {
		f.Func(name, "contacts, with commas", func(ids string) error {
			for id := range strings.SplitSeq(ids, ",") {
				states[id] = state
			}
			return nil
		})
	}
	return states
}

func (s *scene) printWitness(w io.Writer) {
	t := s.box.Witness()
	fmt.Fprintf(w, "messages %d\nrecipients %d\nduplicates %d\nthrottled %d\n", t.Messages, t.Recipients, t.Duplicates, t.Throttled)
	for name, counts := range map[string]map[string]int64{"refused": t.Refused, "fault": t.Faults} {
		for _, what := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(w, "%s %s: %d\n", name, what, counts[what])
		}
	}
	fmt.Fprintf(w, "digest %s\n", t.Digest)
}

func (s *scene) printDeliveries(w io.Writer) {
	all := slices.Collect(s.box.Deliveries())
	slices.SortFunc(all, func(a, b sandbox.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	for _, d := range all {
		fmt.Fprintf(w, "%s %d\n", d.ID, d.Count)
	}
}

// posted is what was POSTed, whatever became of it, sorted.
func (s *stage) posted() []string {
	if s.scene == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.bodies))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE herald ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	for _, name := range []string{"stdout", "stderr"} {
		if found := internal.FindString(ts.ReadFile(name)); found != "" {
			ts.Fatalf("%s shows the program's inside: %q", name, found)
		}
		if strings.Contains(ts.ReadFile(name), scriptToken) {
			ts.Fatalf("%s contains the access token", name)
		}
	}
}

// internal finds what only programmers say: stack traces, Go's types, packages
// and verbs, and the wording of libraries.
var internal = regexp.MustCompile(`goroutine \d|panic:|runtime error|\.go:\d|` +
	`\b(bufio|calendar|campaign|csv|errors|exec|flag|fs|gocsv|governor|gzip|http|intercom|io|json|ledger|net|os|pflag|report|sandbox|sender|source|strconv|syscall|template|time|tls|url|x509|yaml|zstd)\.[A-Z][A-Za-z]+|` +
	`(?i:unmarshal)|(?:^|\s)(yaml|json|csv|template|strconv|strings|http|net/http|zstd|gzip): |\*[a-z]+\.[A-Z]|` +
	`%!|<nil>|\bnil\b|\bEOF\b|map\[|interface ?\{|\b0x[0-9a-f]{6,}|context (canceled|deadline)`)

// refused is exits for a refusal: one message, a hint below it, nothing sent.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	before := len(s.posted())
	exits(ts, neg, args)
	told := strings.Split(strings.TrimRight(ts.ReadFile("stderr"), "\n"), "\n")
	first := slices.IndexFunc(told, func(l string) bool { return strings.HasPrefix(l, "herald: ") })
	if first < 0 || slices.ContainsFunc(told[first+1:], func(l string) bool { return strings.HasPrefix(l, "herald: ") }) {
		ts.Fatalf("stderr has not exactly one message that begins with herald:")
	}
	if len(told) == first+1 || !strings.HasPrefix(told[first+1], "  ") {
		ts.Fatalf("stderr has no hint below its message")
	}
	if n := len(s.posted()) - before; n != 0 {
		ts.Fatalf("%d messages were sent", n)
	}
	said, err := os.OpenFile(filepath.Join(ts.Getenv("WORK"), "said"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = fmt.Fprintf(said, "$ %s\n%s%sexit %s\n\n",
		strings.ReplaceAll(shellQuote(args[1:]...), scriptToken, "TOKEN"), ts.ReadFile("stdout"), ts.ReadFile("stderr"), args[0])
	ts.Check(errors.Join(err, said.Close()))
}

// varying is what differs from run to run, and what stands for it.
var varying = []struct {
	found *regexp.Regexp
	put   string
}{
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "URL"},
	{regexp.MustCompile(`(damaged at byte ).*`), "${1}N: WHY"},
	{regexp.MustCompile(`claim \d+ +`), "claim N  "},
	{regexp.MustCompile(`settled by \S+:`), "settled by WHO:"},
	{regexp.MustCompile(`request sandbox-\d+`), "request ID"},
	{regexp.MustCompile(`(?m)^(this run, ).*:$`), "${1}TIME:"},
	{regexp.MustCompile(`(?m)^(  answers  ).*$`), "${1} TIMES"},
	{regexp.MustCompile(`(?m)^(  speed  +)[0-9,]+/s`), "${1}N/s"},
	{regexp.MustCompile(`(?m)^(  waited  +)[0-9.,]+ [a-z]+`), "${1}TIME"},
	{regexp.MustCompile(`(?m)^(  (?:message|request)  +)\S+$`), "${1}ID"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d on \d+ [A-Z][a-z]+ \d{4}`), "TIME"},
	{regexp.MustCompile(`(?m)by \S+ on \S+, \d+ [A-Z][a-z]+ \d{4} \d\d:\d\d:\d\d, (.*) at \d\d:\d\d:\d\d`), "by WHO on HOST, TIME, $1 at TIME"},
}

func tidy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tidy FILE TO")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), ts.Getenv("WORK"), "WORK")
	for _, v := range varying {
		text = v.found.ReplaceAllString(text, v.put)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// cut takes columns, by name, of a results file of either kind.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut COLUMNS FILE")
	}
	read := csvRows
	if strings.HasSuffix(args[1], ".jsonl") {
		read = jsonRows
	}
	rows, err := read(ts.ReadFile(args[1]))
	ts.Check(err)
	var lines []string
	for _, row := range rows {
		var cells []string
		for name := range strings.SplitSeq(args[0], ",") {
			cells = append(cells, fmt.Sprint(cmp.Or(row[name], any(""))))
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	slices.Sort(lines)
	fmt.Fprintln(ts.Stdout(), strings.Join(lines, "\n"))
}

func jsonRows(text string) (rows []map[string]any, err error) {
	for line := range strings.Lines(text) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func csvRows(text string) (rows []map[string]any, err error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, record := range records[1:] {
		row := map[string]any{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode PERM FILE...")
	}
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%o", info.Mode().Perm()); runtime.GOOS != "windows" && got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", name, got, args[0])
		}
	}
}

func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func pack(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		plain := []byte(ts.ReadFile(name))
		var gz, zs bytes.Buffer
		g := gzip.NewWriter(&gz)
		_, err := g.Write(plain)
		ts.Check(errors.Join(err, g.Close()))
		z, err := zstd.NewWriter(&zs)
		ts.Check(err)
		_, err = z.Write(plain)
		ts.Check(errors.Join(err, z.Close()))
		ts.Check(os.WriteFile(ts.MkAbs(name+".gz"), gz.Bytes(), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(name+".zst"), zs.Bytes(), 0o600))
	}
}

func toUTF16(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: utf16 FILE TO")
	}
	wide := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(ts.ReadFile(args[0]))) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), wide, 0o600))
}

// sent sends NAME.yaml to a fresh sandbox with a fresh ledger, and prints what
// was POSTed and its digest. The source may be -, with a file for stdin.
func sent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: sent NAME SOURCE [STDIN]")
	}
	s := stageOf(ts)
	s.start(ts, nil)
	dir, err := os.MkdirTemp(ts.Getenv("WORK"), "sent")
	ts.Check(err)
	argv := []string{"send", args[0] + ".yaml", "--yes", "--source", args[1],
		"--ledger", filepath.Join(dir, "l"), "--results", filepath.Join(dir, "r.csv")}
	// testscript's Exec takes no stdin; a shell does.
	if len(args) == 3 {
		ts.Check(ts.Exec("sh", append([]string{"-c", `exec herald "$@" <"$0"`, args[2]}, argv...)...))
	} else {
		ts.Check(ts.Exec("herald", argv...))
	}
	fmt.Fprintf(ts.Stdout(), "%s\ndigest %s\n", strings.Join(s.posted(), "\n"), s.box.Witness().Digest)
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	b := []byte(ts.ReadFile(args[0]))
	at := bytes.Index(b, []byte(`"command"`)) // in the record of the first run
	if at < 0 {
		ts.Fatalf("%s is no ledger", args[0])
	}
	b[at] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

func secret(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		if strings.Contains(ts.ReadFile(name), scriptToken) == !neg {
			ts.Fatalf("%s: contains the access token: %v", name, !neg)
		}
	}
}

func silent(ts *testscript.TestScript, neg bool, args []string) {
	work := ts.Getenv("WORK")
	ts.Check(filepath.WalkDir(work, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(work, path)
		switch {
		case err != nil:
			return err
		case slices.Contains(args, name) && e.IsDir():
			return filepath.SkipDir
		case e.IsDir() || slices.Contains(args, name):
			return nil
		}
		secret(ts, false, []string{path})
		return nil
	}))
}

func helps(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		exits(ts, false, []string{"0", "herald", name, "-h"})
		text := ts.ReadFile("stdout")
		for _, part := range []string{"Usage:\n  herald " + name, "Examples:\n  herald " + name, exitCodes} {
			if !strings.Contains(text, part) {
				ts.Fatalf("herald %s -h lacks %q", name, part)
			}
		}
		ts.Check(ts.Exec("herald", "help", name))
		if ts.ReadFile("stdout") != text {
			ts.Fatalf("herald help %s says something else than -h", name)
		}
	}
}

func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "QUIT": syscall.SIGQUIT, "KILL": syscall.SIGKILL}
	if neg || len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal INT|TERM|QUIT|KILL")
	}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(signals[args[0]]))
		stageOf(ts).signalled = c
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE TEXT")
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for {
		text, _ := os.ReadFile(ts.MkAbs(args[0])) // it may not be there yet
		if bytes.Contains(text, []byte(args[1])) {
			return
		}
		select {
		case <-look.C:
		case <-late:
			ts.Fatalf("%s does not come to contain %q", args[0], args[1])
		}
	}
}

func ended(ts *testscript.TestScript, neg bool, args []string) {
	c := stageOf(ts).signalled
	if neg || len(args) != 1 || c == nil || c.ProcessState == nil {
		ts.Fatalf("usage: signal NAME, wait, ended CODE")
	}
	if got := strconv.Itoa(c.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: json FILE")
	}
	if text := ts.ReadFile(args[0]); json.Valid([]byte(text)) == neg {
		ts.Fatalf("%s: is JSON: %v", args[0], !neg)
	}
}
