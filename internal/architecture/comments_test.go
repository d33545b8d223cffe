package architecture

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"
)

func TestEveryExportedNameHasAComment(t *testing.T) {
	described := make(map[string]bool) // packages with a package comment
	for _, f := range goFiles(t) {
		if !f.in("pkg") || f.isTest() {
			continue
		}
		report(t, checkComments(f))
		described[path.Dir(f.name)] = described[path.Dir(f.name)] || f.syntax.Doc != nil
	}
	for dir, ok := range described {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

// fromStandard are methods whose meaning the standard library fixes: on them, a
// comment would say what everybody knows.
var fromStandard = map[string]bool{"Error": true, "Unwrap": true, "String": true}

// checkComments finds exported functions, methods, types and values that nothing
// is said about; a comment above a group is enough for its values. The type's
// comment may speak for its fields, but those of Options each need their own:
// required or not, unit, default.
func checkComments(f goFile) []finding {
	var found []finding
	missing := func(name *ast.Ident) {
		if name.IsExported() {
			found = append(found, f.at(name.Pos(), name.Name+" has no comment"))
		}
	}
	for _, d := range f.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && (d.Recv == nil || onExported(d.Recv) && !fromStandard[d.Name.Name]) {
				missing(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				checkSpec(d.Doc != nil, spec, missing)
			}
		}
	}
	return found
}

// checkSpec looks at one type or value of a declaration, or of a group of them
// that may have a comment.
func checkSpec(described bool, spec ast.Spec, missing func(*ast.Ident)) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		if !described && s.Doc == nil && s.Comment == nil {
			each(s.Names, missing)
		}
	case *ast.TypeSpec:
		if !described && s.Doc == nil {
			missing(s.Name)
		}
		if t, ok := s.Type.(*ast.StructType); ok && strings.HasSuffix(s.Name.Name, "Options") {
			for _, field := range t.Fields.List {
				if field.Doc == nil && field.Comment == nil {
					each(field.Names, missing)
				}
			}
		}
	}
}

func each(names []*ast.Ident, do func(*ast.Ident)) {
	for _, name := range names {
		do(name)
	}
}

// onExported tells whether a method's receiver is of an exported type.
func onExported(receiver *ast.FieldList) bool {
	exported := false
	ast.Inspect(receiver.List[0].Type, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		exported = exported || ok && token.IsExported(name.Name)
		return !ok
	})
	return exported
}

// TestCheckComments proves that the check above can fail.
func TestCheckComments(t *testing.T) {
	for _, test := range []struct{ name, code, want string }{
		{"function", "func F() {}", "F has no comment"},
		{"function with a comment", "// F is.\nfunc F() {}", ""},
		{"a comment further up", "// F is.\n\nfunc F() {}", "F has no comment"},
		{"unexported", "func f() {}\ntype t struct{ A int }", ""},
		{"method", "// T is.\ntype T int\nfunc (t *T) M() {}", "M has no comment"},
		{"method of a generic type", "func (t *T[K]) M() {}", "M has no comment"},
		{"method of an unexported type", "func (t t) M() {}", ""},
		{"type", "type T int", "T has no comment"},
		{"value", "const C = 1", "C has no comment"},
		{"group", "// All are.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
		{"group without a comment", "const (\n\tA = 1 // is\n\tB = 2\n)", "B has no comment"},
		{"field", "// T is.\ntype T struct { A int }", ""},
		{"option", "// Options are.\ntype Options struct { A int }", "A has no comment"},
		{"option with a comment", "// Options are.\ntype Options struct {\n\t// A is.\n\tA int\n\tB int // is\n}", ""},
		{"error", "func (t T) Error() string { return \"\" }", ""},
		{"function Error", "func Error() {}", "Error has no comment"},
		{"embedded", "// Options are.\ntype Options struct { error }", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, checkComments(parse(t, "pkg/x/x.go", "package x\n\n"+test.code+"\n")), test.want)
		})
	}
}
