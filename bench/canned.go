package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/herald-campaigns/herald/bench/target"
)

// A canned is a target in a process of its own: what it computes is not counted
// as a client's.
type canned struct {
	url     string
	command *exec.Cmd
	in      io.WriteCloser // a line asks for the count, the end ends the process
	lines   *bufio.Scanner
}

// startCanned starts this program again to be a target.
func startCanned(ctx context.Context, o target.Options) (*canned, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &canned{command: exec.CommandContext(ctx, self, "-serve-canned", o.Latency.String(), "-refuse", fmt.Sprint(o.Refuse))}
	c.command.Stderr = os.Stderr
	in, inErr := c.command.StdinPipe()
	out, outErr := c.command.StdoutPipe()
	if err := errors.Join(inErr, outErr, c.command.Start()); err != nil {
		return nil, err
	}
	c.in, c.lines = in, bufio.NewScanner(out)
	if !c.lines.Scan() {
		return nil, errors.Join(errors.New("the target did not start"), c.lines.Err(), c.stop())
	}
	c.url = c.lines.Text()
	return c, nil
}

// A tab is how many messages have come to a target, how long all of their
// answers took, and how many connections it has.
type tab struct {
	messages    int
	taken       time.Duration
	connections int
}

// finalTab is the tab when all clients are gone: some leave while messages of
// theirs are on the way, and those are theirs too.
func (c *canned) finalTab(ctx context.Context) (tab, error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		t, err := c.tab()
		if err != nil || t.connections == 0 {
			return t, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
}

func (c *canned) tab() (t tab, err error) {
	if _, err := io.WriteString(c.in, "how many?\n"); err != nil {
		return t, err
	}
	if !c.lines.Scan() {
		return t, errors.Join(errors.New("the target has ended"), c.lines.Err())
	}
	_, err = fmt.Sscan(c.lines.Text(), &t.messages, (*int64)(&t.taken), &t.connections)
	return t, err
}

func (c *canned) stop() error {
	return errors.Join(c.in.Close(), c.command.Wait())
}
