package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// forgetful is the disk, but an fsync does nothing: what a program would cost
// that does not care whether its ledger survives a power loss.
type forgetful struct{ ledger.FS }

type forgetfulFile struct{ ledger.File }

func (f forgetful) Open(path string, create bool) (ledger.File, error) {
	file, err := f.FS.Open(path, create)
	return forgetfulFile{file}, err
}

func (forgetful) SyncDir(string) error { return nil }
func (forgetfulFile) Sync() error      { return nil }

// measureFsync sends with a durable ledger and with a forgetful one, in turns,
// and prints what durability costs.
func measureFsync(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(out, "Sending with a durable ledger, and with fsync left out; %d workers, sandbox in another process, median of %d:\n\n", o.workers, o.rounds)
	var table [][]string
	for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
		rows := o.rows
		if latency > 0 { // some 10 seconds
			rows = min(rows, int(10*time.Second/latency)*o.workers)
		}
		line, err := compareFsync(ctx, dir, o, rows, latency, talk)
		if err != nil {
			return err
		}
		table = append(table, line)
	}
	return writeTable(out, []string{"latency of the API", "rows", "messages/s durable", "without fsync", "ratio", "messages an fsync"}, table)
}

func compareFsync(ctx context.Context, dir string, o options, rows int, latency time.Duration, talk io.Writer) ([]string, error) {
	box, err := startElsewhere(ctx, latency)
	if err != nil {
		return nil, err
	}
	defer box.stop()
	r, err := newRig(dir, o, rows, box.url)
	if err != nil {
		return nil, err
	}
	var durable, without, perFsync []float64
	for round := range o.rounds {
		fmt.Fprintf(talk, "round %d of %d at %s\n", round+1, o.rounds, latency)
		for _, fs := range []ledger.FS{ledger.Disk, forgetful{ledger.Disk}} {
			r.fs = fs
			ride, err := observed(ctx, r, box, rows)
			if err != nil {
				return nil, err
			}
			speed := float64(rows) / ride.took.Seconds()
			if fs == ledger.Disk {
				durable, perFsync = append(durable, speed), append(perFsync, float64(rows)/float64(ride.fsyncs))
			} else {
				without = append(without, speed)
			}
		}
	}
	return []string{
		latency.String(), report.Number(rows), report.Number(int(median(durable))), report.Number(int(median(without))),
		fmt.Sprintf("%.3f", median(durable)/median(without)), fmt.Sprintf("%.1f", median(perFsync)),
	}, nil
}

// observed runs a rig, and asks the witness whether each row has arrived once.
func observed(ctx context.Context, r *rig, box *elsewhere, rows int) (ride, error) {
	if err := box.reset(ctx); err != nil {
		return ride{}, err
	}
	took, err := r.run(ctx)
	if err != nil {
		return ride{}, err
	}
	w, err := box.witness(ctx)
	if err == nil && (w.Recipients != int64(rows) || w.Duplicates != 0) {
		err = fmt.Errorf("%d recipients and %d duplicates arrived of %d rows", w.Recipients, w.Duplicates, rows)
	}
	return took, err
}
