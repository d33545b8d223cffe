package sender

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// The renderer is told which variant is on record of a key, that of the former key
// for a corrected row; the one it chooses is in ledger and results. Rows that are
// held stay pending, and are counted.
func TestVariantsAreKept(t *testing.T) {
	f := newFake(t, "one", "two", "held")
	f.answer = func(_ context.Context, key string, _ int) error {
		if key == "two" {
			return &intercom.Error{Class: intercom.Refused, Status: 422, Code: "parameter_invalid"}
		}
		return nil
	}
	var mu sync.Mutex
	var asked []string
	variant := "a"
	f.RenderVariant = func(r *source.Recipient, had string) (*intercom.Message, string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.At(0)+":"+had)
		m, err := f.Render(r)
		if had != "" {
			return m, had, err
		}
		return m, variant, err
	}
	f.HoldBack = func(r *source.Recipient, picked ledger.State) bool {
		return r.At(0) == "held" && picked.Status == ledger.Pending
	}
	if p := f.runAll(); p.Held != 1 || p.Pending != 1 || p.Sent != 1 || p.Failed != 1 {
		t.Errorf("%+v", p)
	}
	if got := f.ledger.Lookup("two").Variant; got != "a" {
		t.Errorf("on record: %q", got)
	}
	for _, r := range f.events {
		if r.Variant != "a" {
			t.Errorf("result of %s: variant %q", r.Key, r.Variant)
		}
	}

	variant, asked = "b", nil
	f.rows = []any{"corrected"}
	f.Former = func(*source.Recipient) string { return "two" }
	f.Pick = func(s ledger.State) bool { return s.Status == ledger.Failed }
	f.runAll()
	if want := []string{"corrected:a"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
	if s := f.ledger.Lookup("corrected"); s.Status != ledger.Sent || s.Variant != "a" {
		t.Errorf("the corrected row: %+v", s)
	}
}

// A row without a variant is refused like any other that can't be rendered.
func TestNoVariantIsABadRow(t *testing.T) {
	f := newFake(t, "one")
	f.RenderVariant = func(*source.Recipient, string) (*intercom.Message, string, error) {
		return nil, "", fmt.Errorf("no variant is for it")
	}
	if p := f.runAll(); p.Bad != 1 || p.Skipped != 1 || f.posts["one"] != 0 {
		t.Errorf("%+v, %d POSTs", p, f.posts["one"])
	}
}
