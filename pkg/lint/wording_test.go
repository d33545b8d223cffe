package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/source"
)

const twoWordings = `variants:
  calm: {when: '{{eq .role "user"}}'}
  loud: {when: '{{eq .role "lead"}}', subject: "HELLO THERE, YOU [[name]]", body: "Look at {{.link}} [First Name]"}
`

func TestFixedTextsOfVariants(t *testing.T) {
	l, _, _ := newLinter(t, "body.txt", "Hi {{.name}}, write to me to unsubscribe", "", twoWordings)
	want := []string{"placeholder campaign.yaml:6:66 error", "shouting campaign.yaml:6:49", "placeholder campaign.yaml:6:102 error", "no_opt_out"}
	if diff := cmp.Diff(want, brief(l.Fixed(1))); diff != "" {
		t.Error(diff)
	}
	if found := l.Variant("calm").Fixed(1); len(found) != 0 {
		t.Errorf("of the other variant: %v", found)
	}
	if got := len(l.Variants()); got != 2 || l.Variants()[1].Name() != "loud" || l.Name() != "" {
		t.Errorf("%d linters of variants", got)
	}
}

// A row is judged by what its variant prints.
func TestRowsOfVariants(t *testing.T) {
	l, r, h := newLinter(t, "body.txt", "Hi {{.name}}, write to me to unsubscribe", "", twoWordings)
	for _, tt := range []struct {
		role, name, link string
		want             []string
	}{
		{"user", "NULL", "http://localhost/", []string{"null_text name"}},
		{"lead", "NULL", "http://localhost/", []string{"bad_link link"}},
	} {
		row := source.NewRecipient(h, 2, []string{"abc", tt.role, tt.name, "a@example.com", tt.link})
		variant, err := r.Variant(row, "")
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Render(row)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, brief(l.Variant(variant).Row(row, m))); diff != "" {
			t.Errorf("%s: %s", tt.role, diff)
		}
	}
	stranger := source.NewRecipient(h, 3, []string{"abc", "admin", "", "", ""})
	_, err := r.Variant(stranger, "")
	f := l.Refused(stranger, 3, err)
	if f.Kind != "no_variant" || f.Field != "role" || f.Value != "admin" {
		t.Errorf("%+v", f)
	}
}
