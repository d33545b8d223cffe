package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// plantedRows is how many rows the list has that the check must find its way in.
const plantedRows = 100_000

var plantedColumns = []string{
	"contact_id", "role", "first_name", "Last Name", "email", "topic", "company", "link", "phone", "since", "owner", "boss", "note",
}

// A plant is a problem that is put into a row. The finding's place is where the
// cell of its column starts, unless at says otherwise.
type plant struct {
	row    int
	kind   string
	column string
	value  string
	raw    func(cells []string) string // the whole line, of a row that can't be read
	at     func(cells []string) int    // the character in the line; nil: the cell's
}

// planted are 60 problems of 30 kinds. A value of the form =N is that of row N.
var planted = []plant{
	{row: 11, kind: "ragged", raw: func(c []string) string { return strings.Join(c[:5], ",") },
		at: func(c []string) int { return utf8.RuneCountInString(strings.Join(c[:5], ",")) + 1 }},
	{row: 99_990, kind: "ragged", raw: func(c []string) string { return strings.Join(c, ",") + ",more" },
		at: func(c []string) int { return utf8.RuneCountInString(strings.Join(c, ",")) + 2 }},
	{row: 12, kind: "stray_quote", raw: func(c []string) string { return c[0] + `,user,Dwayne "The Rock",` + strings.Join(c[3:], ",") },
		at: func(c []string) int { return len(c[0]) + len(`,user,Dwayne "`) }},
	{row: 70_001, kind: "stray_quote", raw: func(c []string) string { return c[0] + `,user,"Ann"ika,` + strings.Join(c[3:], ",") },
		at: func(c []string) int { return len(c[0]) + len(`,user,"Ann"`) + 1 }},
	{row: 40_000, kind: "open_quote", raw: func(c []string) string { return c[0] + `,user,"Ann,` + strings.Join(c[3:], ",") },
		at: func(c []string) int { return len(c[0]) + len(`,user,"`) }},
	{row: 40_100, kind: "too_long", raw: func(c []string) string { return strings.Join(c, ",") + strings.Repeat("x", 1<<20) },
		at: func([]string) int { return 0 }},

	{row: 0, kind: "bad_id", column: "contact_id", value: ""},
	{row: 13, kind: "bad_id", column: "contact_id", value: "anna@example.com"},
	{row: 14, kind: "bad_id", column: "contact_id", value: "6329f3a1 6329f3a2"},
	{row: 15, kind: "bad_id", column: "contact_id", value: "NULL"},
	{row: 16, kind: "bad_type", column: "role", value: "visitor"},
	{row: 31_003, kind: "bad_type", column: "role", value: " "},
	{row: 17, kind: "bad_sender", column: "owner", value: "Anna"},
	{row: 50_017, kind: "bad_sender", column: "owner", value: ""},
	{row: 18, kind: "bad_copy", column: "boss", value: "6329\x07f3a1"},
	{row: 19, kind: "id_as_number", column: "contact_id", value: "6.76212E+22"},
	{row: 60_019, kind: "id_as_number", column: "contact_id", value: "6,76E+22"},
	{row: 60_020, kind: "id_as_number", column: "boss", value: "6762123.0"},
	{row: 21, kind: "spreadsheet_error", column: "company", value: "#REF!"},
	{row: 22, kind: "spreadsheet_error", column: "first_name", value: "#N/A"},
	{row: 23, kind: "spreadsheet_error", column: "contact_id", value: "#NAME?"},
	{row: 24, kind: "broken_place", column: "link", value: "javascript:alert(1)"},
	{row: 25, kind: "empty_subject", column: "topic", value: ""},
	{row: 26, kind: "placeholder", column: "first_name", value: "{{first_name}}"},
	{row: 27, kind: "placeholder", column: "company", value: "the team of %COMPANY_NAME%"},
	{row: 28, kind: "placeholder", column: "first_name", value: "*|FNAME|*"},
	{row: 29, kind: "placeholder", column: "topic", value: "News for [First Name]"},
	{row: 30, kind: "template_fails", column: "since", value: "last spring"},
	{row: 81_030, kind: "template_fails", column: "since", value: "31/12/2025"},

	{row: 32, kind: "empty_field", column: "first_name", value: ""},
	{row: 99_999, kind: "empty_field", column: "company", value: "  "},
	{row: 33, kind: "null_text", column: "company", value: "undefined"},
	{row: 34, kind: "null_text", column: "first_name", value: "null"},
	{row: 35, kind: "damaged_number", column: "phone", value: "4.91701E+11"},
	{row: 36, kind: "lost_zeros", column: "contact_id", value: "46329371"},
	{row: 90_036, kind: "lost_zeros", column: "contact_id", value: "7"},
	{row: 37, kind: "bad_email", column: "email", value: "anna.example.com"},
	{row: 38, kind: "bad_email", column: "email", value: "anna@example"},
	{row: 39, kind: "bad_email", column: "email", value: "anna@example.com;otto@example.com"},
	{row: 41, kind: "mojibake", column: "first_name", value: "JÃ¼rgen"},
	{row: 42, kind: "mojibake", column: "company", value: "Annaâ€™s"},
	{row: 43, kind: "mojibake", column: "topic", value: "Ã–sterreich ruft"},
	{row: 44, kind: "mojibake", column: "first_name", value: "Bj\uFFFDrn"},
	{row: 45, kind: "control_characters", column: "first_name", value: "An\x07na"},
	{row: 46, kind: "control_characters", column: "topic", value: "two\nlines"},
	{row: 47, kind: "bidi", column: "company", value: "Acme \u202Eemca"},
	{row: 48, kind: "bad_link", column: "link", value: "https://localhost:3000/x"},
	{row: 49, kind: "bad_link", column: "link", value: "https://exa mple.com/x"},
	{row: 51, kind: "insecure_link", column: "link", value: "http://example.com/x"},
	{row: 52, kind: "long_subject", column: "topic", value: strings.Repeat("long ", 31)},
	{row: 53, kind: "long_body", column: "note", value: strings.Repeat("long ", 20_000)},
	{row: 54, kind: "shouting", column: "topic", value: "LAST CHANCE TO SAVE"},
	{row: 55, kind: "shouting", column: "topic", value: "LETZTE GRÜSSE AUS MÜNCHEN"},
	{row: 56, kind: "filler", column: "note", value: "Lorem Ipsum dolor"},
	{row: 57, kind: "filler", column: "company", value: "TODO: ask Otto"},
	{row: 58, kind: "duplicate_key", column: "contact_id", value: "=57"},
	{row: 95_000, kind: "duplicate_key", column: "contact_id", value: "=100"},
	{row: 95_001, kind: "duplicate_key", column: "contact_id", value: "=90000"},
	{row: 95_002, kind: "one_email_many_ids", column: "email", value: "=101"},
	{row: 95_003, kind: "one_email_many_ids", column: "email", value: "=94000"},
}

// A place is what the test compares: a kind, and where.
type place struct {
	Kind   string
	Line   int
	Column int
}

// plantedCells are the values of a row without a problem: the same on every
// machine, with what real lists have: umlauts, quotes, line breaks, empty cells.
func plantedCells(i int) []string {
	random := rand.New(rand.NewPCG(5, uint64(i)))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	id := fmt.Sprintf("%08x%016x", uint32(i), random.Uint64())
	return []string{
		id, pick("user", "user", "user", "lead"),
		pick("Anna", "Zoë", "Björn", "Chidi", "Đorđe", "Jean-Luc", "Ñico", "Åse", "SIOBHÁN", "Null"),
		pick("Arndt", "O'Neill", "Müller", "Nguyễn", "Łukasik", "García"),
		fmt.Sprintf("person-%d@example.com", i),
		pick("Your plan at Acme", "NASA and you", "„Ä“ und „Ö“", "100% off, [beta]"),
		pick("Acme", `Globex "EU"`, "Initech & Sons", "Umbrella, Inc.", "CAFÉ–BAR"),
		pick("https://example.com/a?b=c&d=%20", "https://www.example.co.uk/"),
		pick("+49 170 1234567", "0170/1234567", ""),
		pick("2024-02-29", "2025-12-31"), pick("394051", "anna@example.com"), pick("", "", id),
		pick("", "met at the fair", "says \"call, don't write\"", "two\nlines", "https://example.com, see there"),
	}
}

// writePlanted writes the list, and returns the places of what was planted. It
// keeps count of lines and columns itself.
func writePlanted(w *bufio.Writer, plants map[int]plant) (want []place) {
	fmt.Fprintln(w, strings.Join(plantedColumns, ","))
	line := 2
	for i := range plantedRows {
		cells := plantedCells(i)
		p, ok := plants[i]
		if ok && p.raw != nil {
			for j := range cells { // no cell that is quoted, or has two lines
				cells[j] = strings.NewReplacer("\n", " ", `"`, "'", ",", ";").Replace(cells[j])
			}
			want = append(want, place{p.kind, line, p.at(cells)})
			line++
			fmt.Fprintln(w, p.raw(cells))
			continue
		}
		at := -1
		if ok {
			at = slices.Index(plantedColumns, p.column)
			cells[at] = p.value
			var of int
			if n, _ := fmt.Sscanf(p.value, "=%d", &of); n == 1 {
				cells[at] = plantedCells(of)[at]
			}
		}
		column := 1
		for j, cell := range cells {
			if j == at {
				want = append(want, place{p.kind, line, column})
			}
			if strings.ContainsAny(cell, "\",\n") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			if j+1 < len(cells) {
				cell += ","
			}
			w.WriteString(cell)
			line += strings.Count(cell, "\n")
			if i := strings.LastIndexByte(cell, '\n'); i >= 0 {
				column, cell = 1, cell[i+1:]
			}
			column += utf8.RuneCountInString(cell)
		}
		w.WriteString("\n")
		line++
	}
	return want
}

const plantedCampaign = `name: planted
source: contacts.csv
to: {type: "{{.role}}", id: "{{.contact_id}}"}
message:
  type: email
  subject: "{{.topic}}"
  body: body.html
  template: plain
  from: "{{.owner}}"
  cc: [{type: user, id: "{{.boss}}"}]
`

const plantedBody = `<p>Hi {{.first_name}} {{.last_name | default ""}},</p>
<p>{{.company}} is with us since {{date "long" .since}}. {{if .phone}}We call {{.phone}}.{{end}} {{.note | default "-"}}
<a href="{{.link}}">Look</a>, or <a href="https://example.com/unsubscribe">unsubscribe</a>.</p>
`

// TestPlanted looks for 60 problems in 100,000 rows: check finds each of them, at
// its line and column, and nothing else.
func TestPlanted(t *testing.T) {
	dir := t.TempDir()
	plants := map[int]plant{}
	kinds := map[string]bool{}
	for _, p := range planted {
		plants[p.row], kinds[p.kind] = p, true
	}
	if len(plants) != 60 || len(kinds) < 25 {
		t.Fatalf("%d problems of %d kinds are planted, want 60 of at least 25", len(plants), len(kinds))
	}
	var list bytes.Buffer
	w := bufio.NewWriter(&list)
	want := writePlanted(w, plants)
	_ = w.Flush()
	writeFiles(t, dir, map[string]string{"planted.yaml": plantedCampaign, "body.html": plantedBody, "contacts.csv": list.String()})

	got := checkPlaces(t, filepath.Join(dir, "planted.yaml"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("planted and found differ (-planted +found):\n%s", diff)
	}
}

// TestPlantedObjects is the same for what only JSONL has.
func TestPlantedObjects(t *testing.T) {
	dir := t.TempDir()
	rows := []struct{ kind, row, at string }{
		{"", `{"id":"c1","name":"Ann","co":{"name":"Acme"}}`, ""},
		{"not_json", `{"id":00123,"name":"Ann"}`, `00123`},
		{"not_json", `{"id":"c2","name":"Ann"`, ""},
		{"not_object", ` ["c3"]`, `[`},
		{"not_object", `{"id":"c4"} {"id":"c5"}`, `{"id":"c5`},
		{"duplicate_name", `{"id":"c6","name":"Ann","name":"Bob"}`, `"name":"Bob`},
		{"missing_field", `{"id":"c7","name":"Ann","co":{}}`, ""},
		{"missing_field", `{"id":"c8","name":"Ann","co":{"name":null}}`, `null`},
		{"null_text", `{"id":"c9","name":"Ann","co":{"city":"Köln","name":"NULL"}}`, `"NULL`},
		{"mojibake", `{"id":"c10","co":{"name":"Acme"},"name":"JÃ¶rg"}`, `"JÃ`},
		{"template_fails", `{"id":"c11","name":["Ann"],"co":{"name":"Acme"}}`, `["Ann`},
		{"bad_id", `{"id":"","name":"Ann","co":{"name":"Acme"}}`, `"","`},
		{"empty_field", `{"id":"c12","name":" ","co":{"name":"Acme"}}`, `" "`},
		{"bad_email", `{"id":"c13","name":"Ann","co":{"name":"Acme"},"email":"ann"}`, `"ann`},
	}
	var text strings.Builder
	var want []place
	for i, r := range rows {
		text.WriteString(r.row + "\n")
		if r.kind == "" {
			continue
		}
		column := 0
		switch before, _, ok := strings.Cut(r.row, r.at); {
		case r.at != "" && ok:
			column = utf8.RuneCountInString(before) + 1
		case r.kind == "not_json":
			column = len(r.row) + 1
		}
		want = append(want, place{r.kind, i + 1, column})
	}
	writeFiles(t, dir, map[string]string{"contacts.jsonl": text.String(), "objects.yaml": `name: objects
source: contacts.jsonl
to: {type: user, id: "{{.id}}"}
message: {type: in_app, body: "Hi {{.name}} of {{.co.name}}", from: 394051}
`})
	if diff := cmp.Diff(want, checkPlaces(t, filepath.Join(dir, "objects.yaml"))); diff != "" {
		t.Errorf("planted and found differ (-planted +found):\n%s", diff)
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// checkPlaces runs herald check, which must refuse, and returns what it found.
func checkPlaces(t *testing.T, campaign string) []place {
	t.Helper()
	t.Setenv(tokenVariable, "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var out, talk bytes.Buffer
	err := run(context.Background(), []string{"check", campaign, "--all", "--json", "--show-values", "--progress", "none"}, strings.NewReader(""), &out, &talk)
	if exitCode(err) != exitUsage {
		t.Fatalf("check ended with %v:\n%s", err, talk.String())
	}
	var v struct {
		Problems []struct {
			Kind  string
			Count int
		}
		Findings []place
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	counted, listed := map[string]int{}, map[string]int{}
	for _, p := range v.Problems {
		counted[p.Kind] = p.Count
	}
	for _, f := range v.Findings {
		listed[f.Kind]++
	}
	if diff := cmp.Diff(counted, listed); diff != "" {
		t.Errorf("the table and the list differ (-table +list):\n%s", diff)
	}
	return v.Findings
}
