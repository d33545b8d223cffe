package architecture

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"
)

// forbiddenText would hold on one machine only. The patterns are written so that
// they don't find themselves.
var forbiddenText = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{
		regexp.MustCompile(`(^|[^\w.~)}\]-])/(work|root|home|Users)/`),
		"a folder of somebody's machine",
	},
	{
		regexp.MustCompile(`(proxy|sum)[.]golang[.]org|registry[.]npmjs[.]org|deb[.]debian[.]org|pypi[.]org|crates[.]io|goproxy[.]`),
		"a package registry: clients know theirs, and people choose others",
	},
}

func TestText(t *testing.T) {
	for name, text := range textFiles(t) {
		report(t, checkText(name, text))
	}
}

// checkText finds what no file may say.
func checkText(name string, text []byte) []finding {
	var found []finding
	for _, f := range forbiddenText {
		for _, at := range f.pattern.FindAllIndex(text, -1) {
			line := 1 + bytes.Count(text[:at[1]], []byte("\n")) // the match may begin with a line break
			hit := bytes.TrimSpace(text[at[0]:at[1]])
			found = append(found, finding{fmt.Sprintf("%s:%d", name, line), fmt.Sprintf("%q is %s", hit, f.why)})
		}
	}
	return found
}

// TestCheckText proves that the check above can fail.
func TestCheckText(t *testing.T) {
	home, registry := "/"+"home"+"/", "proxy."+"golang.org"
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "examples/work/contacts.csv, $HOME/work/x, ~/work/, golang.org/x/text", ""},
		{"begins a line", home + "anna/x", "machine"},
		{"in quotes", "a\nb = \"" + home + "anna\"", "machine"},
		{"a file URL", "file:" + "//" + home, "machine"},
		{"a registry", "GOPROXY=https://" + registry, "registry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, checkText("x.txt", []byte(test.text)), test.want)
		})
	}
}
