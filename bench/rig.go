package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A rig is herald's sending half in this process, wired as the command wires
// it, with what a measurement replaces.
type rig struct {
	dir      string // with the campaign of a sendCase; ledger and results are made there
	url      string // of the API
	workers  int
	governor *governor.Governor
	fs       ledger.FS // of the ledger; nil is the disk
}

// A ride is what one run of a rig did.
type ride struct {
	progress sender.Progress
	took     time.Duration
	fsyncs   int // of the ledger
}

// run sends until the source ends or ctx does, with a new ledger.
func (r *rig) run(ctx context.Context) (ride, error) {
	path := filepath.Join(r.dir, "rig")
	for _, ending := range []string{".ledger", ".results.csv"} {
		if err := os.RemoveAll(path + ending); err != nil {
			return ride{}, err
		}
	}
	truth, err := ledger.Open(path+".ledger", ledger.Options{Create: &ledger.Header{Campaign: "bench"}, FS: r.fs})
	if err != nil {
		return ride{}, err
	}
	defer truth.Close()
	results, err := report.OpenResults(path + ".results.csv")
	if err != nil {
		return ride{}, err
	}
	defer results.Close()
	c, err := r.config(ctx)
	if err != nil {
		return ride{}, err
	}
	c.Keys, c.Ledger = truth, truth
	c.Observe = func(row report.Row, _ ledger.State) { _ = results.Append(row) } // its error comes again below
	engine := sender.New(c)
	start := time.Now()
	err = engine.Run(ctx, context.WithoutCancel(ctx))
	took := time.Since(start)
	if ctx.Err() != nil { // told to end
		err = nil
	}
	if err == nil {
		err = results.Flush()
	}
	return ride{progress: engine.Progress(), took: took, fsyncs: truth.Fsyncs()}, err
}

// config is all of the engine's configuration but for ledger and results.
func (r *rig) config(ctx context.Context) (sender.Config, error) {
	token, err := intercom.NewSecret("sandbox")
	if err != nil {
		return sender.Config{}, err
	}
	client, err := intercom.New(intercom.Options{BaseURL: r.url, Token: token, Connections: r.workers, Wrap: r.governor.Transport})
	if err != nil {
		return sender.Config{}, err
	}
	if _, err := client.Me(ctx); err != nil { // it tells the limit
		return sender.Config{}, err
	}
	plan, err := campaign.Load(filepath.Join(r.dir, "bench.yaml"), campaign.Options{})
	if err != nil {
		return sender.Config{}, err
	}
	open := func() (sender.Source, error) { return source.Open(plan.Source.Path, source.Options{}) }
	rows, err := source.Open(plan.Source.Path, source.Options{})
	if err != nil {
		return sender.Config{}, err
	}
	defer rows.Close()
	renderer, err := plan.Compile(rows.Header(), campaign.CompileOptions{})
	return sender.Config{
		Open: open, Key: renderer.Key, Render: renderer.Render,
		Pace: r.governor.Pace, Send: client.CreateMessage, Workers: r.workers,
	}, err
}

// newRig writes a campaign of so many rows to a new folder in dir.
func newRig(dir string, o options, rows int, url string) (*rig, error) {
	dir, err := os.MkdirTemp(dir, "rig-")
	if err != nil {
		return nil, err
	}
	c := sendCases[0]
	if err := generate(filepath.Join(dir, c.source), rows, o.seed); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"bench.yaml": c.campaign(o.workers), c.body: bodies[c.body]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return &rig{dir: dir, url: url, workers: o.workers, governor: governor.New(governor.Options{Rate: 1e7})}, nil
}
