package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// An api is what campaigns are sent to.
type api struct {
	url   string
	check func(rows int) error // that a campaign's rows arrived, once each
	stop  func() error         // also for the second time
}

func startAPI(ctx context.Context, o options) (*api, error) {
	if o.canned {
		return startCanned(ctx)
	}
	box := sandbox.New(sandbox.Options{KeepMessages: -1})
	server, err := sandbox.Listen(ctx, "127.0.0.1:0", box)
	if err != nil {
		return nil, err
	}
	check := func(rows int) error {
		w := box.Witness()
		box.Reset()
		if w.Recipients != int64(rows) || w.Duplicates != 0 {
			return fmt.Errorf("%d recipients and %d duplicates arrived of %d rows", w.Recipients, w.Duplicates, rows)
		}
		return nil
	}
	return &api{url: server.URL(), check: check, stop: server.Close}, nil
}

// startCanned starts this program again to serve canned answers. How many
// messages came it tells at its end.
func startCanned(ctx context.Context) (*api, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	server := exec.CommandContext(ctx, self, "-serve-canned")
	server.Stderr = os.Stderr
	in, inErr := server.StdinPipe()
	out, outErr := server.StdoutPipe()
	if err := errors.Join(inErr, outErr, server.Start()); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	due := 0
	a := &api{url: strings.TrimSpace(lines.Text())}
	a.check = func(rows int) error { due += rows; return nil }
	a.stop = sync.OnceValue(func() error {
		in.Close()
		lines.Scan()
		if got, err := strconv.Atoi(lines.Text()); err != nil || got != due {
			return errors.Join(fmt.Errorf("%q messages arrived of %d rows", lines.Text(), due), server.Wait())
		}
		return server.Wait()
	})
	return a, nil
}
