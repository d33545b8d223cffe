package sender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A fake wires an engine to rows and an API in memory, and to a real ledger.
type fake struct {
	t      *testing.T
	rows   []any // string: the key of a row; error: what Next returns in its place
	ledger *ledger.Ledger
	Config

	// answer is what the API says to the nth POST (from 1) to a key.
	answer func(ctx context.Context, key string, n int) error

	mu     sync.Mutex
	posts  map[string]int
	events []report.Row
}

func newFake(t *testing.T, rows ...any) *fake {
	f := &fake{t: t, rows: rows, posts: map[string]int{}}
	f.ledger = openLedger(t, filepath.Join(t.TempDir(), "a.ledger"))
	t.Cleanup(func() { f.ledger.Close() })
	f.answer = func(context.Context, string, int) error { return nil }
	f.Config = Config{
		Open: func() (Source, error) { return &fakeSource{rows: f.rows}, nil },
		Key:  func(r *source.Recipient) (string, error) { return r.At(0), nil },
		Render: func(r *source.Recipient) (*intercom.Message, error) {
			return &intercom.Message{Body: "hello", To: intercom.Recipients{{Type: "user", ID: r.At(0)}}}, nil
		},
		Pace:    func(ctx context.Context) error { return ctx.Err() },
		Send:    f.send,
		Keys:    f.ledger,
		Ledger:  f.ledger,
		Workers: 4,
		Observe: func(r report.Row, _ ledger.State) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.events = append(f.events, r)
		},
	}
	return f
}

func openLedger(t *testing.T, path string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(path, ledger.Options{Create: &ledger.Header{Campaign: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (f *fake) send(ctx context.Context, m *intercom.Message) (intercom.Receipt, error) {
	f.mu.Lock()
	key := m.To[0].ID
	f.posts[key]++
	n := f.posts[key]
	f.mu.Unlock()
	return intercom.Receipt{ID: fmt.Sprintf("%s-%d", key, n), Status: 200}, f.answer(ctx, key, n)
}

// run runs an engine and checks what holds after every run: the equation.
func (f *fake) run(stop, cut context.Context) (Progress, error) {
	f.t.Helper()
	e := New(f.Config)
	err := e.Run(stop, cut)
	p := e.Progress()
	if !p.Balanced() {
		f.t.Errorf("%s", p.Equation)
	}
	return p, err
}

func (f *fake) runAll() Progress {
	f.t.Helper()
	p, err := f.run(f.t.Context(), f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (f *fake) statuses(keys ...string) []ledger.Status {
	var list []ledger.Status
	for _, k := range keys {
		list = append(list, f.ledger.Lookup(k).Status)
	}
	return list
}

type fakeSource struct {
	rows []any
	at   int
}

var header, _ = source.NewHeader([]string{"id"})

func (s *fakeSource) Next() (*source.Recipient, error) {
	if s.at == len(s.rows) {
		return nil, io.EOF
	}
	s.at++
	if err, ok := s.rows[s.at-1].(error); ok {
		return nil, err
	}
	return source.NewRecipient(header, s.at+1, []string{s.rows[s.at-1].(string)}), nil
}

func (s *fakeSource) Close() error { return nil }

func answers(c intercom.Class, status int, code string) error {
	return &intercom.Error{Class: c, Status: status, Code: code, Message: "as the test wants it"}
}

var (
	errNotFound  = answers(intercom.Refused, 404, "not_found")
	errInvalid   = answers(intercom.Refused, 422, "parameter_invalid")
	errGone      = answers(intercom.NotSent, 0, "")
	errTooMany   = answers(intercom.Throttled, 429, "rate_limit_exceeded")
	errNoAnswer  = answers(intercom.Unknown, 0, "")
	errServer    = answers(intercom.Unknown, 503, "")
	errBadToken  = answers(intercom.Hopeless, 401, "unauthorized")
	errOptedOut  = &intercom.Error{Class: intercom.Refused, Status: 403, Message: "This user is unsubscribed from emails"}
	errForbidden = answers(intercom.Refused, 403, "")
)

func TestEachAnswerHasItsOutcome(t *testing.T) {
	tests := []struct {
		name   string
		first  error // to the first POST; later ones are sent
		status ledger.Status
		code   string
		posts  int
	}{
		{"sent", nil, ledger.Sent, "", 1},
		{"not sent", errGone, ledger.Sent, "", 2},
		{"throttled", errTooMany, ledger.Sent, "", 2},
		{"refused", errInvalid, ledger.Failed, "parameter_invalid", 1},
		{"forbidden", errForbidden, ledger.Failed, "", 1},
		{"unsubscribed", errOptedOut, ledger.Skipped, Unsubscribed, 1},
		{"no answer", errNoAnswer, ledger.Unknown, NoAnswer, 1},
		{"server error", errServer, ledger.Unknown, "service_unavailable", 1},
		{"foreign error", errors.New("odd"), ledger.Unknown, NoAnswer, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, "k")
				defer f.ledger.Close()
				f.answer = func(_ context.Context, _ string, n int) error {
					if n == 1 {
						return test.first
					}
					return nil
				}
				f.runAll()
				if got := f.ledger.Lookup("k").Status; got != test.status || f.posts["k"] != test.posts {
					t.Errorf("%v after %d POSTs, want %v after %d", got, f.posts["k"], test.status, test.posts)
				}
				last := f.events[len(f.events)-1]
				if len(f.events) != 1 || last.Code != test.code || last.Status != test.status.String() || last.Attempts != test.posts {
					t.Errorf("observed %+v", f.events)
				}
				f.runAll() // another run changes nothing
				if f.posts["k"] != test.posts {
					t.Errorf("%d POSTs after a second run", f.posts["k"])
				}
			})
		})
	}
}

func TestHopelessStopsTheRunAndLeavesAllPending(t *testing.T) {
	f := newFake(t, "a", "b", "c", "d", "e", "f")
	f.Workers = 1
	f.answer = func(_ context.Context, key string, _ int) error {
		if key == "c" {
			return errBadToken
		}
		return nil
	}
	p, err := f.run(t.Context(), t.Context())
	var halt *Halt
	if !errors.As(err, &halt) || halt.Cause != Hopeless {
		t.Fatalf("the run ended with %v", err)
	}
	if want := (report.Equation{Rows: 6, Sent: 2, Pending: 4}); p.Equation != want {
		t.Errorf("%v, want %v", p.Equation, want)
	}
	f.answer = func(context.Context, string, int) error { return nil }
	if p := f.runAll(); p.Sent != 6 || p.SentNow != 4 {
		t.Errorf("the next run: %+v", p)
	}
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d", "e", "f", "g")
		defer f.ledger.Close()
		f.Workers = 2
		stop, stopNow := context.WithCancelCause(t.Context())
		why := errors.New("ctrl-c")
		f.answer = func(ctx context.Context, key string, _ int) error {
			if key == "d" {
				stopNow(why)
			}
			return sleep(ctx, time.Second)
		}
		p, err := f.run(stop, t.Context())
		if !errors.Is(err, why) {
			t.Errorf("the run ended with %v", err)
		}
		if p.Sent != 4 || p.Pending != 3 || p.Unknown != 0 {
			t.Errorf("%v", p.Equation)
		}
	})
}

func TestCutLeavesWhatIsInFlightUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []any
		for i := range 50 {
			rows = append(rows, fmt.Sprint("k", i))
		}
		f := newFake(t, rows...)
		defer f.ledger.Close()
		f.Workers = 2
		cut, cutNow := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cutNow)
		f.answer = func(ctx context.Context, _ string, _ int) error {
			<-ctx.Done()
			return errNoAnswer
		}
		e := New(f.Config)
		err := e.Run(cut, cut)
		if p := e.Progress(); !errors.Is(err, context.Canceled) || p.Unknown != 2 || p.Sent != 0 || !p.Partial {
			t.Errorf("%v; %+v", err, p)
		}
	})
}

func TestDuplicatesBadRowsAndLimit(t *testing.T) {
	bad := &source.RowError{Line: 4, Reason: "5 columns, the header has 4"}
	f := newFake(t, "a", "a", bad, "b", "", "broken", "c", "d")
	var mu sync.Mutex
	told := map[int]string{}
	f.Bad = func(line int, err error) {
		mu.Lock()
		defer mu.Unlock()
		told[line] = err.Error()
	}
	f.Key = func(r *source.Recipient) (string, error) {
		if r.At(0) == "" {
			return "", errors.New("the key is empty")
		}
		return r.At(0), nil
	}
	render := f.Render
	f.Render = func(r *source.Recipient) (*intercom.Message, error) {
		if r.At(0) == "broken" {
			return nil, errors.New("field x is missing")
		}
		return render(r)
	}
	f.Limit = 4 // a, b, broken, c
	p := f.runAll()
	if want := (report.Equation{Rows: 8, Sent: 3, Skipped: 4, Pending: 1}); p.Equation != want || p.Bad != 3 {
		t.Errorf("%v, %d bad; want %v", p.Equation, p.Bad, want)
	}
	want := map[int]string{4: bad.Error(), 6: "the key is empty", 7: "field x is missing"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	codes := map[string]int{}
	for _, e := range f.events {
		codes[e.Status+" "+e.Code]++
	}
	if diff := cmp.Diff(map[string]int{"sent ": 3, "skipped bad_row": 3, "skipped duplicate": 1}, codes); diff != "" {
		t.Error(diff)
	}
	if p := f.runAll(); p.SentNow != 1 || p.Sent != 4 {
		t.Errorf("the next run: %+v", p)
	}
}

func TestPanics(t *testing.T) {
	f := newFake(t, "render", "send", "fine")
	f.Render = func(r *source.Recipient) (*intercom.Message, error) {
		if r.At(0) == "render" {
			panic("before the claim")
		}
		return &intercom.Message{To: intercom.Recipients{{ID: r.At(0)}}}, nil
	}
	f.answer = func(_ context.Context, key string, _ int) error {
		if key == "send" {
			panic("behind the claim")
		}
		return nil
	}
	p := f.runAll()
	if want := (report.Equation{Rows: 3, Sent: 1, Failed: 1, Unknown: 1}); p.Equation != want {
		t.Errorf("%v", p.Equation)
	}
	if got := f.statuses("render", "send", "fine"); !slices.Equal(got, []ledger.Status{ledger.Pending, ledger.Unknown, ledger.Sent}) {
		t.Errorf("the ledger says %v", got)
	}
}

func TestLatePassesTryNewContactsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "there", "new", "newer", "never", "invalid")
		defer f.ledger.Close()
		f.LatePasses, f.LateWait = 2, 2*time.Minute
		appears := map[string]int{"new": 2, "newer": 3, "never": 99}
		f.answer = func(_ context.Context, key string, n int) error {
			if key == "invalid" {
				return errInvalid
			}
			if n < appears[key] {
				return errNotFound
			}
			return nil
		}
		start := time.Now()
		p := f.runAll()
		if want := (report.Equation{Rows: 5, Sent: 3, Failed: 2}); p.Equation != want {
			t.Errorf("%v", p.Equation)
		}
		if p.SentNow != 3 || p.FailedNow != 2 {
			t.Errorf("this run: %+v", p)
		}
		if took := time.Since(start); took < 4*time.Minute || took > 5*time.Minute {
			t.Errorf("two late passes took %v", took)
		}
		if diff := cmp.Diff(map[string]int{"there": 1, "new": 2, "newer": 3, "never": 3, "invalid": 1}, f.posts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStopDuringALateWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a")
		defer f.ledger.Close()
		f.LatePasses, f.LateWait = 2, time.Hour
		f.answer = func(context.Context, string, int) error { return errNotFound }
		stop, stopNow := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stopNow)
		p, err := f.run(stop, t.Context())
		if !errors.Is(err, context.Canceled) || p.Failed != 1 {
			t.Errorf("%v, %v", err, p.Equation)
		}
	})
}

func TestRetryPicksFailedRowsOnly(t *testing.T) {
	f := newFake(t, "a", "b", "c")
	f.answer = func(_ context.Context, key string, n int) error {
		switch {
		case key == "b" && n == 1:
			return errInvalid
		case key == "c":
			return errNoAnswer
		}
		return nil
	}
	f.runAll()
	f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
	if p := f.runAll(); p.Sent != 2 || p.Unknown != 1 || p.SentNow != 1 {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "c": 1}, f.posts); diff != "" {
		t.Error(diff)
	}
}

func TestHeldRowsStayAsTheyAre(t *testing.T) {
	f := newFake(t, "a", "b", "c")
	f.answer = func(_ context.Context, key string, n int) error {
		if n == 1 && key != "a" {
			return errInvalid
		}
		return nil
	}
	f.runAll()
	f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
	f.Hold = func(r *source.Recipient, picked ledger.State) bool {
		if picked.Status != ledger.Failed {
			t.Errorf("asked about %s, which was not picked", r.At(0))
		}
		return r.At(0) == "b"
	}
	if p := f.runAll(); p.Sent != 2 || p.Failed != 1 || p.SentNow != 1 {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1, "c": 2}, f.posts); diff != "" {
		t.Error(diff)
	}
}

func TestSkippedRowsSettleNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "b", "c", "gone", "sent")
		f.LatePasses = 1
		f.answer = func(_ context.Context, key string, _ int) error {
			if key == "gone" {
				return errNotFound
			}
			return nil
		}
		f.Limit = 3
		var asked []string
		f.Skip = func(_ *source.Recipient, key string, _ ledger.State) (code, reason string) {
			asked = append(asked, key)
			if key == "a" || key == "b" {
				return "suppressed", "listed"
			}
			return "", ""
		}
		p := f.runAll()
		want := report.Equation{Rows: 6, Sent: 2, Failed: 1, Skipped: 3}
		if p.Equation != want || p.SkippedNow != 0 || f.posts["a"]+f.posts["b"] != 0 {
			t.Errorf("%+v, want %+v; posts %v", p, want, f.posts)
		}
		if want := []string{"a", "b", "c", "gone", "sent", "a", "b", "gone"}; !slices.Equal(asked, want) {
			t.Errorf("asked for %q, want %q: pending or picked, and no duplicates", asked, want)
		}
		if got := f.statuses("a", "b", "c"); !slices.Equal(got, []ledger.Status{ledger.Pending, ledger.Pending, ledger.Sent}) {
			t.Errorf("%v", got)
		}

		asked = nil
		f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
		f.Skip = func(_ *source.Recipient, key string, _ ledger.State) (code, reason string) {
			asked = append(asked, key)
			return "suppressed", "listed"
		}
		if p := f.runAll(); p.Equation != (report.Equation{Rows: 6, Sent: 2, Skipped: 4}) || f.posts["gone"] != 2 {
			t.Errorf("a retry that skips all: %+v", p.Equation)
		}
		if want := []string{"a", "b", "gone"}; !slices.Equal(asked, want) {
			t.Errorf("the retry asked for %q, want %q", asked, want)
		}
	})
}

func TestCheckSendsNothing(t *testing.T) {
	f := newFake(t, "a", "b", "b", "broken", "settled")
	f.rows = f.rows[4:]
	f.runAll()
	f.rows = []any{"a", "b", "b", "broken", "settled"}
	render := f.Render
	f.Render = func(r *source.Recipient) (*intercom.Message, error) {
		if r.At(0) == "settled" {
			t.Error("a settled row was rendered")
		}
		if r.At(0) == "broken" {
			return nil, errors.New("no")
		}
		return render(r)
	}
	e := New(f.Config)
	if err := e.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := e.Progress()
	if want := (report.Equation{Rows: 5, Sent: 1, Skipped: 2, Pending: 2}); p.Equation != want || p.Ready != 2 || p.Bad != 1 {
		t.Errorf("%v, ready %d, bad %d", p.Equation, p.Ready, p.Bad)
	}
	if len(f.posts) != 1 {
		t.Errorf("POSTs: %v", f.posts)
	}
}

func TestSourceThatCannotBeReadOnStopsTheRun(t *testing.T) {
	broken := errors.New("input/output error")
	f := newFake(t, "a", "b", broken, "c")
	_, err := f.run(t.Context(), t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("the run ended with %v", err)
	}
	if f.posts["c"] != 0 {
		t.Error("a row after the error was sent to")
	}
}

// A brokenLedger can't be written after some claims.
type brokenLedger struct {
	*ledger.Ledger
	mu   sync.Mutex
	left int
}

func (b *brokenLedger) Claim(key string, line int, expected ledger.Status) (uint64, error) {
	b.mu.Lock()
	b.left--
	broken := b.left < 0
	b.mu.Unlock()
	if broken {
		return 0, &ledger.WriteError{Path: "a.ledger", Err: errors.New("no space left on device")}
	}
	return b.Ledger.Claim(key, line, expected)
}

func TestNothingIsSentWithoutALedger(t *testing.T) {
	var rows []any
	for i := range 200 {
		rows = append(rows, fmt.Sprint("k", i))
	}
	f := newFake(t, rows...)
	f.Ledger = &brokenLedger{Ledger: f.ledger, left: 50}
	p, err := f.run(t.Context(), t.Context())
	if !errors.As(err, new(*ledger.WriteError)) {
		t.Errorf("the run ended with %v", err)
	}
	if len(f.posts) != 50 || p.Sent != 50 || p.Pending != 150 {
		t.Errorf("%d POSTs; %v", len(f.posts), p.Equation)
	}
}

// An orderLedger notes which keys have a durable claim.
type orderLedger struct {
	*ledger.Ledger
	mu      sync.Mutex
	claimed map[string]bool
}

func (o *orderLedger) Claim(key string, line int, expected ledger.Status) (uint64, error) {
	n, err := o.Ledger.Claim(key, line, expected)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claimed[key] = err == nil
	return n, err
}

func TestClaimComesBeforePost(t *testing.T) {
	f := newFake(t, "a", "b", "c", "d")
	o := &orderLedger{Ledger: f.ledger, claimed: map[string]bool{}}
	f.Ledger = o
	f.answer = func(_ context.Context, key string, _ int) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.claimed[key] {
			t.Errorf("%s was POSTed before its claim was durable", key)
		}
		return nil
	}
	f.runAll()
}

func TestCanaryIsAnsweredFirst(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer error // of whoever is asked
		sent   int
	}{{"go on", nil, 9}, {"stop", &Halt{Cause: AfterCanary}, 3}} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, "a", "b", "b", "c", "d", "e", "f", "g", "h", "i")
			f.Canary = 3
			asked := 0
			f.GoOn = func(context.Context) error {
				if asked++; len(f.posts) != 3 || len(f.events) != 4 { // and the duplicate
					t.Errorf("asked after %d messages and %d rows", len(f.posts), len(f.events))
				}
				return test.answer
			}
			p, err := f.run(t.Context(), t.Context())
			if !errors.Is(err, test.answer) || asked != 1 {
				t.Errorf("ended with %v, asked %d times", err, asked)
			}
			if p.Sent != test.sent || p.Pending != 9-test.sent || p.Rows != 10 {
				t.Errorf("%v", p.Equation)
			}
		})
	}
}

func TestOutageEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "a", "b", "c", "d", "e")
		defer f.ledger.Close()
		f.MaxOutage = 10 * time.Minute
		f.answer = func(context.Context, string, int) error { return errGone }
		start := time.Now()
		p, err := f.run(t.Context(), t.Context())
		var halt *Halt
		if !errors.As(err, &halt) || halt.Cause != NetworkGone {
			t.Errorf("the run ended with %v", err)
		}
		if p.Pending != 5 || time.Since(start) < f.MaxOutage {
			t.Errorf("%v after %v", p.Equation, time.Since(start))
		}
	})
}

// TestAnyMixOfAnswers sends many rows through answers of every kind, stops and
// goes on at random, and compares the engine's books with the API's.
func TestAnyMixOfAnswers(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) { anyMix(t, seed) })
	}
}

func anyMix(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	var rows []any
	for range 200 {
		rows = append(rows, fmt.Sprint("k", random.IntN(180))) // some twice
	}
	f := newFake(t, rows...)
	defer f.ledger.Close()
	f.Workers = 1 + random.IntN(32)
	kinds := []error{nil, nil, nil, nil, errGone, errTooMany, errInvalid, errNotFound, errNoAnswer, errServer, errOptedOut}
	var mu sync.Mutex
	arrived := map[string]int{} // messages that were, or may have been, taken
	f.answer = func(ctx context.Context, key string, _ int) error {
		mu.Lock()
		kind := kinds[random.IntN(len(kinds))]
		wait := time.Duration(random.IntN(3000)) * time.Millisecond
		if c := intercom.ClassOf(kind); c == intercom.Sent || c == intercom.Unknown {
			arrived[key]++
		}
		mu.Unlock()
		_ = sleep(ctx, wait)
		return kind
	}
	var p Progress
	for range 50 {
		stop, stopNow := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(20))*time.Second)
		var err error
		p, err = f.run(stop, t.Context())
		stopNow()
		if err == nil {
			break
		}
	}
	if p.Pending != 0 {
		t.Errorf("seed %d: %v", seed, p.Equation)
	}
	for key, n := range arrived {
		if n > 1 {
			t.Errorf("seed %d: %s may have been written to %d times", seed, key, n)
		}
		if s := f.ledger.Lookup(key).Status; s != ledger.Sent && s != ledger.Unknown {
			t.Errorf("seed %d: %s arrived, and the ledger says %v", seed, key, s)
		}
	}
}

func TestAPaceThatGivesUpStopsTheRun(t *testing.T) {
	f := newFake(t, "a", "b", "c")
	tooLong := errors.New("waited 15 minutes")
	f.Pace = func(context.Context) error { return tooLong }
	p, err := f.run(t.Context(), t.Context())
	var halt *Halt
	if !errors.As(err, &halt) || halt.Cause != WaitedTooLong || !errors.Is(err, tooLong) {
		t.Errorf("the run ended with %v", err)
	}
	if p.Pending != 3 || len(f.posts) != 0 {
		t.Errorf("%v", p.Equation)
	}
}

// A row whose key was corrected is sent once, and its former key not any more,
// whoever else in the source lays claim to that.
func TestCorrectedRowsTakeTheirFormerKeysPlace(t *testing.T) {
	f := newFake(t, "wrong", "fine")
	f.answer = func(_ context.Context, key string, _ int) error {
		if key == "wrong" {
			return errNotFound
		}
		return nil
	}
	f.runAll()
	f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
	f.Former = func(r *source.Recipient) string {
		if r.At(0) == "right" || r.At(0) == "second" {
			return "wrong"
		}
		return r.At(0)
	}
	f.rows = []any{"right", "second", "fine"}
	if p := f.runAll(); p.Sent != 2 || p.Pending != 1 || p.SentNow != 1 {
		t.Errorf("%+v", p)
	}
	f.rows = []any{"second", "right"}
	if p := f.runAll(); p.SentNow != 0 {
		t.Errorf("corrected once more: %+v", p)
	}
	if got := f.statuses("wrong", "right", "second"); !slices.Equal(got, []ledger.Status{ledger.Replaced, ledger.Sent, ledger.Pending}) {
		t.Errorf("the ledger says %v", got)
	}
	if diff := cmp.Diff(map[string]int{"wrong": 1, "fine": 1, "right": 1}, f.posts); diff != "" {
		t.Error(diff)
	}
}
