package campaign

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// changed returns the names of the parts in which two campaigns differ.
func changed(a, b *Campaign) []string {
	hashes := map[string]string{}
	for _, p := range a.Parts() {
		hashes[p.Name] = p.Hash
	}
	var names []string
	for _, p := range b.Parts() {
		if hashes[p.Name] != p.Hash {
			names = append(names, p.Name)
		}
		delete(hashes, p.Name)
	}
	return append(names, sorted(hashes)...)
}

func TestPartsNameWhatChanged(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{"campaign.yaml": everything, "welcome.html": `<p>{{template "p" .}}</p>`, "p.html": "Hi"}
	}
	before := load(t, files(), nil)
	for _, tt := range []struct {
		file, old, new string
		want           []string
	}{
		{"campaign.yaml", "spring-launch", "summer", []string{"name"}},
		{"campaign.yaml", "it's here", "here it is", []string{"message.subject"}},
		{"campaign.yaml", "394051", "394052", []string{"message.from"}},
		{"campaign.yaml", "type: email", "type: in_app", []string{"message.type"}},
		{"campaign.yaml", "{{.role}}", "user", []string{"to.type"}},
		{"campaign.yaml", "key: \"{{.contact_id}}\"\n", "", []string{"key"}},
		{"campaign.yaml", "\"Spring launch\"", "Summer", []string{"vars.event"}},
		{"campaign.yaml", "id: abc", "id: xyz", []string{"message.bcc[1].id"}},
		{"campaign.yaml", "09:30:00Z", "10:30:00+01:00", nil}, // the same moment
		{"campaign.yaml", "share: 80%", "share: 70%", nil},
		{"campaign.yaml", "data/contacts.csv", "other.csv", nil},
		{"campaign.yaml", "region: eu", "region: us", nil},
		{"welcome.html", "<p>", "<div>", []string{"file welcome.html"}},
		{"p.html", "Hi", "Hello", []string{"file p.html"}},
	} {
		now := files()
		now[tt.file] = strings.Replace(now[tt.file], tt.old, tt.new, 1)
		after := load(t, now, nil)
		if diff := cmp.Diff(tt.want, changed(before, after)); diff != "" {
			t.Errorf("%s -> %s: %s", tt.old, tt.new, diff)
		}
		if (before.Fingerprint() == after.Fingerprint()) != (tt.want == nil) {
			t.Errorf("%s -> %s: the fingerprint does not tell", tt.old, tt.new)
		}
	}
	if diff := cmp.Diff(before.Parts(), load(t, files(), nil).Parts()); diff != "" {
		t.Error("the same campaign in another folder: ", diff)
	}
}
