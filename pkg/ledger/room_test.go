package ledger

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestRoom: while a ledger is open there is room behind the log, in which frames
// do not make the file longer; none is left by a proper close, and what a crash
// leaves is nobody's damage.
func TestRoom(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	grew, size := 0, 0
	const n = 1000
	for i := range n {
		check(t, l.Settle(claim(t, l, fmt.Sprint("key ", i), i, Pending), Outcome{Status: Sent}))
		if now := len(d.content()); now != size {
			grew, size = grew+1, now
		}
	}
	check(t, l.Flush())
	if grew > 20 || int64(size) > l.log.at+mostRoom {
		t.Errorf("the file grew %d times for %d frames, to %d bytes for a log of %d", grew, n, size, l.log.at)
	}
	r, err := Verify(simPath, d)
	if err != nil || r.Damage != nil || r.Torn != 0 || r.End != l.log.at || r.Size <= r.End || r.Keys["sent"] != n {
		t.Errorf("an open ledger: %+v, %v", r, err)
	}
	d.kill()
	l, err = Open(simPath, Options{FS: d})
	check(t, err)
	check(t, l.Close())
	if end := len(d.content()); int64(end) != l.log.at {
		t.Errorf("%d bytes are left behind the log", int64(end)-l.log.at)
	}
}

// TestNoRoom: on a disk that has no more, what has its place goes on being
// written.
func TestNoRoom(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		d := newSimDisk(1)
		l, err := Open(simPath, Options{Create: &Header{}, FS: d})
		check(t, err)
		d.failIn(1, full) // after the frame
		for i := range 3 {
			claim(t, l, fmt.Sprint("key ", i), i, Pending)
		}
		if _, left := d.made(); left != 0 {
			t.Errorf("%v: room was not asked for", full)
		}
		check(t, l.Close())
	}
}

// A racedDisk's files are read while somebody writes: in the middle of the read
// that it is told, two more frames are committed.
type racedDisk struct {
	*simDisk
	reads  int // until that one
	middle int // bytes of it that are read before
	write  func()
}

type racedFile struct {
	File
	disk *racedDisk
}

func (d *racedDisk) OpenRead(path string) (File, error) {
	f, err := d.simDisk.OpenRead(path)
	return racedFile{f, d}, err
}

func (f racedFile) ReadAt(p []byte, at int64) (int, error) {
	if f.disk.reads--; f.disk.reads != 0 {
		return f.File.ReadAt(p, at)
	}
	middle := min(f.disk.middle, len(p))
	n, err := f.File.ReadAt(p[:middle], at)
	f.disk.write()
	if err != nil {
		return n, err
	}
	more, err := f.File.ReadAt(p[middle:], at+int64(middle))
	return n + more, err
}

// TestReadWhileItIsWritten: whoever reads an open ledger finds no damage, wherever
// in the file reading is when frames are written over the room.
func TestReadWhileItIsWritten(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	keys := 0
	write := func() {
		for range 2 {
			keys++
			claim(t, l, fmt.Sprint("key ", keys), keys, Pending)
			check(t, l.Flush())
		}
	}
	write()
	reached := 0
	for read := 1; read <= 6; read++ {
		for middle := 0; middle < 200; middle += 3 {
			before := keys
			raced := &racedDisk{d, read, middle, write}
			if middle >= 100 { // around the end, as it was
				raced.middle = max(0, int(l.log.at)-preambleSize-150+middle)
			}
			b, err := Load(simPath, raced)
			if err != nil {
				t.Fatalf("read %d, after %d bytes: %v", read, raced.middle, err)
			}
			if b.fold.index.Len() < before {
				t.Fatalf("read %d, after %d bytes: %d keys, there were %d", read, raced.middle, b.fold.index.Len(), before)
			}
			if keys > before {
				reached = read
			}
			r, err := Verify(simPath, &racedDisk{d, read, raced.middle, write})
			if err != nil || r.Damage != nil || r.Torn != 0 {
				t.Fatalf("read %d, after %d bytes: %v, %v, torn %d", read, raced.middle, err, r.Damage, r.Torn)
			}
		}
	}
	if reached < 3 {
		t.Errorf("only %d reads were raced", reached)
	}
}

// A failingDisk's log can't be read from some read on; before another one somebody
// writes.
type failingDisk struct {
	*simDisk
	reads, writeAt, failAt int
	write                  func()
	failed                 bool
}

type failingFile struct {
	File
	disk *failingDisk
}

func (d *failingDisk) OpenRead(path string) (File, error) {
	f, err := d.simDisk.OpenRead(path)
	return failingFile{f, d}, err
}

func (f failingFile) ReadAt(p []byte, at int64) (int, error) {
	d := f.disk
	if d.reads++; d.reads == d.writeAt {
		d.write()
	}
	if d.reads >= d.failAt && at >= preambleSize {
		d.failed = true
		return 0, syscall.EIO
	}
	return f.File.ReadAt(p, at)
}

// TestAReadErrorIsNoEnd: that a log can't be read is told, also where it may end,
// and while somebody writes.
func TestAReadErrorIsNoEnd(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	keys, failed := 0, 0
	write := func() {
		keys++
		claim(t, l, fmt.Sprint("key ", keys), keys, Pending)
	}
	write()
	for writeAt := 1; writeAt <= 8; writeAt++ {
		for failAt := 1; failAt <= 8; failAt++ {
			f := &failingDisk{simDisk: d, writeAt: writeAt, failAt: failAt, write: write}
			if _, err := Load(simPath, f); f.failed && !errors.Is(err, syscall.EIO) {
				t.Errorf("written at read %d, failed at read %d: %v", writeAt, failAt, err)
			}
			if f.failed {
				failed++
			}
		}
	}
	if failed < 20 {
		t.Errorf("only %d reads failed", failed)
	}
}

// A gatedDisk's fsyncs wait, while it is told so, until they are let through.
type gatedDisk struct {
	*simDisk
	gated   atomic.Bool
	entered chan struct{} // by an fsync that waits
	gate    chan struct{}
}

type gatedFile struct {
	File
	disk *gatedDisk
}

func (d *gatedDisk) Open(path string, create bool) (File, error) {
	f, err := d.simDisk.Open(path, create)
	return gatedFile{f, d}, err
}

func (f gatedFile) Sync() error {
	if f.disk.gated.Load() {
		f.disk.entered <- struct{}{}
		<-f.disk.gate
	}
	return f.File.Sync()
}

// TestReadDuringAnFsync: a frame that is written and not yet durable is no torn
// one, whenever it was written.
func TestReadDuringAnFsync(t *testing.T) {
	d := &gatedDisk{simDisk: newSimDisk(1), entered: make(chan struct{}), gate: make(chan struct{})}
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	claim(t, l, "first", 1, Pending)
	for read := 1; read <= 6; read++ {
		written := make(chan error, 1)
		write := func() {
			d.gated.Store(true)
			go func() {
				_, err := l.Claim(fmt.Sprint("key ", read), read, Pending)
				written <- err
			}()
			<-d.entered
		}
		raced := &racedDisk{d.simDisk, read, 0, write}
		r, err := Verify(simPath, raced)
		if err != nil || r.Damage != nil || r.Torn != 0 {
			t.Errorf("read %d: %v, %v, torn %d", read, err, r.Damage, r.Torn)
		}
		if raced.reads <= 0 {
			d.gated.Store(false)
			d.gate <- struct{}{}
			check(t, <-written)
		}
	}
	check(t, l.Close())
}

// TestReadWhileSomebodyNeverStops: reading comes to an end although writing does
// not.
func TestReadWhileSomebodyNeverStops(t *testing.T) {
	d := newSimDisk(1)
	l, err := Open(simPath, Options{Create: &Header{}, FS: d})
	check(t, err)
	var writers sync.WaitGroup
	var enough atomic.Bool
	defer writers.Wait()
	defer enough.Store(true)
	filled := make(chan struct{})
	writers.Go(func() {
		long := strings.Repeat("k", 200)
		for i := 0; !enough.Load(); i++ {
			if i == 2*stretchSize/len(long) {
				close(filled)
			}
			if _, err := l.Claim(fmt.Sprint(long, i), i, Pending); err != nil {
				t.Error(err)
				return
			}
		}
	})
	<-filled
	for range 20 {
		if _, err := Load(simPath, d); err != nil {
			t.Fatal(err)
		}
		if r, err := Verify(simPath, d); err != nil || r.Damage != nil || r.Torn != 0 {
			t.Fatalf("%v, %v, torn %d", err, r.Damage, r.Torn)
		}
	}
}
