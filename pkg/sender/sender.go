// Package sender is the engine: it streams a source through the sift and a
// bounded channel to a fixed pool of workers, each of which takes its row from
// rendering to a settled claim.
//
//	        1 reader                                     Workers of these
//	+--------+    +------+   bounded   +--------------------------------------------------+
//	| source |--->| sift |-- channel ->| render -> pace -> claim (durable) -> POST -> settle |
//	+--------+    +------+             |             ^                        |           |
//	               key; settled?       |             +--- release: not sent --+           |
//	               duplicate? skip?    +--------------------------------------------------+
//
// The life of one row reads top to bottom in deliver. What is rendered and how
// it is sent come in as function values, so send, retry, check and the late
// passes are wirings of this one engine.
//
// A failed message is a row and not an error: [Engine.Run] returns an error
// only for what stops a run. Rows that were not POSTed stay pending.
//
// Two contexts end a run. When stop is done no row is claimed any more, and
// what is in flight finishes; requests run under cut alone, so a stop never
// makes an unknown of a message that was on its way.
//
// Where millions of rows were sent before, a [Skimmer] passes over them: they are
// counted as if each had been looked at.
//
// A calendar may keep the campaign from sending, or the rows of one time zone:
// then the workers wait, or pass the rows over until their window opens, when
// the source is passed over again. No wait holds a claim or a place under the
// rate limit.
package sender

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A Source yields the rows of one pass. Next is called by one goroutine, some
// rows before they are needed: it
// returns io.EOF at the end and a *source.RowError for a row that can't be
// read; any other error ends the run. *source.Reader is one.
type Source interface {
	Next() (*source.Recipient, error)
	Close() error
}

// Keys knows the state of every key, and which keys this pass has seen. Its
// methods are called by one goroutine. *ledger.Ledger and *ledger.Book are one.
type Keys interface {
	BeginPass()
	Visit(key string) ledger.State
	// PassOver says whether rows that a Skimmer passes over count as seen in this
	// pass.
	PassOver(on bool)
}

// A Ledger makes claims and outcomes durable. Its methods are called by all
// workers at once. *ledger.Ledger is one.
type Ledger interface {
	Claim(key string, line int, expected ledger.Status) (uint64, error)
	ClaimContact(key, contact string, line int, expected ledger.Status) (uint64, error)
	Release(claim uint64, reason string) error
	Settle(claim uint64, o ledger.Outcome) error
	Replace(old, new string) error
}

// A Config wires an engine. Functions without another word are called by all
// workers at once.
type Config struct {
	// Open opens the source at its first row; required. Called once a pass.
	Open func() (Source, error)
	// Skim opens the source to be skimmed. nil, or where Pick picks keys that are Sent
	// (it is asked once, beforehand): every row is looked at. Called once a pass, in the place of Open; Open is called
	// besides if the source differs from what is known of it.
	Skim func() (Skimmer, error)
	// Key returns what makes a row the same person in every run; required.
	// Called by one goroutine. An error makes the row skipped/bad_row.
	Key func(*source.Recipient) (string, error)
	// Render makes the message of a row; required, unless RenderVariant is given. An
	// error makes the row skipped/bad_row.
	Render func(*source.Recipient) (*intercom.Message, error)
	// ByContact has claims carry the id of the contact that the message goes to:
	// several keys may lead to one, and only the first of them is sent.
	ByContact bool
	// RenderVariant makes the message of a row of a campaign with variants, in the
	// place of Render, and names the variant that it is of; had is the one that is
	// on record of the row's key, empty if none is. nil: there are no variants.
	RenderVariant func(row *source.Recipient, had string) (m *intercom.Message, variant string, err error)
	// Keys decides what is settled and what is a duplicate; required.
	Keys Keys
	// Pace returns when one request may leave, or with the context's error; any
	// other error stops the run. Required by Run.
	Pace func(context.Context) error
	// Send POSTs a message exactly once; required by Run. Its error is classified
	// with intercom.ClassOf.
	Send func(context.Context, *intercom.Message) (intercom.Receipt, error)
	// Probe asks the API something that writes to nobody, before the next row is
	// claimed, where it is doubtful whether it can be reached. Its error is
	// classified as Send's is. nil: the claimed row itself shows.
	Probe func(context.Context) error
	// Disconnect closes the connections that are idle: the machine has slept, and
	// they are dead. nil: nobody has any.
	Disconnect func()
	// Ledger is the truth; required by Run.
	Ledger Ledger
	// Pick says which rows are to be sent, by the state of their key; nil
	// picks the pending ones.
	Pick func(ledger.State) bool
	// Former returns the key under which a row of a corrected source failed,
	// empty if there is none. A row whose key was corrected is picked if its
	// former key would be, and takes its place. nil: no row has one.
	Former func(*source.Recipient) string
	// Hold says which of the rows that were picked are left as they are after all;
	// it is told the state of the key that was picked. Called by one goroutine.
	// nil: none.
	Hold func(row *source.Recipient, picked ledger.State) bool
	// HoldBack says which of the others are left as they are, too, because somebody
	// has yet to decide on them: those are counted. Called by one goroutine, once a
	// pass. nil: none.
	HoldBack func(row *source.Recipient, picked ledger.State) bool
	// Skip says why a row is not to be written to, as a code and a sentence for
	// people; no code for a row that may be. It is asked, once a pass and after the
	// duplicate rule, for rows whose key is pending or was picked: state is the
	// key's. A skip settles nothing, so it is decided afresh in each run, and the
	// same row must get the same answer in all passes of one. Called by one
	// goroutine. nil: none.
	Skip func(row *source.Recipient, key string, state ledger.State) (code, reason string)
	// Observe is told every outcome and skip, and the state its key had before:
	// where that is of this run, the row replaces an earlier one. It must not
	// block; several goroutines call it at once. nil: nobody.
	Observe func(row report.Row, before ledger.State)
	// Bad is told why a row is skipped/bad_row; it may be called by several
	// goroutines at once. nil: nobody.
	Bad func(line int, err error)

	// Canary is how many rows are sent first. When they have their outcomes,
	// GoOn is asked, by one goroutine, whether the others follow: an error stops
	// the run. 0: nobody is asked.
	Canary int
	GoOn   func(context.Context) error

	// Workers is the number of workers, at least 1.
	Workers int
	// Limit is how many rows may be picked, 0 for all.
	Limit int
	// LatePasses is how often keys that this run settled as failed/not_found
	// are tried again after the pass, LateWait after the one before: a contact
	// that was just created may not be available yet.
	LatePasses int
	LateWait   time.Duration
	// Breaker ends a run that goes wrong.
	Breaker Thresholds
	// MaxOutage is how long the network may be gone before the run stops.
	MaxOutage time.Duration

	// Gate is asked before every claim whether the campaign may send just now;
	// nil: it always may.
	Gate *calendar.Gate
	// Zone returns whose clocks a row's window goes by; nil where all rows have
	// the same. An error makes the row skipped/bad_row.
	Zone func(*source.Recipient) (*time.Location, error)
	// NoWait stops the run where it would wait for the calendar.
	NoWait bool
	// Waiting is told when the whole run begins to wait for the calendar; it
	// must not block. nil: nobody.
	Waiting func(calendar.Wait)
}

// An Engine executes one run.
type Engine struct {
	cfg     Config
	tally   tally
	breaker breaker
	caution caution
	outage  outage
	sleeps  *sleepWatch
	waiting waiting
	shut    shut

	// Of the present pass; set before its goroutines start.
	stop context.Context // done: claim nothing more
	cut  context.Context // done: abandon what is in flight
	halt context.CancelCauseFunc

	inHand sync.WaitGroup // rows that the workers have

	differs bool // the source is not what is known of it; the sift's, then the next pass's
}

// New returns an engine for one run.
func New(cfg Config) *Engine {
	if cfg.Pick == nil {
		cfg.Pick = func(s ledger.State) bool { return s.Status == ledger.Pending }
	}
	if cfg.Skim != nil && cfg.Pick(ledger.State{Status: ledger.Sent}) {
		cfg.Skim = nil
	}
	if cfg.Observe == nil {
		cfg.Observe = func(report.Row, ledger.State) {}
	}
	if cfg.Former == nil {
		cfg.Former = func(*source.Recipient) string { return "" }
	}
	if cfg.Hold == nil {
		cfg.Hold = func(*source.Recipient, ledger.State) bool { return false }
	}
	if cfg.HoldBack == nil {
		cfg.HoldBack = func(*source.Recipient, ledger.State) bool { return false }
	}
	if cfg.Skip == nil {
		cfg.Skip = func(*source.Recipient, string, ledger.State) (code, reason string) { return "", "" }
	}
	if cfg.Bad == nil {
		cfg.Bad = func(int, error) {}
	}
	if cfg.Gate == nil {
		cfg.Gate = calendar.NewGate(calendar.Rules{}, nil)
	}
	if cfg.Waiting == nil {
		cfg.Waiting = func(calendar.Wait) {}
	}
	return &Engine{cfg: cfg, breaker: breaker{limits: cfg.Breaker}, outage: outage{longest: cfg.MaxOutage}, sleeps: newSleepWatch()}
}

// Run sends what is to be sent. It returns nil if it came to the end of the
// source; a [*Halt] if it stopped early by its own decision; the cause of stop
// if that is done; and any other error if it can't go on: the ledger could not
// be written, or the source not be read. [Engine.Progress] is final then.
func (e *Engine) Run(stop, cut context.Context) error {
	stop, halt := context.WithCancelCause(stop)
	defer halt(nil)
	e.stop, e.cut, e.halt = stop, cut, halt

	if err := e.passes(); err != nil {
		return err
	}
	return context.Cause(stop)
}

// Check reads the whole source and renders every row that Run would pick; it
// claims and sends nothing, and its rows stay pending.
func (e *Engine) Check(ctx context.Context) error {
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	e.stop, e.cut, e.halt = ctx, ctx, halt
	// Nobody waits for the answer to a row, so rows go to the workers by the batch.
	err := e.pass(&sift{engine: e, pick: e.cfg.Pick, first: true, together: true}, e.check)
	if err != nil {
		return err
	}
	return context.Cause(ctx)
}

// check renders one row.
func (e *Engine) check(j *job) (ledger.Status, error) {
	if _, err := e.render(j); err != nil {
		return e.refuse(j, err), nil
	}
	e.tally.ready.Add(1)
	return j.state.Status, nil
}

// A Halt is the engine's own decision to stop a run: claims end, what is in
// flight finishes, all else stays pending.
type Halt struct {
	Cause HaltCause
	Err   error         // the answer that led to it, if one did
	Count int           // of answers that led to it
	After time.Duration // that it lasted, where that led to it
	Code  string        // they share

	Until time.Time // when it can go on; zero where that is not by the calendar
}

// A HaltCause says why an engine stopped.
type HaltCause string

// The causes of a halt.
const (
	Hopeless      HaltCause = "hopeless"        // an answer that every row would get: bad token, wrong plan, unknown sender
	AllAlike      HaltCause = "all-alike"       // the first answers all failed in the same way
	TooManyFail   HaltCause = "failures"        // more failures than the campaign allows
	TooManyLost   HaltCause = "unknown"         // more unknowns than the campaign allows
	NetworkGone   HaltCause = "network-gone"    // nothing could be sent for too long
	AfterCanary   HaltCause = "canary"          // a person, or a rule, was content with the first rows alone
	WaitedTooLong HaltCause = "waited-too-long" // the API let nothing through for too long

	// By the calendar: it is too late for what is left, or NoWait was set.
	TooLate      = HaltCause(calendar.Over)
	TooEarly     = HaltCause(calendar.Early)
	WindowClosed = HaltCause(calendar.Closed)
	DayFull      = HaltCause(calendar.Full)
)

func (h *Halt) Error() string {
	switch {
	case !h.Until.IsZero() || h.Cause == TooLate:
		return fmt.Sprintf("stopped (%s)", h.Cause)
	case h.Err != nil:
		return fmt.Sprintf("stopped (%s): %v", h.Cause, h.Err)
	}
	return fmt.Sprintf("stopped (%s) after %d answers of %s", h.Cause, h.Count, h.Code)
}

func (h *Halt) Unwrap() error { return h.Err }

// sleep returns after d, or with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errLost is a bug in the engine: a claim was refused for a key that this run
// is working on.
var errLost = errors.New("two rows of this run share a key")
