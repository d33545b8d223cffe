package architecture

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// A ban is of names of the standard library: packages, or package.Name, where a
// final * stands for the rest.
type ban struct{ names, why string }

// libraryBans hold under pkg, outside tests: whoever imports a package decides
// what is printed, when the process ends and what a signal means. A type that
// says how it is logged (slog.LogValuer) and a logger that discards are fine.
var libraryBans = []ban{
	{"os/signal flag", "signals and flags belong to main"},
	{"os.Exit log.Fatal*", "libraries don't end the process"},
	{"fmt.Print* os.Stdout os.Stderr", "libraries don't print: take an io.Writer"},
	{"log.Print* log.Panic* log.Output log.Default log.Set*", "libraries don't log"},
	{"log/slog.Debug* log/slog.Info* log/slog.Warn* log/slog.Error* log/slog.Log", "libraries don't log"},
	{"log/slog.Default log/slog.SetDefault", "the process's logger belongs to main"},
}

// sleepBan holds everywhere but in tests whose time is virtual.
var sleepBan = []ban{
	{"time.Sleep", "a wait ends with its context; in tests, testing/synctest"},
}

func TestCalls(t *testing.T) {
	files := goFiles(t)
	virtual := virtualTime(files)
	for _, f := range files {
		if !f.isTest() || !virtual[path.Dir(f.name)] {
			report(t, checkUses(f, sleepBan))
		}
		if f.in("pkg") && !f.isTest() {
			report(t, checkUses(f, libraryBans))
			report(t, checkBuiltins(f))
		}
	}
}

// virtualTime are the folders whose tests use testing/synctest: in its bubbles a
// sleep takes no time. Helpers sleep there in files that don't import it, so this
// is by folder.
func virtualTime(files []goFile) map[string]bool {
	dirs := make(map[string]bool)
	for _, f := range files {
		for _, spec := range f.syntax.Imports {
			if f.isTest() && unquote(spec.Path.Value) == "testing/synctest" {
				dirs[path.Dir(f.name)] = true
			}
		}
	}
	return dirs
}

// checkUses finds banned imports and banned names of imported packages.
func checkUses(f goFile, bans []ban) []finding {
	var found []finding
	imports := make(map[string]string) // the name in this file: the path
	for _, spec := range f.syntax.Imports {
		imported := unquote(spec.Path.Value)
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == "." {
			found = append(found, f.at(spec.Pos(), "import . hides where a name comes from"))
		}
		imports[local] = imported
		if b, ok := banned(bans, imported); ok {
			found = append(found, f.at(spec.Pos(), imported+": "+b.why))
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && imports[x.Name] != "" {
			name := imports[x.Name] + "." + selector.Sel.Name
			if b, ok := banned(bans, name); ok {
				found = append(found, f.at(selector.Pos(), name+": "+b.why))
			}
		}
		return true
	})
	return found
}

func banned(bans []ban, name string) (ban, bool) {
	for _, b := range bans {
		for pattern := range strings.FieldsSeq(b.names) {
			prefix, open := strings.CutSuffix(pattern, "*")
			if name == prefix || open && strings.HasPrefix(name, prefix) {
				return b, true
			}
		}
	}
	return ban{}, false
}

// checkBuiltins finds the built-in print functions, and init, which works behind
// the back of whoever imports the package.
func checkBuiltins(f goFile) []finding {
	var found []finding
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				found = append(found, f.at(n.Pos(), "init: importing a package must do nothing"))
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
				found = append(found, f.at(n.Pos(), name.Name+": libraries don't print"))
			}
		}
		return true
	})
	return found
}

// TestCheckCalls proves that the checks above can fail.
func TestCheckCalls(t *testing.T) {
	for _, test := range []struct{ name, code, want string }{
		{"nothing", `import "fmt"; var _ = fmt.Sprint`, ""},
		{"printing", `import "fmt"; func f() { fmt.Println() }`, "fmt.Println"},
		{"printing under another name", `import x "fmt"; func f() { x.Printf("") }`, "fmt.Printf"},
		{"printing as a value", `import "fmt"; var p = fmt.Print`, "fmt.Print"},
		{"writing to a file", `import "fmt"; func f() { fmt.Fprintln(nil) }`, ""},
		{"standard output", `import "os"; var out = os.Stdout`, "os.Stdout"},
		{"the end", `import "os"; func f() { os.Exit(1) }`, "os.Exit"},
		{"signals", `import "os/signal"; var _ = 0`, "os/signal"},
		{"logging", `import "log"; func f() { log.Println() }`, "log.Println"},
		{"a logger that is told where to write", `import "log"; var _ = log.New(nil, "", 0)`, ""},
		{"structured logging", `import "log/slog"; func f() { slog.InfoContext(nil, "") }`, "log/slog.Info"},
		{"how a type is logged", `import "log/slog"; func (t) LogValue() slog.Value { return slog.StringValue("") }`, ""},
		{"the built-in", `func f() { println() }`, "println"},
		{"a method of that name", `func f(x t) { x.println() }`, ""},
		{"another's Exit", `func f() { os.Exit(1) }`, ""},
		{"init", `func init() {}`, "init"},
		{"a method init", `func (t) init() {}`, ""},
		{"dot import", `import . "fmt"; var _ = 0`, "import ."},
		{"sleeping", `import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := parse(t, "pkg/x/x.go", "package x\n"+test.code)
			expect(t, append(checkUses(f, slices.Concat(sleepBan, libraryBans)), checkBuiltins(f)...), test.want)
		})
	}
}

func TestVirtualTime(t *testing.T) {
	dirs := virtualTime([]goFile{
		parse(t, "pkg/a/a_test.go", `package a; import "testing/synctest"`),
		parse(t, "pkg/b/b_test.go", `package b; import "testing"`),
		parse(t, "pkg/c/c.go", `package c; import "testing/synctest"`),
	})
	if len(dirs) != 1 || !dirs["pkg/a"] {
		t.Errorf("got %v, want pkg/a alone", dirs)
	}
}
