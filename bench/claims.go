package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// claimsFor is how long claims are made in one round.
const claimsFor = 2 * time.Second

// measureClaims prints how many durable claims a ledger takes, each settled
// before its claimer's next: group commit, and nothing else.
func measureClaims(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var table [][]string
	for _, claimers := range []int{1, 64, 256} {
		var perSecond, perFsync []float64
		for round := range o.rounds {
			fmt.Fprintf(talk, "round %d of %d: %d claimers\n", round+1, o.rounds, claimers)
			path := filepath.Join(dir, fmt.Sprintf("%d-%d.ledger", claimers, round))
			speed, group, err := claim(ctx, path, claimers, claimsFor)
			if err != nil {
				return err
			}
			perSecond, perFsync = append(perSecond, speed), append(perFsync, group)
		}
		table = append(table, []string{fmt.Sprint(claimers), report.Number(int(median(perSecond))), fmt.Sprintf("%.1f", median(perFsync))})
	}
	fmt.Fprintf(out, "Durable claims in %s, median of %d:\n\n", os.TempDir(), o.rounds)
	return writeTable(out, []string{"claimers", "claims/s", "claims an fsync"}, table)
}

// claim has so many claimers claim for a while.
func claim(ctx context.Context, path string, claimers int, while time.Duration) (perSecond, perFsync float64, err error) {
	l, err := ledger.Open(path, ledger.Options{Create: &ledger.Header{Campaign: "bench"}})
	if err != nil {
		return 0, 0, err
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(ctx, while)
	defer cancel()
	var claims atomic.Int64
	var group errgroup.Group
	start := time.Now()
	for range claimers {
		group.Go(func() error {
			for ctx.Err() == nil {
				i := claims.Add(1)
				n, err := l.Claim(fmt.Sprintf("6329f3c0a1b2c3d4%08x", i), int(i), ledger.Pending)
				if err != nil {
					return err
				}
				if err := l.Settle(n, ledger.Outcome{Status: ledger.Sent, MessageID: "1234567", MessageType: "email", Attempts: 1}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	n := float64(claims.Load())
	return n / time.Since(start).Seconds(), n / float64(max(1, l.Fsyncs())), err
}
