//go:build !unix

package main

import "errors"

// tell is for systems on which one process can't signal another.
func tell(int, wish) error {
	return errors.New("this system has no signals; use Ctrl-C where it runs")
}

// ignoreSignals has nothing to do where there are no signals.
func ignoreSignals() {}

// pausable does nothing where there are no signals.
func pausable(func(paused bool)) (release func()) { return func() {} }
