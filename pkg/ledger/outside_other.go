//go:build !unix

package ledger

// An outside is memory outside the heap; there is none on this system.
type outside struct{}

func (*outside) slots(n int) []slot { return make([]slot, n) }
func (*outside) free()              {}
