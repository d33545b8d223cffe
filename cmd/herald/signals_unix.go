//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// tell sends the signal for a wish to another herald.
func tell(pid int, w wish) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	signals := map[wish]os.Signal{wishStop: syscall.SIGTERM, wishCut: syscall.SIGTERM, wishPause: syscall.SIGUSR1, wishResume: syscall.SIGUSR2}
	if err := process.Signal(signals[w]); err != nil || w != wishCut {
		return err
	}
	return process.Signal(syscall.SIGINT) // the second one cuts; two of a kind may arrive as one
}

// ignoreSignals keeps signals that are no wish to end a run from ending it. A
// write to a pipe that nobody reads any more fails, and what it said is lost.
func ignoreSignals() {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2)
}

// pausable calls set when SIGUSR1 asks for a pause and SIGUSR2 for its end.
func pausable(set func(paused bool)) (release func()) {
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, syscall.SIGUSR1, syscall.SIGUSR2)
	done := make(chan struct{})
	go func() {
		defer signal.Stop(caught)
		for {
			select {
			case s := <-caught:
				set(s == syscall.SIGUSR1)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
