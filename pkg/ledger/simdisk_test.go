package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// A simDisk is a file system in memory that keeps apart what was written and
// what is on stable storage. A power loss keeps what was synced and any subset
// of the rest, each write torn at any byte, and any subset of the folder's
// changes. It may be told to fail at a call.
type simDisk struct {
	mu      sync.Mutex
	random  *rand.Rand
	names   map[string]*simFile // as processes see them
	stored  map[string]*simFile // as the disk has them
	moves   []move              // changes of the folder that were not synced
	boot    int                 // the number of processes that died so far: their files are dead
	synced  []time.Time
	events  []event // every call, if record is set
	record  bool
	network string

	calls  int   // that change something, or sync or open
	failAt int   // the call that fails, 0 for none
	fail   error // with what; errKilled: the process dies in it
}

// A move is a change of the folder: file gets name to, and loses name from.
type move struct {
	from, to string
	file     *simFile
}

// An event is one call as a recording disk saw it.
type event struct {
	what string // "write", "sync", "truncate", "rename", "syncdir", or what a test notes
	path string
	at   int64
	data []byte
}

// A simFile is a file's content.
type simFile struct {
	cache   []byte // as processes see it
	stored  []byte // as the disk has it
	pending []change
	owner   int // 1 + boot of the process that has the lock, 0 if none
	lockID  *simHandle
}

// A change is a write, or a truncation if data is nil.
type change struct {
	at   int64
	data []byte
}

// errKilled is what a process gets whose time is over: it sees nothing of it.
var errKilled = errors.New("killed")

func newSimDisk(seed uint64) *simDisk {
	return &simDisk{random: rand.New(rand.NewPCG(seed, 3)), names: map[string]*simFile{}, stored: map[string]*simFile{}}
}

const simPath = "a.ledger"

// diskWith returns a disk on which a.ledger has this content.
func diskWith(content []byte) *simDisk {
	d := newSimDisk(1)
	f := &simFile{cache: bytes.Clone(content), stored: bytes.Clone(content)}
	d.names[simPath], d.stored[simPath] = f, f
	return d
}

func (c change) apply(b []byte) []byte {
	if c.data == nil {
		return resize(b, c.at)
	}
	if end := c.at + int64(len(c.data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[c.at:], c.data)
	return b
}

func resize(b []byte, n int64) []byte {
	if n <= int64(len(b)) {
		return b[:n]
	}
	return append(b, make([]byte, n-int64(len(b)))...)
}

// call counts a call and says how it fails.
func (d *simDisk) call() error {
	d.calls++
	if d.calls == d.failAt {
		return d.fail
	}
	return nil
}

// failIn makes the call after so many others fail.
func (d *simDisk) failIn(calls int, fail error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt, d.fail = d.calls+1+calls, fail
}

// made returns how many calls there were, and how many are left until one
// fails: 0 if one did, less if none will.
func (d *simDisk) made() (calls, left int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failAt == 0 {
		return d.calls, -1
	}
	return d.calls, max(0, d.failAt-d.calls)
}

// undisturbed does something whose calls are not counted.
func (d *simDisk) undisturbed(do func() error) error {
	d.mu.Lock()
	calls, failAt := d.calls, d.failAt
	d.failAt = 0
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.calls, d.failAt = calls, failAt
	}()
	return do()
}

// kill ends the process: its files are dead, its locks free, its writes stay.
func (d *simDisk) kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.boot++
	d.failAt = 0
}

// powerLoss is a kill that keeps of what was not synced any part.
func (d *simDisk) powerLoss() {
	d.kill()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.moves {
		if d.random.IntN(2) == 0 {
			m.apply(d.stored)
		}
	}
	d.settle()
}

// strict loses all that was not synced.
func (d *simDisk) strict() *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := newSimDisk(1)
	for name, f := range d.stored {
		b := bytes.Clone(f.stored)
		g := &simFile{cache: b, stored: b} // to be read only
		c.names[name], c.stored[name] = g, g
	}
	return c
}

func (m move) apply(names map[string]*simFile) {
	delete(names, m.from)
	if m.to != "" {
		names[m.to] = m.file
	}
}

// settle starts anew from what is stored.
func (d *simDisk) settle() {
	d.moves = nil
	d.names = maps.Clone(d.stored)
	for _, f := range d.stored {
		for _, c := range f.pending {
			f.stored = d.tear(f.stored, c)
		}
		f.pending = nil
		f.cache = bytes.Clone(f.stored)
	}
}

// tear applies a part of a change: none, all, a part of its bytes, or the
// length without the bytes.
func (d *simDisk) tear(b []byte, c change) []byte {
	whole := func() []byte { return c.apply(bytes.Clone(b)) }
	if c.data == nil {
		if d.random.IntN(2) == 0 {
			return b
		}
		return whole()
	}
	from, to := 0, len(c.data)
	switch d.random.IntN(6) {
	case 0:
		return b
	case 1:
		return whole()
	case 2:
		to = d.random.IntN(to + 1)
	case 3:
		from = d.random.IntN(to + 1)
	case 4:
		from = d.random.IntN(to + 1)
		to = from + d.random.IntN(to-from+1)
	case 5:
		to = 0
	}
	if d.random.IntN(2) == 0 && int64(len(b)) < c.at+int64(len(c.data)) {
		b = resize(bytes.Clone(b), c.at+int64(len(c.data)))
	}
	if from == to {
		return b
	}
	return change{c.at + int64(from), c.data[from:to]}.apply(bytes.Clone(b))
}

func (d *simDisk) syncs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.synced)
}

func (d *simDisk) lastSync() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.synced[len(d.synced)-1]
}

func (d *simDisk) note(what, path string, at int64, data []byte) {
	if d.record {
		d.events = append(d.events, event{what, path, at, bytes.Clone(data)})
	}
}

// content returns what a process would read.
func (d *simDisk) content() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.names[simPath].cache)
}

// A simHandle is an open file.
type simHandle struct {
	d    *simDisk
	f    *simFile
	path string
	boot int
}

func (d *simDisk) Open(path string, create bool) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := d.names[path]
	if f == nil && !create {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	}
	if f == nil {
		f = &simFile{}
		d.names[path] = f
		d.moves = append(d.moves, move{"", path, f})
	}
	return &simHandle{d, f, path, d.boot}, nil
}

func (d *simDisk) OpenRead(path string) (File, error) { return d.Open(path, false) }

func (d *simDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return err
	}
	m := move{from, to, d.names[from]}
	m.apply(d.names)
	d.moves = append(d.moves, m)
	d.note("rename", to, 0, nil)
	return nil
}

func (d *simDisk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return err
	}
	m := move{from: path}
	m.apply(d.names)
	d.moves = append(d.moves, m)
	return nil
}

func (d *simDisk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return err
	}
	d.note("syncdir", dir, 0, nil)
	d.stored, d.moves = maps.Clone(d.names), nil
	return nil
}

// begin counts a call of a living process.
func (h *simHandle) begin() error {
	if h.boot != h.d.boot {
		return errKilled
	}
	return h.d.call()
}

func (h *simHandle) ReadAt(p []byte, at int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if h.boot != h.d.boot {
		return 0, errKilled
	}
	return bytes.NewReader(h.f.cache).ReadAt(p, at)
}

// WriteAt writes a part only if it fails.
func (h *simHandle) WriteAt(p []byte, at int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	err := h.begin()
	if errors.Is(err, errKilled) && h.boot != h.d.boot {
		return 0, err
	}
	if err != nil {
		p = p[:h.d.random.IntN(len(p)+1)]
	}
	if len(p) > 0 {
		c := change{at, bytes.Clone(p)}
		h.f.cache = c.apply(h.f.cache)
		h.f.pending = append(h.f.pending, c)
		h.d.note("write", h.path, at, p)
	}
	return len(p), err
}

func (h *simHandle) Truncate(size int64) error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if err := h.begin(); err != nil {
		return err
	}
	c := change{at: size}
	h.f.cache = c.apply(h.f.cache)
	h.f.pending = append(h.f.pending, c)
	h.d.note("truncate", h.path, size, nil)
	return nil
}

// Sync stores what was written. If it fails, each write is stored or not, and
// those that are not will never be by another Sync; what processes see stays,
// or is what the disk has.
func (h *simHandle) Sync() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	err := h.begin()
	if errors.Is(err, errKilled) {
		return err
	}
	for _, c := range h.f.pending {
		if err != nil {
			h.f.stored = h.d.tear(h.f.stored, c)
			continue
		}
		h.f.stored = c.apply(h.f.stored)
	}
	h.f.pending = nil
	if err != nil {
		if h.d.random.IntN(2) == 0 {
			h.f.cache = bytes.Clone(h.f.stored)
		}
		return err
	}
	h.d.synced = append(h.d.synced, time.Now())
	h.d.note("sync", h.path, 0, nil)
	return nil
}

func (h *simHandle) Size() (int64, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return int64(len(h.f.cache)), nil
}

func (h *simHandle) Lock() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if err := h.begin(); err != nil {
		return err
	}
	if h.f.owner == h.d.boot+1 {
		return errLocked
	}
	h.f.owner, h.f.lockID = h.d.boot+1, h
	return nil
}

func (h *simHandle) IsAt(path string) (bool, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return h.d.names[path] == h.f, nil
}

func (h *simHandle) Network() (string, error) { return h.d.network, nil }

func (h *simHandle) Close() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if h.f.lockID == h {
		h.f.owner, h.f.lockID = 0, nil
	}
	return nil
}
