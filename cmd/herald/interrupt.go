package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interruptible returns the two contexts that signals end. The first signal
// ends stop: nothing new is begun, and what is in flight finishes. The second
// ends cut as well; a third ends the program, should it hang. The end of ctx
// counts as a first signal. release ends both and the watch.
func interruptible(ctx context.Context) (stop, cut context.Context, release func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, signals...)
	stop, stopNow := context.WithCancel(ctx)
	cut, cutNow := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer signal.Stop(caught)
		for _, end := range []func(){stopNow, cutNow} {
			select {
			case <-caught:
				end()
			case <-done:
				return
			}
		}
	}()
	return stop, cut, func() {
		close(done)
		stopNow()
		cutNow()
	}
}

// finishing returns the context for what is in flight when stop ends: it ends
// with cut, or after the grace. stopped is called when stop ends.
func finishing(stop, cut context.Context, grace time.Duration, stopped func()) (context.Context, func()) {
	cut, cutNow := context.WithCancel(cut)
	watching := context.AfterFunc(stop, func() {
		timer := time.AfterFunc(grace, cutNow)
		context.AfterFunc(cut, func() { timer.Stop() })
		stopped()
	})
	return cut, func() {
		watching()
		cutNow()
	}
}
