package campaign

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/source"
)

// weighted is a campaign whose variants are these lines.
func weighted(t *testing.T, variants string) *Renderer {
	t.Helper()
	c := load(t, map[string]string{"campaign.yaml": inApp("Hi") + "variants:\n" + variants}, nil)
	return compile(t, c, nil)
}

func person(i int) *source.Recipient {
	return source.NewObject(i, map[string]any{"id": fmt.Sprintf("person-%d", i)})
}

func variantOf(t *testing.T, r *Renderer, row *source.Recipient, had string) string {
	t.Helper()
	name, err := r.Variant(row, had)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

const people = 20_000

// Each variant gets its share, however many there are.
func TestVariantsGetTheirShares(t *testing.T) {
	r := weighted(t, "  a: {weight: 50%}\n  b: {weight: 30%}\n  c: {weight: 20%}\n")
	got := map[string]int{}
	for i := range people {
		got[variantOf(t, r, person(i), "")]++
	}
	for name, share := range map[string]float64{"a": 0.5, "b": 0.3, "c": 0.2} {
		deviation := math.Sqrt(people * share * (1 - share))
		if math.Abs(float64(got[name])-people*share) > 4*deviation {
			t.Errorf("%s has %d of %d, want %.0f", name, got[name], people, people*share)
		}
	}
}

// A new variant takes people from all others, and none of the others from each
// other; what stands first, or how the weights are written, is of no account.
func TestANewVariantMovesNobodyElse(t *testing.T) {
	before := weighted(t, "  a: {weight: 2}\n  b: {weight: 1}\n")
	after := weighted(t, "  c: {weight: 100}\n  b: {weight: 100}\n  a: {weight: 200}\n")
	taken := 0
	for i := range people {
		was, is := variantOf(t, before, person(i), ""), variantOf(t, after, person(i), "")
		if is == "c" {
			taken++
		} else if was != is {
			t.Fatalf("person %d moved from %s to %s", i, was, is)
		}
		if had := variantOf(t, after, person(i), was); had != was {
			t.Fatalf("person %d is on record with %s, and gets %s", i, was, had)
		}
	}
	if taken < people/5 || taken > people*3/10 {
		t.Errorf("the new one has %d of %d, want a quarter", taken, people)
	}
	if got := variantOf(t, after, person(1), "gone"); got != variantOf(t, after, person(1), "") {
		t.Errorf("a variant that is gone: %s", got)
	}
}

// Who is held does not depend on who gets what, and a smaller share holds some of
// those that a greater one does.
func TestHeldIsAStableShare(t *testing.T) {
	hold := func(share string) *Renderer { return weighted(t, "  a:\n  b:\nhold: "+share+"\n") }
	most, some := hold("80%"), hold("40%")
	held, ofA, all := 0, 0, 0
	for i := range people {
		row := person(i)
		if some.Held(row) && !most.Held(row) {
			t.Fatalf("person %d is held at 40 %% and not at 80 %%", i)
		}
		isA := variantOf(t, most, row, "") == "a"
		if isA {
			all++
		}
		if most.Held(row) {
			held++
			if isA {
				ofA++
			}
		}
	}
	if got := float64(held) / people; math.Abs(got-0.8) > 0.015 {
		t.Errorf("held %.3f, want 0.8", got)
	}
	if got := float64(ofA) / float64(all); math.Abs(got-0.8) > 0.015 {
		t.Errorf("of variant a %.3f are held, want 0.8", got)
	}
	if weighted(t, "  a:\n").Held(person(1)) {
		t.Error("held, where nobody is")
	}
}

// Two campaigns to the same people don't divide them alike.
func TestCampaignsDivideIndependently(t *testing.T) {
	c := load(t, map[string]string{"campaign.yaml": strings.Replace(inApp("Hi"), "name: ", "name: other-", 1) + "variants: {a: , b: }\n"}, nil)
	one, other := weighted(t, "  a:\n  b:\n"), compile(t, c, nil)
	alike := 0
	for i := range people {
		if variantOf(t, one, person(i), "") == variantOf(t, other, person(i), "") {
			alike++
		}
	}
	if math.Abs(float64(alike)/people-0.5) > 0.015 {
		t.Errorf("%d of %d are alike", alike, people)
	}
}

// byLanguage has conditions, of which the first that is true counts.
const byLanguage = `name: test
source: contacts.csv
to: {type: user, id: "{{.id}}"}
message: {type: email, template: plain, from: 7, subject: "Hello {{.name}}", body: "Hello, <b>{{.name}}</b>"}
variants:
  german: {when: '{{eq .lang "de"}}', subject: "Hallo {{.name}}", body: de.md, from: 8}
  swiss: {when: '{{or (eq .lang "de") (eq .lang "ch")}}', subject: "Grüezi {{.name}}"}
`

func TestVariantsByCondition(t *testing.T) {
	files := map[string]string{"campaign.yaml": byLanguage, "de.md": "Hallo **{{.name}}** {{template \"foot\" .}}", "foot.html": "Gruß"}
	h := header(t, "id", "name", "lang")
	r := compile(t, load(t, files, nil), h)
	for lang, want := range map[string]string{
		"de": "german 8 Hallo Anna <p>Hallo <strong>Anna</strong> Gruß</p>",
		"ch": "swiss 7 Grüezi Anna Hello, <b>Anna</b>",
	} {
		row := source.NewRecipient(h, 2, []string{"1", "Anna", lang})
		m, err := r.Render(row)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(variantOf(t, r, row, "swiss"), " ", m.From, " ", m.Subject, " ", strings.TrimSpace(m.Body))
		if got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		if from, err := r.Sender(row); err != nil || from.ID != m.From {
			t.Errorf("%s: from %v, %v", lang, from, err)
		}
	}
	french := source.NewRecipient(h, 3, []string{"1", "Anna", "fr"})
	_, err := r.Render(french)
	var refused *RenderError
	if !errors.As(err, &refused) || refused.Kind != KindNoVariant || refused.Line != 6 {
		t.Errorf("no condition is true: %v", err)
	}
	files["campaign.yaml"] += "  else:\n"
	r = compile(t, load(t, files, nil), h)
	if m, err := r.Render(french); err != nil || m.Subject != "Hello Anna" || variantOf(t, r, french, "") != Else {
		t.Errorf("all others: %+v, %v", m, err)
	}
	if m, err := r.As("german").Render(french); err != nil || m.Subject != "Hallo Anna" {
		t.Errorf("as another: %+v, %v", m, err)
	}
	if senders, all := r.FixedSenders(); !all || len(senders) != 2 || !r.SendersByVariant() {
		t.Errorf("senders %v, all %v", senders, all)
	}
	if _, one := r.FixedSender(); one {
		t.Error("two senders are one")
	}
}

func TestConditionsAreTrueOrFalse(t *testing.T) {
	for value, want := range map[string]string{
		" true\n": "a", "false": "else", "": "else",
		"Yes": "a", "1": "a", "no": "else", "0": "else",
		"de": `campaign.yaml:10:14: variants.a.when: "de" must be true or false, as {{eq .lang "de"}} is`,
	} {
		c := load(t, map[string]string{"campaign.yaml": inApp("Hi") + "variants:\n  a: {when: '{{.x}}'}\n  else:\n"}, nil)
		got, err := compile(t, c, nil).Variant(source.NewObject(1, map[string]any{"id": "1", "x": value}), "")
		if err != nil {
			got = strings.ReplaceAll(err.Error(), c.File, "campaign.yaml")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

// What a variant says is a part of what is sent; who is held is not.
func TestPartsOfVariants(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{"campaign.yaml": byLanguage + "  else:\n", "de.md": "Hallo {{template \"foot\" .}}", "foot.md": "Gruß"}
	}
	before := load(t, files(), nil)
	for _, tt := range []struct{ file, old, new, want string }{
		{"campaign.yaml", "Hallo", "Servus", "variants.german.subject"},
		{"campaign.yaml", `"de"}}', s`, `"at"}}', s`, "variants.german.when"},
		{"campaign.yaml", "from: 8", "from: 9", "variants.german.from"},
		{"campaign.yaml", "  else:\n", "", "variants"},
		{"campaign.yaml", "de.md", "foot.md", "file de.md, variants.german.body"},
		{"foot.md", "Gruß", "Tschüs", "file foot.md"},
	} {
		now := files()
		now[tt.file] = strings.Replace(now[tt.file], tt.old, tt.new, 1)
		got := changed(before, load(t, now, nil))
		if diff := cmp.Diff(strings.Split(tt.want, ", "), slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("%s -> %s: %s", tt.old, tt.new, diff)
		}
	}
	const two = "variants: {a: {weight: 1}, b: {weight: 1}}\n"
	same := load(t, map[string]string{"campaign.yaml": inApp("Hi") + two}, nil)
	held := load(t, map[string]string{"campaign.yaml": inApp("Hi") + two + "hold: 50%\n"}, nil)
	other := load(t, map[string]string{"campaign.yaml": inApp("Hi") + strings.Replace(two, "1", "2", 1)}, nil)
	if got := changed(same, held); len(got) != 0 {
		t.Errorf("holding changes %v", got)
	}
	if diff := cmp.Diff([]string{"variants.a.weight"}, changed(same, other)); diff != "" {
		t.Error(diff)
	}
}
