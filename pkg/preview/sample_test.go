package preview

import (
	"fmt"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	for _, test := range []struct {
		rows, n int
		want    string // lines
	}{
		{0, 3, "[]"},
		{2, 3, "[2 3]"},
		{3, 3, "[2 3 4]"},
		{4, 3, "[2 3 5]"},
		{6, 3, "[2 4 7]"},
		{100, 4, "[2 34 66 98]"},
		{100, 1, "[2]"},
		{5, 0, "[]"},
	} {
		opened := 0
		open := opener(csv(test.rows), &opened)
		rows, err := Sample(t.Context(), open, test.n)
		got := []int{}
		for _, row := range rows {
			got = append(got, row.Line)
		}
		if err != nil || fmt.Sprint(got) != test.want || opened != 1 {
			t.Errorf("%d of %d rows: got %v, %v after %d passes, want %s", test.n, test.rows, got, err, opened, test.want)
		}
	}
}

// TestSampleIsSpread holds samples of all sizes to their promises.
func TestSampleIsSpread(t *testing.T) {
	for rows := 1; rows < 300; rows += 7 {
		for _, n := range []int{1, 2, 5, 12} {
			opened := 0
			got, err := Sample(t.Context(), opener(csv(rows), &opened), n)
			if err != nil || len(got) != min(n, rows) {
				t.Fatalf("%d of %d rows: got %d, %v", n, rows, len(got), err)
			}
			for i := 1; i < len(got); i++ {
				if gap := got[i].Line - got[i-1].Line; gap < 1 || gap > 4*(rows/n+1) {
					t.Errorf("%d of %d rows: line %d after line %d", n, rows, got[i].Line, got[i-1].Line)
				}
			}
			if last := got[len(got)-1].Line; n > 1 && last < rows/3 {
				t.Errorf("%d of %d rows: the last is on line %d", n, rows, last)
			}
		}
	}
}

func TestExtremes(t *testing.T) {
	v := mustLoad(t, folder(t, map[string]string{
		"contacts.csv": "id,first_name,country,text\n" +
			"c2,Anna,DE,middle\n" +
			",Nobody,,\n" + // has no id
			"c4,,DE,the longest text of all\n" +
			"bad\n" +
			"c6,Bo,DE,x\n" +
			"c7,,,as empty as it gets\n" +
			"c8,,,as empty as it gets\n" +
			"c9,Bo,DE,y\n",
		"body.html": `<p>{{.text}}{{.first_name | default ""}}</p>`,
	}))
	got, err := v.Extremes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if lineOf(got.Longest) != 4 || lineOf(got.Shortest) != 6 || lineOf(got.Sparsest) != 7 || got.Rendered != 6 || got.Refused != 1 {
		t.Errorf("got longest %d, shortest %d, sparsest %d, %d rendered, %d refused",
			lineOf(got.Longest), lineOf(got.Shortest), lineOf(got.Sparsest), got.Rendered, got.Refused)
	}
}

// TestExtremesAreTheFirstOfEquals lets many workers find the same.
func TestExtremesAreTheFirstOfEquals(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,first_name\n")
	for range 5000 {
		b.WriteString("c1,Anna\n")
	}
	v := mustLoad(t, folder(t, map[string]string{"contacts.csv": b.String()}))
	for range 5 {
		got, err := v.Extremes(t.Context())
		if err != nil || lineOf(got.Longest) != 2 || lineOf(got.Shortest) != 2 || lineOf(got.Sparsest) != 2 {
			t.Fatalf("got lines %d, %d, %d, %v, want the first row", lineOf(got.Longest), lineOf(got.Shortest), lineOf(got.Sparsest), err)
		}
	}
}

func TestExtremesReportsWhatEndsTheSource(t *testing.T) {
	v := mustLoad(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	opened := 0
	v.Open = opener("id,first_name,country\nc2,A,B\nc3,\xff,\n", &opened)
	if _, err := v.Extremes(t.Context()); err == nil {
		t.Error("a source that can't be read on has extremes")
	}
	if rows, err := Sample(t.Context(), v.Open, 3); err == nil {
		t.Errorf("a source that can't be read on has a sample: %v", rows)
	}
}
