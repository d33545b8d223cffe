package campaign

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/source"
)

const selectionHead = `name: a
source: "-"
to: {type: user, id: "{{.id}}"}
vars: {plan: pro}
message: {type: in_app, from: "{{.owner}}", cc: {type: user, id: "{{.boss}}"}, body: "<p>Hello you</p>"}
`

func TestSelection(t *testing.T) {
	path := write(t, map[string]string{"campaign.yaml": selectionHead + `only: '{{and (eq .lang "de") (eq .plan .vars.plan)}}'
except: "{{.gone}}"
sample: 10%
suppress: [lists/out.csv, /lists/all.txt]
`})
	c, err := Load(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(filepath.Dir(path), "lists/out.csv"), "/lists/all.txt"}, c.Suppress); diff != "" {
		t.Error(diff)
	}
	header, err := source.NewHeader([]string{"id", "lang", "plan", "gone", "owner", "boss"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Compile(header, CompileOptions{Admin: func(string) (int64, bool) { return 1, true }})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ lang, plan, gone, why, err string }{
		{"de", "pro", "", "", ""},
		{"de", "pro", " No ", "", ""},
		{"de", "free", "", "only", ""},
		{"en", "pro", "1", "only", ""},
		{"de", "pro", "TRUE", "except", ""},
		{"de", "pro", "maybe", "except", `"maybe" must be true or false`},
	} {
		row := source.NewRecipient(header, 2, []string{"c1", test.lang, test.plan, test.gone, "o@x.org", "b1"})
		selected, why, err := r.Selected(row)
		if selected != (test.why == "") || why != test.why || (err != nil) != (test.err != "") {
			t.Errorf("%+v: %v, %q, %v", test, selected, why, err)
		}
		if _, rendered := r.Render(row); fmt.Sprint(rendered) != fmt.Sprint(err) {
			t.Errorf("%+v: Render has %v", test, rendered)
		}
		var bad *RenderError
		if test.err != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), test.err) || bad.Line != 7) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if got := r.SenderFields(); !slices.Equal(got, []string{"owner"}) {
		t.Errorf("sender: %q", got)
	}
	if ids, err := r.Copied(source.NewRecipient(header, 2, []string{"c1", "", "", "", "", "b1"})); err != nil || !slices.Equal(ids, []string{"b1"}) {
		t.Errorf("copies: %q, %v", ids, err)
	}
	for _, p := range c.Parts() {
		if slices.Contains([]string{"only", "except", "sample", "suppress"}, p.Name) {
			t.Errorf("%s is in the fingerprint", p.Name)
		}
	}
}

func TestSelectionProblems(t *testing.T) {
	_, err := Load(write(t, map[string]string{"campaign.yaml": selectionHead + `only: lang == de
except: "{{eq .lang"
sample: 10
suppress: [a.csv, "", {file: b.csv}]
onyl: x
`}), Options{})
	if err == nil {
		t.Fatal("no problem")
	}
	text := err.Error()
	for _, want := range []string{
		`:6:7: only must be a condition on the row, as in '{{eq .lang "de"}}'`,
		":7:", ":8:9: sample: \"10\" must be a percentage", ":9:19: suppress must name a file", ":9:23: suppress must be a single value",
		":10:1: unknown key onyl (did you mean only?)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}

// A sample is as large as it is said to be, part of each greater one, and another
// one in each campaign.
func TestSample(t *testing.T) {
	const rows = 20000
	small, large, other := &Campaign{Name: "a"}, &Campaign{Name: "a"}, &Campaign{Name: "b"}
	small.Sample, large.Sample, other.Sample = 0.1, 0.3, 0.1
	var in, both int
	for i := range rows {
		key := fmt.Sprint("k", i)
		if !(&Campaign{}).InSample(key) {
			t.Fatal("without a sample somebody is left out")
		}
		if small.InSample(key) {
			in++
			if !large.InSample(key) {
				t.Fatalf("%s is in 10 %% and not in 30 %%", key)
			}
			if other.InSample(key) {
				both++
			}
		}
	}
	if math.Abs(float64(in)/rows-0.1) > 0.01 || math.Abs(float64(both)/rows-0.01) > 0.005 {
		t.Errorf("%d of %d, %d in both campaigns'", in, rows, both)
	}
	if full := (&Campaign{Selection: Selection{Sample: 1}}); !full.InSample("k") {
		t.Error("100 % leaves somebody out")
	}
}
