package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// Two messages: one is sent, of the other nobody learns what became of it,
// because the process ends while it is on its way.
func Example() {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "spring.ledger")
	if err := send(path); err != nil {
		fmt.Println(err)
		return
	}

	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	fmt.Println("in flight when it ended:", l.Recovered())
	for _, key := range []string{"ann", "bob", "carol"} {
		fmt.Println(key, l.Lookup(key).Status)
	}
	_, err = l.Claim("bob", 3, ledger.Pending)
	fmt.Println(err)
	// Output:
	// in flight when it ended: 1
	// ann sent
	// bob unknown
	// carol pending
	// the key has another status by now: unknown, not pending
}

func send(path string) error {
	l, err := ledger.Open(path, ledger.Options{Create: &ledger.Header{Campaign: "spring"}})
	if err != nil {
		return err
	}
	defer l.Close()
	claim, err := l.Claim("ann", 2, ledger.Pending)
	if err != nil {
		return err
	}
	if err := l.Settle(claim, ledger.Outcome{Status: ledger.Sent, MessageID: "19"}); err != nil {
		return err
	}
	_, err = l.Claim("bob", 3, ledger.Pending) // and its answer never comes
	return err
}

// ExampleForget removes a person from a ledger.
func ExampleForget() {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "spring.ledger")
	if err := send(path); err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := ledger.Forget(path, []string{"ann"}, false, ledger.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	book, err := ledger.Load(path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.Claims, "claim,", receipt.Outcomes, "outcome;", "ann is", book.Lookup("ann").Status)
	// Output: 1 claim, 1 outcome; ann is forgotten
}
