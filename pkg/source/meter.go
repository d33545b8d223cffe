package source

import (
	"crypto/sha256"
	"hash"
	"io"
	"sync/atomic"
)

// A meter counts what is read through it, hashes it if somebody asks for the
// digest, and remembers whether reading itself failed, so that this is not mistaken for damaged data. What
// ends it ends it for good.
type meter struct {
	in     io.Reader
	n      atomic.Int64 // bytes read so far
	digest hash.Hash    // nil: nobody asks for it
	err    error        // what reading ended with
}

func newMeter(in io.Reader, digest bool) *meter {
	m := &meter{in: in}
	if digest {
		m.digest = sha256.New()
	}
	return m
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.in.Read(p)
	m.n.Add(int64(n))
	if m.digest != nil {
		m.digest.Write(p[:n])
	}
	m.err = err
	return n, err
}

// failed reports whether reading ended before the end.
func (m *meter) failed() bool { return m.err != nil && m.err != io.EOF }
