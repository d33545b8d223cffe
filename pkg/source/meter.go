package source

import (
	"crypto/sha256"
	"hash"
	"io"
	"sync/atomic"
)

// A meter counts and hashes what is read through it, and remembers whether
// reading itself failed, so that this is not mistaken for damaged data. What
// ends it ends it for good.
type meter struct {
	in     io.Reader
	n      atomic.Int64 // bytes read so far
	digest hash.Hash
	err    error // what reading ended with
}

func newMeter(in io.Reader) *meter { return &meter{in: in, digest: sha256.New()} }

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.in.Read(p)
	m.n.Add(int64(n))
	m.digest.Write(p[:n])
	m.err = err
	return n, err
}

// failed reports whether reading ended before the end.
func (m *meter) failed() bool { return m.err != nil && m.err != io.EOF }
