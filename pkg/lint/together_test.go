package lint

import (
	"fmt"
	"testing"
)

func TestAddressesSeen(t *testing.T) {
	a := NewAddresses()
	for _, step := range []struct {
		address, key string
		want         bool
	}{
		{"anna@example.com", "c1", false}, {"anna@example.com", "c1", false}, {"Anna@Example.com", "c2", true},
		{"otto@example.com", "c1", false}, {"ÉVA@example.com", "c3", false}, {"éva@example.com", "c4", true},
	} {
		if got := a.Seen(step.address, step.key); got != step.want {
			t.Errorf("%s under %s: %v, want %v", step.address, step.key, got, step.want)
		}
	}
}

// TestAddressesAreBounded shows many more addresses than the table has room for:
// it stays as large as it may be, reports nothing that is not so, and of the second
// keys as many as it looks at.
func TestAddressesAreBounded(t *testing.T) {
	const n = 1_000_000
	a := NewAddresses()
	for i := range n {
		if a.Seen(fmt.Sprintf("person-%d@example.com", i), fmt.Sprintf("c%d", i)) {
			t.Fatalf("person %d was reported, and seen once", i)
		}
	}
	if len(a.slots) != mostSlots || a.Sampled() != 2 {
		t.Errorf("%d slots, one of %d addresses is looked at; want %d and 2", len(a.slots), a.Sampled(), mostSlots)
	}
	found := 0
	for i := range n {
		if a.Seen(fmt.Sprintf("person-%d@example.com", i), "another") {
			found++
		}
	}
	if found < n*2/5 || found > n*3/5 {
		t.Errorf("%d of %d second keys were reported, want about half", found, n)
	}
}

func TestBodies(t *testing.T) {
	var equal, different Bodies
	for i := range 20 {
		equal.Add("Hi there")
		different.Add(fmt.Sprint("Hi ", i/19))
	}
	if !equal.Alike() || different.Alike() || new(Bodies).Alike() {
		t.Errorf("equal %v, different %v, none %v", equal.Alike(), different.Alike(), new(Bodies).Alike())
	}
}

func TestShapes(t *testing.T) {
	numbers := func(format string, from, to int) (keys []string) {
		for i := from; i < to; i++ {
			keys = append(keys, fmt.Sprintf(format, i))
		}
		return keys
	}
	for _, test := range []struct {
		name string
		keys []string
		want int
	}{
		{"none", nil, 0},
		{"given out one after another", numbers("%d", 1, 10_000), 0},
		{"all complete", numbers("%08d", 1, 10_000), 8},
		{"some without their zeros", append(numbers("%05d", 1, 3000), numbers("%d", 3000, 4000)...), 5},
		{"one by accident", append(numbers("%d", 1, 2000), "007"), 0},
		{"longer ones, too", append(numbers("%03d", 1, 200), "12345"), 0},
		{"of one length", append(numbers("c%023d", 1, 2000), "123"), 24},
		{"too few to tell", append(numbers("c%023d", 1, 20), "123"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s Shapes
			for _, key := range test.keys {
				s.Add(key)
			}
			if got := s.Complete(); got != test.want {
				t.Errorf("complete from %d, want %d", got, test.want)
			}
		})
	}
}
