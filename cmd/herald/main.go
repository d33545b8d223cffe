// Command herald sends a campaign, one message to each row of a file, through
// Intercom's API. See the README, or `herald -h`.
package main

import (
	"context"
	"io"
	"os"
	"sync/atomic"
	_ "time/tzdata" // for templates with time zones, on machines that have none

	"golang.org/x/term"
)

func main() {
	ignoreSignals()
	os.Exit(exitCode(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// run executes one command line. Whatever went wrong has been said on stderr
// when it returns; the error only decides the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := &program{in: stdin, out: stdout, err: stderr, env: os.Getenv, drawing: new(atomic.Bool)}
	p.inTerminal, p.outTerminal, p.errTerminal = isTerminal(stdin), isTerminal(stdout), isTerminal(stderr)
	root := rootCommand(p)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	p.explain(err)
	return err
}

// A program is the world that a command runs in.
type program struct {
	in  io.Reader
	out io.Writer // results of commands
	err io.Writer // talk and progress
	env func(string) string

	inTerminal, outTerminal, errTerminal bool

	drawing *atomic.Bool // a progress bar has the terminal's line
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
