package sender

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// atHand are rows that are there already.
type atHand struct{ rows []*source.Recipient }

func (r *atHand) Next() (*source.Recipient, error) {
	if len(r.rows) == 0 {
		return nil, io.EOF
	}
	row := r.rows[0]
	r.rows = r.rows[1:]
	return row, nil
}

func (r *atHand) Close() error { return nil }

// forgetful is a ledger that writes nothing.
type forgetful struct{}

func (forgetful) BeginPass()                                       {}
func (forgetful) PassOver(bool)                                    {}
func (forgetful) Visit(string) ledger.State                        { return ledger.State{} }
func (forgetful) Claim(string, int, ledger.Status) (uint64, error) { return 1, nil }
func (forgetful) ClaimContact(string, string, int, ledger.Status) (uint64, error) {
	return 1, nil
}
func (forgetful) Release(uint64, string) error        { return nil }
func (forgetful) Settle(uint64, ledger.Outcome) error { return nil }
func (forgetful) Replace(string, string) error        { return nil }

// TestAllocationsOfARow: between the source and the API the engine itself has a
// job for each row, and nothing else.
func TestAllocationsOfARow(t *testing.T) {
	const n = 5000
	header, err := source.NewHeader([]string{"id"})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]*source.Recipient, n)
	for i := range rows {
		rows[i] = source.NewRecipient(header, i+2, []string{fmt.Sprint(i)})
	}
	message := &intercom.Message{}
	per := testing.AllocsPerRun(3, func() {
		e := New(Config{
			Open:   func() (Source, error) { return &atHand{rows}, nil },
			Key:    func(r *source.Recipient) (string, error) { return r.At(0), nil },
			Render: func(*source.Recipient) (*intercom.Message, error) { return message, nil },
			Pace:   func(context.Context) error { return nil },
			Send: func(context.Context, *intercom.Message) (intercom.Receipt, error) {
				return intercom.Receipt{ID: "19", Status: 200}, nil
			},
			Keys: forgetful{}, Ledger: forgetful{}, Observe: func(report.Row, ledger.State) {}, Workers: 8,
		})
		if err := e.Run(t.Context(), t.Context()); err != nil || e.Progress().SentNow != n {
			t.Fatal(e.Progress(), err)
		}
	}) / n
	if per > 1.1 {
		t.Errorf("%.2f allocations a row, want 1", per)
	}
}
