package architecture

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// Longest sizes, in lines; tests may be longer. Most functions should have ten
// lines and most files less than 300: these are the ends, not the aims.
const (
	maxFunction = 80
	maxFile     = 400
)

func TestSize(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.isTest() {
			report(t, checkSize(f))
		}
	}
}

// checkSize finds functions and files that are too long to be read at once.
func checkSize(f goFile) []finding {
	var found []finding
	if n := f.line(f.syntax.FileEnd - 1); n > maxFile {
		found = append(found, f.at(f.syntax.Package, fmt.Sprintf("the file has %d lines, more than %d", n, maxFile)))
	}
	for _, d := range f.syntax.Decls {
		if d, ok := d.(*ast.FuncDecl); ok {
			if n := f.line(d.End()) - f.line(d.Pos()) + 1; n > maxFunction {
				found = append(found, f.at(d.Pos(), fmt.Sprintf("%s has %d lines, more than %d", d.Name.Name, n, maxFunction)))
			}
		}
	}
	return found
}

// TestCheckSize proves that the check above can fail.
func TestCheckSize(t *testing.T) {
	function := func(lines int) string {
		return "func f() {\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
	}
	for _, test := range []struct{ name, code, want string }{
		{"longest function", function(maxFunction), ""},
		{"longer", function(maxFunction + 1), "f has 81 lines"},
		{"longest file", strings.Repeat("//\n", maxFile-1), ""},
		{"longer file", strings.Repeat("//\n", maxFile), "the file has 401 lines"},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, checkSize(parse(t, "x.go", "package x\n"+test.code)), test.want)
		})
	}
}
