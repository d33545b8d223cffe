package preview

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/source"
)

// opener returns a function that opens a CSV text as a source, and counts.
func opener(text string, opened *int) func() (*source.Reader, error) {
	return func() (*source.Reader, error) {
		*opened++
		return source.NewReader(strings.NewReader(text), source.Options{Format: source.CSV})
	}
}

func lines(p place) string {
	var all []int
	for _, e := range []*entry{p.before, p.at, p.after} {
		if e == nil {
			all = append(all, 0)
		} else {
			all = append(all, e.line)
		}
	}
	return fmt.Sprint(all)
}

func TestAround(t *testing.T) {
	const text = "a,b\n1,2\n3,\"4\n4\"\n\nbad\n5,6\n"
	for _, test := range []struct {
		line int
		want string // lines of the row before, the row, the row after
	}{
		{0, "[0 2 3]"}, {1, "[0 2 3]"}, {2, "[0 2 3]"}, {3, "[2 3 6]"},
		{4, "[2 3 6]"}, // in the middle of a row
		{5, "[2 3 6]"}, // a blank line
		{6, "[3 6 7]"}, // a row that can't be read
		{7, "[6 7 0]"}, {1000, "[6 7 0]"},
	} {
		opened := 0
		c := cursor{open: opener(text, &opened)}
		got, err := c.around(t.Context(), test.line)
		if err != nil || lines(got) != test.want {
			t.Errorf("around line %d: got %s, %v, want %s", test.line, lines(got), err, test.want)
		}
		if test.line == 6 && (got.at.row != nil || got.at.bad == nil) {
			t.Errorf("line 6 is %+v, want a row that can't be read", got.at)
		}
	}
}

func TestAroundNothing(t *testing.T) {
	opened := 0
	c := cursor{open: opener("a,b\n", &opened)}
	for range 2 {
		if got, err := c.around(t.Context(), 5); err != nil || got.at != nil {
			t.Errorf("got %s, %v, want no row", lines(got), err)
		}
	}
}

// TestAroundWalks goes to and fro, and compares with what is there.
func TestAroundWalks(t *testing.T) {
	opened := 0
	c := cursor{open: opener(csv(500), &opened)}
	walk := []int{2, 3, 500, 499, 470, 468, 467, 466, 2, 501, 1, 250, 251, 218, 600}
	for _, line := range walk {
		at := min(max(line, 2), 501)
		want := []int{at - 1, at, at + 1}
		if at == 2 {
			want[0] = 0
		}
		if at == 501 {
			want[2] = 0
		}
		got, err := c.around(t.Context(), line)
		if err != nil || lines(got) != fmt.Sprint(want) {
			t.Fatalf("around line %d: got %s, %v, want %v", line, lines(got), err, want)
		}
		if len(c.recent) > 2*kept {
			t.Fatalf("around line %d: %d rows are held", line, len(c.recent))
		}
	}
	if opened >= len(walk) {
		t.Errorf("the source was opened %d times for %d steps", opened, len(walk))
	}
}

// TestAroundStepsBackFromMemory holds stepping back to one reading per some
// rows, not one a row.
func TestAroundStepsBackFromMemory(t *testing.T) {
	opened := 0
	c := cursor{open: opener(csv(500), &opened)}
	for line := 500; line > 400; line-- {
		if got, err := c.around(t.Context(), line); err != nil || got.at.line != line {
			t.Fatalf("around line %d: got %s, %v", line, lines(got), err)
		}
	}
	if most := 2 + 100/(kept-1); opened > most {
		t.Errorf("the source was opened %d times, want %d at most", opened, most)
	}
}

func TestCursorReportsWhatEndsTheSource(t *testing.T) {
	opened := 0
	c := cursor{open: opener("a,b\n1,2\n3,4\nx,\xff\n", &opened)}
	if got, err := c.around(t.Context(), 2); err != nil || lines(got) != "[0 2 3]" {
		t.Errorf("before the damage: %s, %v", lines(got), err)
	}
	for range 2 {
		if _, err := c.around(t.Context(), 4); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("at the damage: %v", err)
		}
	}
}

// TestFarRowsNeedNoMemory picks a row deep in a large source.
func TestFarRowsNeedNoMemory(t *testing.T) {
	const rows = 200_000
	text := csv(1)
	var b strings.Builder
	b.WriteString(text)
	for range rows {
		b.WriteString("c7,Somebody,DE\n")
	}
	opened := 0
	c := cursor{open: opener(b.String(), &opened)}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := c.around(t.Context(), rows-100)
	if err != nil || got.at.line != rows-100 {
		t.Fatalf("got %s, %v", lines(got), err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d bytes are held", grown)
	}
	runtime.KeepAlive(&c)
}

func BenchmarkFarRow(b *testing.B) {
	var text strings.Builder
	text.WriteString("id,first_name,country\n")
	for range 1_000_000 {
		text.WriteString("6329f3a1b2c3d4e5f6a7b8c9,Somebody,DE\n")
	}
	opened := 0
	open := opener(text.String(), &opened)
	for b.Loop() {
		c := cursor{open: open}
		if _, err := c.around(b.Context(), 900_000); err != nil {
			b.Fatal(err)
		}
	}
}
