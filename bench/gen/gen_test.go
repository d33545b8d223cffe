package gen

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBothFormatsHoldTheSamePeople(t *testing.T) {
	const n = 2000
	var asCSV, asJSON bytes.Buffer
	if err := CSV(&asCSV, n, 7); err != nil {
		t.Fatal(err)
	}
	if err := JSONL(&asJSON, n, 7); err != nil {
		t.Fatal(err)
	}
	cells, err := csv.NewReader(&asCSV).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cells[0], Columns()) || len(cells) != n+1 {
		t.Fatalf("%d records, header %v", len(cells), cells[0])
	}
	ids := make(map[string]bool)
	objects := json.NewDecoder(&asJSON)
	for i, row := range cells[1:] {
		var c Contact
		if err := objects.Decode(&c); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.cells(), row); diff != "" {
			t.Fatalf("contact %d differs (-JSON +CSV):\n%s", i+1, diff)
		}
		if ids[c.ContactID] || len(c.ContactID) != 24 {
			t.Fatalf("id %q is there twice, or odd", c.ContactID)
		}
		ids[c.ContactID] = true
	}
}

func TestTheSeedDecides(t *testing.T) {
	var a, again, b bytes.Buffer
	for _, file := range []struct {
		out  *bytes.Buffer
		seed uint64
	}{{&a, 1}, {&again, 1}, {&b, 2}} {
		if err := CSV(file.out, 100, file.seed); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), again.Bytes()) {
		t.Error("one seed gave two files")
	}
	if bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two seeds gave one file")
	}
}
