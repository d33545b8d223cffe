package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interrupts returns the two contexts of a run. The first signal ends stop:
// nothing more is claimed, what is in flight finishes. The second, or the end
// of the grace, ends cut as well. release ends both and the watch.
func (p *program) interrupts(ctx context.Context, grace time.Duration, stopped func()) (stop, cut context.Context, release func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, signals...)
	cut, cutNow := context.WithCancelCause(ctx)
	stop, stopNow := context.WithCancelCause(cut)
	done := make(chan struct{})
	go func() {
		select {
		case <-caught:
		case <-p.interrupt:
		case <-stop.Done(): // the caller's own end
		case <-done:
			return
		}
		stopNow(errInterrupted)
		stopped()
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-caught:
		case <-timer.C:
		case <-done:
			return
		}
		cutNow(errInterrupted)
	}()
	return stop, cut, func() {
		signal.Stop(caught)
		close(done)
		cutNow(errInterrupted)
	}
}
