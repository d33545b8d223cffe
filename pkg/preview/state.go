package preview

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A state is one version of what is shown: a view, or why there is none. The
// server replaces it as a whole.
type state struct {
	version int
	view    *View // nil if err is not
	last    *View // the view, or the last one before it
	err     error
	files   []stamp         // what it was made of
	live    context.Context // until there is a newer one
	replace context.CancelFunc

	turn   chan struct{} // has one value: the right to use what follows
	cursor cursor
	found  *Extremes           // nil: not looked for yet
	sample []*source.Recipient // nil: not looked for yet
}

// newState returns the state after a load. What its files looked like before
// that counts: a file that is saved meanwhile has changed.
func newState(version int, view *View, err error, before []stamp) *state {
	s := &state{version: version, view: view, last: view, err: err, files: before, turn: make(chan struct{}, 1)}
	s.live, s.replace = context.WithCancel(context.Background())
	s.turn <- struct{}{}
	if view != nil {
		s.cursor.open = view.Open
		s.files = stampsOf(view.Files)
		for i, now := range s.files {
			if j := slices.IndexFunc(before, func(b stamp) bool { return b.path == now.path }); j >= 0 {
				s.files[i] = before[j]
			}
		}
	}
	return s
}

// take waits for the right to use the cursor, until release. The context it
// returns ends with ctx, and when the state is replaced.
func (s *state) take(ctx context.Context) (taken context.Context, release func(), err error) {
	taken, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(s.live, cancel)
	select {
	case <-s.turn:
	case <-taken.Done():
		unhook()
		cancel()
		return nil, nil, context.Canceled
	}
	return taken, func() {
		s.turn <- struct{}{}
		unhook()
		cancel()
	}, nil
}

// close ends what is read for this state, and closes the source.
func (s *state) close() {
	s.replace()
	<-s.turn
	s.cursor.close()
	s.turn <- struct{}{}
}

// A stamp is what a file looked like.
type stamp struct {
	path     string
	size     int64
	modified time.Time
	info     fs.FileInfo // nil: there is none
}

func stampsOf(paths []string) []stamp {
	stamps := make([]stamp, len(paths))
	for i, path := range paths {
		stamps[i].path = path
		if info, err := os.Stat(path); err == nil {
			stamps[i] = stamp{path, info.Size(), info.ModTime(), info}
		}
	}
	return stamps
}

// same reports whether a file still looks the same: editors write into it, or
// put another one in its place.
func (s stamp) same(now stamp) bool {
	if s.info == nil || now.info == nil {
		return s.info == nil && now.info == nil
	}
	return os.SameFile(s.info, now.info) && s.size == now.size && s.modified.Equal(now.modified)
}

func sameStamps(was, now []stamp) bool {
	for i := range was {
		if !was[i].same(now[i]) {
			return false
		}
	}
	return true
}

// paths are the files that were looked at.
func paths(stamps []stamp) []string {
	all := make([]string, len(stamps))
	for i, s := range stamps {
		all[i] = s.path
	}
	return all
}

// watch replaces the state when a file has changed. While there is no view it
// tries again each time: the file that is missing may be a new one.
func (s *Server) watch(ctx context.Context) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.refresh(ctx)
		}
	}
}

func (s *Server) refresh(ctx context.Context) {
	old := s.current.Load()
	now := stampsOf(paths(old.files))
	if old.err == nil && sameStamps(old.files, now) {
		return
	}
	view, err := s.load(ctx)
	if ctx.Err() != nil || err != nil && old.err != nil && err.Error() == old.err.Error() {
		return
	}
	next := newState(old.version+1, view, err, now)
	if view == nil {
		next.last = old.last
	}
	s.current.Store(next)
	old.close()
}
