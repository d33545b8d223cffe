package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// watchEvery is how often a source that is being read is looked at.
const watchEvery = 100 * time.Millisecond

// A sourceChanged says that the source is no longer what it was when the run
// began: what was checked is not what would be sent.
type sourceChanged struct{ name string }

func (e *sourceChanged) Error() string { return e.name + " has changed since the run began" }

// A watchedSource ends its pass when its file changes.
type watchedSource struct {
	*source.Reader
	name, path string
	was        fs.FileInfo
	looked     time.Time
}

// open opens the source for a pass of the engine. What the source is was decided
// when its columns were read; another content ends the run.
func (s *session) open() (sender.Source, error) { return s.watched(s.sourceOptions()) }

// watched is open with options of the pass.
func (s *session) watched(o source.Options) (*watchedSource, error) {
	r, err := source.Open(s.sourcePath, o)
	if err != nil {
		return nil, err
	}
	w := &watchedSource{Reader: r, name: s.sourceName, path: s.sourcePath, was: s.sourceInfo}
	if err := w.look(); err != nil {
		r.Close()
		return nil, err
	}
	return w, nil
}

func (w *watchedSource) Next() (*source.Recipient, error) {
	row, err := w.Reader.Next()
	if err == nil && time.Since(w.looked) < watchEvery {
		return row, nil
	}
	if changed := w.look(); changed != nil {
		return nil, changed
	}
	return row, err
}

// look compares the file that has the source's path by now with the one there
// was: also when somebody saved another one in its place.
func (w *watchedSource) look() error {
	w.looked = time.Now()
	now, err := os.Stat(w.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &sourceChanged{w.name}
	case err != nil:
		return fmt.Errorf("look at %s: %w", w.name, err)
	case !os.SameFile(now, w.was), now.Size() != w.was.Size(), !now.ModTime().Equal(w.was.ModTime()):
		return &sourceChanged{w.name}
	}
	return nil
}
