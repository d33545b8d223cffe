package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/herald-campaigns/herald/bench/target"
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
		return startCannedAPI(ctx)
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

// startCannedAPI has all rows of a campaign arrive at a target.
func startCannedAPI(ctx context.Context) (*api, error) {
	c, err := startCanned(ctx, target.Options{})
	if err != nil {
		return nil, err
	}
	due := 0
	check := func(rows int) error {
		due += rows
		if got, err := c.tab(); err != nil || got.messages != due {
			return errors.Join(fmt.Errorf("%d messages arrived of %d rows", got.messages, due), err)
		}
		return nil
	}
	return &api{url: c.url, check: check, stop: sync.OnceValue(c.stop)}, nil
}
