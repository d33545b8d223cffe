package contacts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// An Entry is what was known of an address when it was asked for.
type Entry struct {
	Address  Address            `json:"address"`
	Asked    time.Time          `json:"asked"`
	Contacts []intercom.Contact `json:"contacts"` // none: nobody has it
}

// A Cache is a file of entries, one JSON object a line, of which the newest about
// an address counts. It holds 24 bytes an address in memory, and no contact. It is
// only appended to: a process that is killed leaves at most one line that can't
// be read, which is passed over. Its methods may be called by many goroutines at
// once.
type Cache struct {
	path string

	mu    sync.Mutex
	file  *os.File // nil: there is none yet
	write bool     // it was opened for that
	index index
	late  map[time.Time]int // entries of the last minute before Open, by when they were asked
}

// Open reads the cache at path. A file that does not exist is an empty cache, and
// is made, readable by its owner alone, by the first Put.
func Open(path string) (*Cache, error) {
	c := &Cache{path: path, index: newIndex(), late: map[time.Time]int{}}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.file = file
	if err := c.load(); err != nil {
		file.Close()
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	return c, nil
}

// load indexes all lines.
func (c *Cache) load() error {
	in := bufio.NewReaderSize(c.file, 1<<16)
	for at := int64(0); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what has no line end was not written to its end
		}
		if err != nil {
			return err
		}
		var head struct {
			Address Address   `json:"address"`
			Asked   time.Time `json:"asked"`
		}
		if json.Unmarshal(line, &head) == nil && head.Address.Value != "" {
			if time.Since(head.Asked) < time.Minute {
				c.late[head.Asked]++
			}
			if err := c.point(head.Address, at); err != nil {
				return err
			}
		}
		at += int64(len(line))
	}
}

// point has the index say where the newest line about an address is.
func (c *Cache) point(a Address, at int64) error {
	hash := c.index.hash(a.String())
	s, err := c.index.find(hash, func(at int64) (bool, error) {
		e, err := c.read(at)
		return e.Address == a, err
	})
	if err == nil {
		c.index.put(s, hash, at)
	}
	return err
}

// Get returns the newest entry of an address; ErrNotAsked if there is none.
func (c *Cache) Get(a Address) (Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found Entry
	s, err := c.index.find(c.index.hash(a.String()), func(at int64) (_ bool, err error) {
		found, err = c.read(at)
		return found.Address == a, err
	})
	switch {
	case err != nil:
		return Entry{}, fmt.Errorf("read contacts: %w", err)
	case s.at == 0:
		return Entry{}, ErrNotAsked
	}
	return found, nil
}

// usualLine is as many bytes as most lines have.
const usualLine = 2 << 10

// read reads the line at an offset.
func (c *Cache) read(at int64) (Entry, error) {
	line, err := bufio.NewReaderSize(io.NewSectionReader(c.file, at, math.MaxInt64-at), usualLine).ReadBytes('\n')
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	err = json.Unmarshal(line, &e)
	return e, err
}

// Put appends entries.
func (c *Cache) Put(entries ...Entry) error {
	var lines bytes.Buffer
	starts := make([]int64, len(entries))
	encode := json.NewEncoder(&lines)
	encode.SetEscapeHTML(false)
	for i, e := range entries {
		starts[i] = int64(lines.Len())
		if e.Contacts == nil {
			e.Contacts = []intercom.Contact{}
		}
		if err := encode.Encode(e); err != nil {
			return fmt.Errorf("write contacts: %w", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := c.append(lines.Bytes())
	if err != nil {
		return fmt.Errorf("write contacts: %w", err)
	}
	for i, e := range entries {
		if err := c.point(e.Address, at+starts[i]); err != nil {
			return fmt.Errorf("read contacts: %w", err)
		}
	}
	return nil
}

// append writes whole lines behind what is there, which may be what another
// process wrote meanwhile, and returns where they begin.
func (c *Cache) append(lines []byte) (at int64, err error) {
	if err := c.openToWrite(); err != nil {
		return 0, err
	}
	if _, err := c.file.Write(lines); err != nil {
		return 0, err
	}
	end, err := c.file.Seek(0, io.SeekCurrent)
	return end - int64(len(lines)), err
}

// openToWrite opens the file for writing, and ends a line that a killed process
// left open.
func (c *Cache) openToWrite() error {
	if c.write {
		return nil
	}
	file, err := os.OpenFile(c.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if c.file != nil {
		c.file.Close()
	}
	c.file, c.write = file, true
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.Write([]byte{'\n'})
	return err
}

// Searches returns when searches began whose answers were there when the file was
// opened, those of the last minute: a restart is no fresh window of the API's
// limit. The fewest are assumed that can have led to the answers.
func (c *Cache) Searches() []time.Time {
	var times []time.Time
	for at, n := range c.late {
		for ; n > 0; n -= intercom.MaxValues {
			times = append(times, at)
		}
	}
	return times
}

// Len returns how many addresses the cache knows.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.index.used
}

// Close closes the file.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file, c.write = nil, false
	return err
}
