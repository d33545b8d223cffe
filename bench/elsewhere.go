package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// An elsewhere is a sandbox in another process of this program, as an API is:
// what it computes is not done by the processors of whoever sends.
type elsewhere struct {
	url     string
	command *exec.Cmd
	in      io.Closer // its end ends the process
}

// startElsewhere starts a sandbox that answers after latency.
func startElsewhere(ctx context.Context, latency time.Duration) (*elsewhere, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	e := &elsewhere{command: exec.CommandContext(ctx, self, "-serve", latency.String())}
	e.command.Stderr = os.Stderr
	in, err := e.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := e.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := e.command.Start(); err != nil {
		return nil, err
	}
	e.in = in
	line, err := bufio.NewReader(out).ReadString('\n')
	e.url = strings.TrimSpace(line)
	if err != nil {
		e.stop()
	}
	return e, err
}

func (e *elsewhere) stop() {
	_ = e.in.Close()
	_ = e.command.Wait() // its end is all that matters
}

// serveHere is the other process: it prints its address and serves until in ends.
func serveHere(ctx context.Context, latency string, in io.Reader, out io.Writer) error {
	wait, err := time.ParseDuration(latency)
	if err != nil {
		return err
	}
	server, err := sandbox.Listen(ctx, "", sandbox.New(sandbox.Options{KeepMessages: -1, Latency: wait}))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, server.URL())
	_, _ = io.Copy(io.Discard, in)
	return server.Close()
}

// reset makes it forget what has arrived.
func (e *elsewhere) reset(ctx context.Context) error {
	return e.call(ctx, http.MethodPost, "reset", nil)
}

func (e *elsewhere) witness(ctx context.Context) (w sandbox.Witness, err error) {
	return w, e.call(ctx, http.MethodGet, "witness", &w)
}

func (e *elsewhere) call(ctx context.Context, method, what string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, e.url+"/_sandbox/"+what, http.NoBody)
	if err != nil {
		return err
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if answer == nil {
		return nil
	}
	return json.NewDecoder(got.Body).Decode(answer)
}
