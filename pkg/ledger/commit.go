package ledger

import (
	"sync"
	"time"
)

// settleDelay is how long an outcome waits at most for a claim to ride with.
const settleDelay = 50 * time.Millisecond

// A claim that comes alone is committed at once. When claims come so fast that
// several more are certain to come within crowdDelay, the writer waits for them,
// at most for that long, and no longer than until most of the open claims are
// there: the others are on the wire, and by the time they come back the fsync is
// done. Where the claims wait for the processors rather than for the API, most
// of them gather soon, and the writer is patient: that takes away nine fsyncs
// out of ten, whose time the workers then have.
const (
	crowdDelay = 500 * time.Microsecond
	crowdRate  = 8 // claims in crowdDelay below which there is no wait
	patience   = 4 // times crowdDelay, if half of the crowd comes in that
)

// crowd is how many of the open claims are worth waiting for.
func crowd(open int) int { return open - open/4 }

// A commit is one frame: every record that came while the one before was being
// written.
type commit struct {
	done chan struct{} // closed when the frame is durable, or err is set
	err  error
}

// A log appends frames to a file. Records are added by many goroutines; one
// goroutine writes, so that nothing is written while an fsync runs and whoever
// comes meanwhile shares the next one.
type log struct {
	path string
	file File

	mu     sync.Mutex
	frame  []byte // head and records of the next frame
	next   *commit
	err    error // final: nothing more is written
	closed bool
	timer  *time.Timer // ends the wait of records that nobody waits for
	claims int         // in the next frame
	open   int         // claims that have no outcome, those in the next frame among them

	wake    chan struct{} // of size 1: there is something to write
	crowd   chan struct{} // of size 1: there are as many claims as are worth waiting for
	took    time.Time     // when the frame before was taken; the writer's
	pace    float64       // claims in crowdDelay, smoothed; the writer's
	stopped chan struct{} // closed when the writer has ended
	at      int64         // where the next frame goes; the writer's
	size    int64         // of the file, behind at it is room; the writer's
	spare   []byte        // the frame before, to be used again; the writer's
	fsyncs  int           // frames made durable; guarded by mu
}

func newLog(path string, file File, at int64) *log {
	l := &log{path: path, file: file, at: at, size: at, frame: newFrame(nil), next: newCommit(),
		wake: make(chan struct{}, 1), crowd: make(chan struct{}, 1), stopped: make(chan struct{})}
	go l.run()
	return l
}

func newCommit() *commit { return &commit{done: make(chan struct{})} }

// add appends what record appends, under the log's lock. If now is false the
// records may wait for others, but not longer than settleDelay.
func (l *log) add(now bool, record func([]byte) []byte) (*commit, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	if l.closed {
		return nil, ErrClosed
	}
	first := len(l.frame) == frameHead
	l.frame = record(l.frame)
	switch {
	case now:
		l.wakeWriter()
	case first:
		l.startTimer()
	}
	return l.next, nil
}

// addClaim adds a claim, when so many are open.
func (l *log) addClaim(open int, record func([]byte) []byte) (*commit, error) {
	return l.add(true, func(b []byte) []byte {
		l.claims++
		if l.open = open; l.claims >= crowd(open) {
			signal(l.crowd)
		}
		return record(b)
	})
}

func (l *log) wakeWriter() { signal(l.wake) }

// signal leaves a signal in a channel of size 1, if there is none.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (l *log) startTimer() {
	if l.timer == nil {
		l.timer = time.AfterFunc(settleDelay, l.wakeWriter)
		return
	}
	l.timer.Reset(settleDelay)
}

// wait returns when the commit is durable.
func (c *commit) wait() error {
	<-c.done
	return c.err
}

// run is the writer.
func (l *log) run() {
	defer close(l.stopped)
	for range l.wake {
		l.awaitCrowd()
		l.mu.Lock()
		frame, c, closed, claims := l.frame, l.next, l.closed, l.claims
		l.frame, l.next, l.claims = newFrame(l.spare), newCommit(), 0
		if l.timer != nil {
			l.timer.Stop() // what it was for is in this frame
		}
		l.mu.Unlock()
		l.measure(claims)
		c.err = l.write(frame)
		close(c.done)
		l.spare = frame
		if closed {
			return
		}
	}
}

// awaitCrowd waits for more claims if they are certain to come.
func (l *log) awaitCrowd() {
	if l.pace < crowdRate {
		return
	}
	select {
	case <-l.crowd: // of the frame before
	default:
	}
	l.mu.Lock()
	due := float64(crowd(l.open) - l.claims)
	enough := l.closed || l.claims == 0 || due <= 0
	l.mu.Unlock()
	if enough {
		return
	}
	wait := crowdDelay
	if l.pace*patience >= due/2 {
		wait *= patience
	}
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-l.crowd:
	case <-late.C:
	}
}

// measure notes how fast claims come.
func (l *log) measure(claims int) {
	now := time.Now()
	pace := float64(claims) * float64(crowdDelay) / float64(now.Sub(l.took)+1)
	pace = min(pace, 4*crowdRate) // a burst is soon forgotten
	l.took, l.pace = now, l.pace+(pace-l.pace)/8
}

// write makes one frame durable. After an error the log is dead: a failed
// fsync may have dropped the data and report success when asked again.
func (l *log) write(frame []byte) error {
	if len(frame) == frameHead {
		return nil
	}
	l.mu.Lock()
	err := l.err
	l.mu.Unlock()
	if err != nil {
		return err
	}
	sealFrame(frame)
	end := l.at + int64(len(frame))
	_, err = l.file.WriteAt(frame, l.at)
	if err == nil {
		err = l.makeRoom(end)
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err == nil {
		_, err = l.file.WriteAt(encodeMark(end), markAt) // durable with the next fsync
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = &WriteError{Path: l.path, Err: err}
		return l.err
	}
	l.at = end
	l.fsyncs++
	return nil
}

// flush makes everything that was added so far durable.
func (l *log) flush() error {
	c, err := l.add(true, func(b []byte) []byte { return b })
	if err != nil {
		return err
	}
	return c.wait()
}

// close makes everything durable and ends the writer.
func (l *log) close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return ErrClosed
	}
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	l.wakeWriter() // the writer sees closed in this round, or goes round once more
	l.mu.Unlock()
	<-l.stopped
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
