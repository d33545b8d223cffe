package sender

import (
	"testing"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Two keys that lead to one contact are one person, whoever finds that out.
func TestAContactIsSentToOnce(t *testing.T) {
	f := newFake(t, "maria@example.com", "maria@example.org", "jonas@example.com")
	f.Workers, f.ByContact = 1, true
	f.Render = func(r *source.Recipient) (*intercom.Message, error) {
		to := map[string]string{"maria@example.com": "5f01", "maria@example.org": "5f01", "jonas@example.com": "5f02"}[r.At(0)]
		return &intercom.Message{Body: "hello", To: intercom.Recipients{{Type: "user", ID: to}}}, nil
	}
	want := report.Equation{Rows: 3, Sent: 2, Skipped: 1}
	for run := range 2 {
		if p := f.runAll(); p.Equation != want || f.posts["5f01"] != 1 || f.posts["5f02"] != 1 {
			t.Errorf("run %d: %s, want %s; posts %v", run+1, p.Equation, want, f.posts)
		}
	}
	last := f.events[len(f.events)-1]
	if last.Code != SameContact || last.Status != report.Skipped || last.Key != "maria@example.org" {
		t.Errorf("the second row of the contact: %+v", last)
	}
	if st := f.ledger.Lookup("maria@example.org"); st.Status != ledger.Pending {
		t.Errorf("a skip settled the key as %v", st.Status)
	}
}
