package main

import (
	"context"
	"errors"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// The exit codes, as `herald -h` lists them.
const (
	exitOK          = 0   // every row sent or skipped as told, or nothing new to do
	exitCant        = 1   // can't go on
	exitUsage       = 2   // wrong usage or campaign, or the check refuses rows: nothing was sent
	exitLeft        = 3   // finished, and rows are left failed, unknown or unreadable
	exitStopped     = 4   // stopped early, resumable
	exitLocked      = 5   // another herald is on it
	exitInterrupted = 130 // SIGINT, SIGTERM or SIGHUP, resumable
)

// A refusal is an error in a person's words, with advice.
type refusal struct {
	code int
	what string   // a sentence without a full stop
	hint string   // what to do; may be empty
	next []string // commands to paste; may be empty
}

func (r *refusal) Error() string { return r.what }

// Errors whose story has been told by the time they are returned.
var (
	errLeft        = errors.New("rows are left failed, unknown or unreadable")
	errInterrupted = errors.New("interrupted")
	errUnbalanced  = errors.New("the equation does not balance")
)

// A stoppedError ended a run in the middle: it can be resumed.
type stoppedError struct{ error }

func (e *stoppedError) Unwrap() error { return e.error }

// A toldError is any other error whose story has been told.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// exitCode is the one place that maps errors to exit codes.
func exitCode(err error) int {
	var r *refusal
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, new(*ledger.WriteError)):
		return exitCant
	case errors.As(err, new(*stoppedError)):
		return exitStopped
	case errors.As(err, &r):
		return r.code
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, errLeft):
		return exitLeft
	case errors.As(err, new(*sender.Halt)), errors.As(err, new(*sourceChanged)):
		return exitStopped
	case errors.As(err, new(*ledger.LockedError)):
		return exitLocked
	case errors.As(err, new(campaign.Problems)), errors.As(err, new(*source.Error)),
		errors.As(err, new(*intercom.OptionError)), errors.As(err, new(*usageError)):
		return exitUsage
	}
	return exitCant
}

// A usageError is a command line that can't be understood.
type usageError struct {
	err     error
	command string
}

func (e *usageError) Error() string { return e.err.Error() }
