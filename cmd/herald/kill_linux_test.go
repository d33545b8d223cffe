package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A terminal that goes away, with the progress bar on it, ends a run no more
// than a pipe does. Whose controlling terminal it is gets a SIGHUP besides, and
// that is an interruption.
func terminalGoesAway(t *testing.T, herald string) {
	for _, test := range []struct {
		name        string
		controlling bool
		rate        string
		code        int
	}{
		{"somebody else's", false, "1000000/s", exitOK},
		{"controlling", true, "1/s", exitInterrupted}, // it can't come to its end before the signal
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTrial(t, herald, 200, sandbox.Options{})
			held := tr.at(1)
			terminal, line := openTerminal(t)
			go func() { _, _ = io.Copy(io.Discard, terminal) }() // until it is closed
			p := tr.command("send", "kill.yaml", "--yes", "--rate", test.rate)
			p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = line, line, line
			p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: test.controlling}
			p.start()
			_ = line.Close()
			p.reaches(held)
			_ = terminal.Close()
			held.free()
			p.ends(test.code)
			tr.send().ends(exitOK)
			if unknown := tr.accounts(); unknown != 0 {
				t.Errorf("%d unknown, want none", unknown)
			}
		})
	}
}

// openTerminal opens a new pseudo-terminal: the end of whoever looks at it, and
// the end of the program.
func openTerminal(t *testing.T) (terminal, line *os.File) {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	control, err := terminal.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	var failed error
	err = control.Control(func(fd uintptr) { // Fd would make reading block Close
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err = cmp.Or(err, failed); err != nil {
		t.Fatal(err)
	}
	line, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return terminal, line
}
