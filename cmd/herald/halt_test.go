//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// TestHalt has the binary stop for each cause there is: it says why and what
// to do, and ends with its own exit code. What was not POSTed is pending. With
// the fault gone a plain send sends it, retry what had an outcome, and then
// everybody has exactly one message.
func TestHalt(t *testing.T) {
	herald := buildHerald(t)
	for _, test := range halts {
		t.Run(test.name, func(t *testing.T) {
			tr := newTrial(t, herald, 300, sandbox.Options{})
			f := &faulty{good: test.good, every: max(test.every, 1), bad: test.bad, header: test.header, box: tr.box}
			server, err := sandbox.Listen(t.Context(), "", f)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			tr.url = server.URL()
			tr.write("kill.yaml", strings.Replace(killCampaign, "stop: {failures: 100%, unknown: 100%}", test.stop, 1))

			p := tr.command("send", "kill.yaml", "--yes", "--progress", "none", "--rate", "1000000/s",
				"--workers", fmt.Sprint(haltWorkers)).start()
			p.ends(exitStopped)
			p.says("\nherald: stopped: " + test.why)
			p.says("\n  " + test.advice)
			p.says("\nnext: herald send kill.yaml")
			if test.left.failed > 0 {
				p.says("failed rows are sent again with: herald retry kill.yaml --only failed")
			}
			tr.isLeft(p, test.left, f)
			f.mend()
			tr.finishes(test.left)
		})
	}
}

// haltWorkers is the number of workers, and so of answers that may still come
// when a run stops.
const haltWorkers = 4

// halts are the causes. Of the POSTs, good are let through, then one of every
// is answered badly.
var halts = []struct {
	name        string
	stop        string // of the campaign
	good, every int
	bad         string // status and, if there is one, code
	header      map[string]string
	why         string // the beginning of the sentence
	advice      string
	left        atHalt
}{
	{name: "the token is refused", good: 50, bad: "401 unauthorized",
		why: "every message would be refused like this one: 401 unauthorized: ", advice: "use a valid access token. "},
	{name: "the plan does not allow it", good: 50, bad: "403 api_plan_restricted",
		why: "every message would be refused like this one: 403 api_plan_restricted: ", advice: "ask an admin of the workspace about its plan"},
	{name: "the sender is gone", good: 50, bad: "404 admin_not_found",
		why: "every message would be refused like this one: 404 admin_not_found: ", advice: "set message.from to an admin of the workspace"},
	{name: "the host is another one", good: 50, bad: "302", header: map[string]string{"Location": "https://example.com/"},
		why: "every message would be refused like this one: 302", advice: "check --region and --base-url"},
	{name: "the first ones all fail alike", bad: "422 parameter_invalid", stop: "stop: {failures: 100%}",
		why: "the first 20 answers all failed alike (parameter_invalid)", advice: "find out why first", left: atHalt{failed: 20}},
	{name: "the first ones are all unknown", bad: "503 service_unavailable", stop: "stop: {failures: 100%, unknown: 2}",
		why: "the outcome of 3 messages is unknown (service_unavailable)", advice: "unknown rows are not sent again by themselves", left: atHalt{unknown: 3}},
	{name: "failures by count", good: 50, every: 2, bad: "400 bad_request", stop: "stop: {failures: 7}",
		why: "8 messages failed, the last one with bad_request", advice: "find out why first", left: atHalt{failed: 8}},
	{name: "failures by share", good: 85, every: 2, bad: "400 bad_request", stop: "stop: {failures: 10%}",
		why: "11 messages failed, the last one with bad_request", advice: "find out why first", left: atHalt{failed: 11}},
	{name: "unknowns by count", good: 50, every: 2, bad: "500 server_error", stop: "stop: {unknown: 4}",
		why: "the outcome of 5 messages is unknown (server_error)", advice: "unknown rows are not sent again by themselves", left: atHalt{unknown: 5}},
	{name: "unknowns by share", good: 90, every: 2, bad: "502 server_error", stop: "stop: {failures: 100%, unknown: 4%}",
		why: "the outcome of ", advice: "unknown rows are not sent again by themselves", left: atHalt{unknown: 5}},
	{name: "waited too long", good: 50, bad: "429 rate_limit_exceeded", header: map[string]string{"Retry-After": "3600"},
		why: "the API lets nothing through: it takes another 1 h until it does, and 15 min in all is the longest wait", advice: "rows that were not reached are still to be sent; --max-outage and --max-wait say"},
}

// atHalt is how many rows have an outcome that is not sent, at least; answers
// that were on their way may add one a worker.
type atHalt struct{ failed, unknown int }

// isLeft checks the account of a run that stopped: what was not answered is
// pending, and the answers of what was in flight are all that came after.
func (tr *trial) isLeft(p *process, least atHalt, f *faulty) {
	tr.Helper()
	sent := int(tr.box.Witness().Messages)
	e := tr.equation(p.stdout.String())
	if e.Sent != sent || e.Pending == 0 || e.Skipped > 0 || !e.Balanced() ||
		!within(e.Failed, least.failed) || !within(e.Unknown, least.unknown) {
		tr.Errorf("%s; %d messages arrived; want %d failed, %d unknown or a few more, and the rest pending",
			e, sent, least.failed, least.unknown)
	}
	if most := f.good + f.every*(least.failed+least.unknown) + 2*haltWorkers; f.posts() > most {
		tr.Errorf("%d messages were POSTed, want at most %d", f.posts(), most)
	}
}

// within reports whether n is what was expected, with what was in flight.
func within(n, least int) bool {
	return n == least || least > 0 && n > least && n < least+haltWorkers
}

// equation reads the account of the source in what a command prints.
func (tr *trial) equation(text string) (e report.Equation) {
	tr.Helper()
	for line := range strings.Lines(text) {
		if n, _ := fmt.Sscanf(line, "%d rows = %d sent + %d failed + %d skipped + %d unknown + %d pending",
			&e.Rows, &e.Sent, &e.Failed, &e.Skipped, &e.Unknown, &e.Pending); n == 6 {
			return e
		}
	}
	tr.Fatalf("no equation in:\n%s", text)
	return e
}

// finishes sends what is pending and retries the rest.
func (tr *trial) finishes(left atHalt) {
	tr.Helper()
	v := tr.send().verdict(exitOK)
	if v.Source.Pending != 0 || v.Source.Sent+v.Source.Failed+v.Source.Unknown != tr.rows {
		tr.Errorf("after a plain send: %s", v.Source)
	}
	if left.failed > 0 {
		v = tr.command("retry", "kill.yaml", "--only", "failed", "--yes", "--json", "--progress", "none", "--rate", "1000000/s").start().verdict(exitOK)
	}
	if left.unknown > 0 { // nothing of them was taken here
		v = tr.command("retry", "kill.yaml", "--only", "unknown", "--accept-duplicates", fmt.Sprint(v.Source.Unknown),
			"--yes", "--json", "--progress", "none", "--rate", "1000000/s").start().verdict(exitOK)
	}
	if want := (report.Equation{Rows: tr.rows, Sent: tr.rows}); v.Source != want {
		tr.Errorf("%s, want %s", v.Source, want)
	}
	w := tr.box.Witness()
	if w.Recipients != int64(tr.rows) || w.Messages != int64(tr.rows) || w.Duplicates != 0 {
		tr.Errorf("%d messages to %d recipients arrived, %d of them twice; want one for each of %d", w.Messages, w.Recipients, w.Duplicates, tr.rows)
	}
}

// A faulty API answers POSTs badly until it is mended; the sandbox has the rest.
type faulty struct {
	good, every int
	bad         string
	header      map[string]string
	box         http.Handler

	mu     sync.Mutex
	posted int
	mended bool
}

func (f *faulty) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mended = true
}

func (f *faulty) posts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.posted
}

// strikes reports whether the next POST is answered badly.
func (f *faulty) strikes() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posted++
	return !f.mended && f.posted > f.good && (f.posted-f.good-1)%f.every == 0
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !f.strikes() {
		f.box.ServeHTTP(w, r)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	var status int
	var code string
	_, _ = fmt.Sscan(f.bad, &status, &code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"error.list","request_id":"faulty-1","errors":[{"code":%q,"message":"Not now"}]}`, code)
}

// TestHaltWithoutNetwork has the API's host go away in the middle: connections
// are refused, so nothing is in doubt, and the run waits for the network as long
// as it was told.
func TestHaltWithoutNetwork(t *testing.T) {
	herald := buildHerald(t)
	tr := newTrial(t, herald, 100, sandbox.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr.serve(listener)
	tr.url = "http://" + listener.Addr().String()

	held := tr.door.set(30, true)
	p := tr.command("send", "kill.yaml", "--yes", "--progress", "none", "--rate", "1000000/s", "--workers", "1", "--max-outage", "1s").start()
	p.reaches(held)
	_ = listener.Close() // what is open stays open
	held.free()
	p.ends(exitStopped)
	p.says("\nherald: stopped: nothing could be sent for ")
	p.says("\nnext: herald send kill.yaml")
	if e, want := tr.equation(p.stdout.String()), (report.Equation{Rows: 100, Sent: 30, Pending: 70}); e != want {
		t.Errorf("%s, want %s", e, want)
	}

	if listener, err = net.Listen("tcp", strings.TrimPrefix(tr.url, "http://")); err != nil {
		t.Fatal(err)
	}
	tr.serve(listener)
	tr.finishes(atHalt{})
}

// serve lets the door answer at a listener; each connection has one request.
func (tr *trial) serve(listener net.Listener) {
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		tr.door.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }() // until it is closed
	tr.Cleanup(func() { _ = server.Close() })
}
