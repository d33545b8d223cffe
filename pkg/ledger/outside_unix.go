//go:build unix

package ledger

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// An outside is memory that the collector neither sees nor counts.
type outside struct{ memory []byte }

// slots returns zeroed slots, outside the heap if there are many.
func (o *outside) slots(n int) []slot {
	o.memory = nil
	if n < minOutside {
		return make([]slot, n)
	}
	memory, err := unix.Mmap(-1, 0, n*int(unsafe.Sizeof(slot{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil { // too many mappings, or a limit on them
		return make([]slot, n)
	}
	o.memory = memory
	return unsafe.Slice((*slot)(unsafe.Pointer(&memory[0])), n) // slots hold no pointers, and a mapping is aligned
}

// free gives the memory back.
func (o *outside) free() {
	if o.memory != nil {
		_ = unix.Munmap(o.memory) // fails only if it is no mapping
	}
}
