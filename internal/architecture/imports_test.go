package architecture

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// A rule says what a package may import besides the standard library. Whatever
// it doesn't name is forbidden, and so is a package without a rule.
//
// A folder of this repository stands for the package in it, "x/..." for all below
// x too; a package or module of others always stands for all below it.
type rule struct {
	dir   string   // folder of the package; the longest that fits is its rule
	may   []string // what it may import
	tests []string // what its tests may import besides that and testTools
	why   string
}

// rules are DESIGN.md's import direction. A new dependency needs a line here, and
// a reason to earn its place.
var rules = []rule{
	{
		dir: "pkg/source",
		may: []string{"github.com/klauspost/compress/zstd", "golang.org/x/text", "github.com/go-json-experiment/json/jsontext"},
		why: "reads any list of people, for any program; zstd and foreign encodings are not in the standard library, nor yet the JSON tokenizer that is to come there: it reads rows five times as fast",
	},
	{
		dir: "pkg/intercom",
		may: []string{"github.com/go-json-experiment/json/jsontext"},
		why: "an API client that anyone can take as it is; net/http is all it needs, and what quotes strings for JSON twice as fast as a loop over bytes",
	},
	{
		dir: "pkg/contacts",
		may: []string{"pkg/intercom"},
		why: "who an address leads to is the API's to say; it knows its contacts and searches, and nothing of campaigns",
	},
	{
		dir: "pkg/ledger",
		may: []string{"golang.org/x/sys"},
		why: "the truth must not depend on who writes it; locking a file is a system call",
	},
	{
		dir: "pkg/governor",
		may: []string{"golang.org/x/time/rate"},
		why: "paces any client and knows no API; the token bucket is x/time's",
	},
	{
		dir: "pkg/calendar",
		why: "rules of the wall clock, for whatever is sent; the standard library knows the zones",
	},
	{
		dir: "pkg/report",
		may: []string{"github.com/gocarina/gocsv", "github.com/HdrHistogram/hdrhistogram-go"},
		why: "what people read, whatever made it; results are structs as CSV, percentiles need a mergeable histogram",
	},
	{
		dir: "pkg/suppression",
		may: []string{"pkg/source", "github.com/gocarina/gocsv"},
		why: "a list of people comes in the files that pkg/source reads; the log of who came and left has columns that are known",
	},
	{
		dir: "pkg/sandbox",
		why: "judges the wire, so it shares no struct with the client that it judges",
	},
	{
		dir: "pkg/campaign",
		may: []string{"pkg/source", "pkg/intercom", "pkg/contacts", "pkg/calendar", "go.yaml.in/yaml/v4", "github.com/yuin/goldmark"},
		why: "turns recipients into messages, so it knows both, and nothing of sending; what it says of time are calendar's rules, of addresses those of contacts; YAML and Markdown are its input",
	},
	{
		dir:   "pkg/preview",
		may:   []string{"pkg/source", "pkg/intercom", "pkg/campaign"},
		tests: []string{"github.com/chromedp/chromedp", "github.com/chromedp/cdproto"},
		why:   "shows rendered messages to a browser on this machine, so it knows rows, messages and where a template fails, and no client, ledger or token; its tests drive a browser",
	},
	{
		dir:   "pkg/lint",
		may:   []string{"pkg/source", "pkg/intercom", "pkg/campaign"},
		tests: []string{"golang.org/x/text"},
		why:   "judges rows, templates and messages before anything is sent, so it knows those three, and nothing of sending or of people's words",
	},
	{
		dir: "pkg/sender",
		may: []string{
			"pkg/source", "pkg/intercom", "pkg/ledger", "pkg/governor", "pkg/calendar", "pkg/report",
			"golang.org/x/sync/errgroup",
		},
		why: "the engine: rendering comes in as a function, so pkg/campaign stays out; errgroup is the pool",
	},
	{
		dir:   "templates",
		tests: []string{"pkg/campaign", "pkg/source"},
		why:   "files to embed, no code; tests render them",
	},
	{
		dir: "cmd/herald",
		may: []string{
			"pkg/...", "templates", "github.com/spf13/cobra", "github.com/spf13/pflag",
			"github.com/schollz/progressbar/v3", "golang.org/x/term", "github.com/rogpeppe/go-internal/diff",
		},
		tests: []string{"github.com/klauspost/compress", "golang.org/x/sys"},
		why:   "the only place that wires packages together and talks to people: flags, progress, terminal, how a text changed",
	},
	{
		dir: "bench/...",
		may: []string{"bench/...", "pkg/...", "templates", "golang.org/x/sync/errgroup"},
		why: "measures everything, is imported by nobody",
	},
	{
		dir: "examples/...",
		may: []string{"pkg/...", "templates"},
		why: "shows what users can do with herald and the standard library alone",
	},
	{
		dir: "internal/architecture",
		why: "reads the repository as text, so that it can judge what doesn't compile",
	},
}

// testTools is what all tests may import. The sandbox is there to be tested
// against, and imports nothing that could make a circle.
var testTools = []string{
	"pkg/sandbox",
	"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/rogpeppe/go-internal",
	"github.com/getkin/kin-openapi", "golang.org/x/net/html",
}

func TestImportDirection(t *testing.T) {
	for _, file := range goFiles(t) {
		report(t, checkImports(file, rules))
	}
}

// checkImports compares one file's imports with the rule of its package.
func checkImports(f goFile, rules []rule) []finding {
	dir := path.Dir(f.name)
	r, ok := ruleFor(dir, rules)
	if !ok {
		return []finding{f.at(f.syntax.Package, "package without a rule: add one, with its reason")}
	}
	may := r.may
	if f.isTest() {
		may = slices.Concat(may, r.tests, testTools, []string{dir})
	}
	var found []finding
	for _, spec := range f.syntax.Imports {
		imported := unquote(spec.Path.Value)
		if !isStandard(imported) && !slices.ContainsFunc(may, func(pattern string) bool { return allows(pattern, imported) }) {
			found = append(found, f.at(spec.Pos(), fmt.Sprintf("%s may not import %s (%s: %s)", dir, imported, r.dir, r.why)))
		}
	}
	return found
}

// allows tells whether a pattern of a rule includes an import path.
func allows(pattern, imported string) bool {
	if dir, ok := strings.CutPrefix(imported, module+"/"); ok {
		return covers(pattern, dir)
	}
	return covers(pattern+"/...", imported)
}

// ruleFor finds the rule of a folder: its own before that of a folder above.
func ruleFor(dir string, rules []rule) (rule, bool) {
	var best rule
	for _, r := range rules {
		if covers(r.dir, dir) && len(r.dir) > len(best.dir) {
			best = r
		}
	}
	return best, best.dir != ""
}

// covers tells whether a pattern, x or x/..., includes a path.
func covers(pattern, path string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return path == root || below && strings.HasPrefix(path, root+"/")
}

// isStandard goes by the rule of the go command: only other people's import paths
// begin with a domain.
func isStandard(imported string) bool {
	domain, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(domain, ".")
}

func TestEachRuleHasAPackageAndAReason(t *testing.T) {
	var dirs []string
	for _, file := range goFiles(t) {
		dirs = append(dirs, path.Dir(file.name))
	}
	for _, r := range rules {
		if r.why == "" {
			t.Errorf("the rule for %s has no reason", r.dir)
		}
		if !strings.HasSuffix(r.dir, "/...") && !slices.Contains(dirs, r.dir) {
			t.Errorf("the rule for %s is for no package", r.dir)
		}
	}
}

// TestCheckImports proves that the check above can fail.
func TestCheckImports(t *testing.T) {
	rules := []rule{
		{dir: "pkg/leaf", may: []string{"example.org/allowed"}, why: "stands alone"},
		{dir: "pkg/upper", may: []string{"pkg/leaf"}, tests: []string{"example.org/tests"}, why: "stands on leaf"},
		{dir: "cmd/...", may: []string{"pkg/..."}, why: "wires"},
	}
	for _, test := range []struct {
		name, file, imports string
		want                string // part of the one finding; empty: none
	}{
		{"standard library", "pkg/leaf/a.go", `"net/http"`, ""},
		{"nothing of ours", "pkg/leaf/a.go", `"` + module + `/pkg/upper"`, "may not import"},
		{"what is below", "pkg/upper/a.go", `"` + module + `/pkg/leaf"`, ""},
		{"not below that", "pkg/upper/a.go", `"` + module + `/pkg/leaf/inner"`, "may not import"},
		{"a renamed import", "pkg/upper/a.go", `x "` + module + `/cmd"`, "stands on leaf"},
		{"the module's root", "cmd/x/a.go", `"` + module + `"`, "may not import"},
		{"all below a pattern", "cmd/x/a.go", `"` + module + `/pkg/any"`, ""},
		{"listed module", "pkg/leaf/a.go", `"example.org/allowed/part"`, ""},
		{"a name that only begins alike", "pkg/leaf/a.go", `"example.org/allowedtoo"`, "may not import"},
		{"another's module", "pkg/upper/a.go", `"example.org/allowed"`, "may not import"},
		{"a platform's file", "pkg/leaf/a_windows.go", `"example.org/windows"`, "may not import"},
		{"a test's tools", "pkg/leaf/a_test.go", `"github.com/google/go-cmp/cmp"`, ""},
		{"a test's tools outside tests", "pkg/leaf/a.go", `"github.com/google/go-cmp/cmp"`, "may not import"},
		{"what its tests may", "pkg/upper/a_test.go", `"example.org/tests"`, ""},
		{"what only its tests may", "pkg/upper/a.go", `"example.org/tests"`, "may not import"},
		{"a test of its own package", "pkg/leaf/a_test.go", `"` + module + `/pkg/leaf"`, ""},
		{"a test of what is above", "pkg/leaf/a_test.go", `"` + module + `/pkg/upper"`, "may not import"},
		{"no rule", "pkg/new/a.go", `"fmt"`, "without a rule"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := parse(t, test.file, "package p\n\nimport "+test.imports+"\n")
			expect(t, checkImports(f, rules), test.want)
		})
	}
}
