package ledger

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A slowDisk's fsync takes time, as that of a disk does.
type slowDisk struct {
	*simDisk
	fsync time.Duration
}

type slowFile struct {
	File
	fsync time.Duration
}

func (d slowDisk) Open(path string, create bool) (File, error) {
	f, err := d.simDisk.Open(path, create)
	return slowFile{f, d.fsync}, err
}

func (f slowFile) Sync() error {
	time.Sleep(f.fsync) // in a bubble
	return nil
}

// TestFsyncsAreShared runs workers whose POST takes a while, in virtual time,
// and looks at how many messages an fsync served and what it cost them.
func TestFsyncsAreShared(t *testing.T) {
	tests := []struct {
		workers  int
		post     time.Duration
		perFsync float64 // at least
		speed    float64 // at least, of what it would be without a ledger
	}{
		{64, 50 * time.Millisecond, 1, 0.98},
		{1024, 50 * time.Millisecond, 8, 0.98},
		// 25,600 messages/s without a ledger. In such a crowd the writer is patient,
		// since on a real machine it is the processors that messages wait for: what
		// that costs where it is the API, and the processors are idle, stays bounded.
		{64, 2500 * time.Microsecond, 20, 0.55},
		{64, 100 * time.Microsecond, 30, 0},
		{1, 100 * time.Microsecond, 0.9, 0.25},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d workers, %v", test.workers, test.post), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := Open(simPath, Options{Create: &Header{}, FS: slowDisk{newSimDisk(1), 280 * time.Microsecond}})
				check(t, err)
				const each = 40
				before, begin := l.Fsyncs(), time.Now()
				var wg sync.WaitGroup
				for w := range test.workers {
					wg.Go(func() {
						time.Sleep(test.post * time.Duration(w) / time.Duration(test.workers))
						for i := range each {
							n := claim(t, l, fmt.Sprintf("%d-%d", w, i), i, Pending)
							time.Sleep(test.post - test.post/20*time.Duration(i%3-1)) // no two take the same
							check(t, l.Settle(n, Outcome{Status: Sent}))
						}
					})
				}
				wg.Wait()
				perFsync := float64(test.workers*each) / float64(l.Fsyncs()-before)
				speed := float64(test.post*(each+1)) / float64(time.Since(begin))
				t.Logf("%.1f messages an fsync, %.3f of the speed without a ledger", perFsync, speed)
				if perFsync < test.perFsync || speed < test.speed {
					t.Errorf("want %v and %v", test.perFsync, test.speed)
				}
				check(t, l.Close())
			})
		})
	}
}
