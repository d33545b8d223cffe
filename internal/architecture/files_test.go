package architecture

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/herald-campaigns/herald"

// A finding is one breach of a rule.
type finding struct{ place, what string }

// report fails the test for each finding.
func report(t *testing.T, found []finding) {
	t.Helper()
	for _, f := range found {
		t.Errorf("%s: %s", f.place, f.what)
	}
}

// expect compares what a check found in a sample with what it should find: one
// thing that contains want, or nothing if want is empty.
func expect(t *testing.T, found []finding, want string) {
	t.Helper()
	switch {
	case want == "" && len(found) > 0:
		t.Errorf("found %v, want nothing", found)
	case want != "" && (len(found) != 1 || !strings.Contains(found[0].what, want)):
		t.Errorf("found %v, want one thing about %q", found, want)
	}
}

// A goFile is one source file, whatever platform it is for.
type goFile struct {
	name   string // path from the repository's root, with slashes
	set    *token.FileSet
	syntax *ast.File
}

func (f goFile) isTest() bool         { return strings.HasSuffix(f.name, "_test.go") }
func (f goFile) in(dir string) bool   { return strings.HasPrefix(f.name, dir+"/") }
func (f goFile) line(p token.Pos) int { return f.set.Position(p).Line }

// at is a finding at a place in the file.
func (f goFile) at(p token.Pos, what string) finding {
	return finding{fmt.Sprintf("%s:%d", f.name, f.line(p)), what}
}

// goFiles are the repository's Go files, those for other platforms too.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no Go files")
	}
	return files
}

// parsed reads all Go files once for all tests.
var parsed = sync.OnceValues(func() ([]goFile, error) {
	texts, err := repository()
	if err != nil {
		return nil, err
	}
	var files []goFile
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parseFile(name, texts[name])
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
})

func parseFile(name string, text []byte) (goFile, error) {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return goFile{name: name, set: set, syntax: syntax}, err
}

// parse is for samples.
func parse(t *testing.T, name, text string) goFile {
	t.Helper()
	f, err := parseFile(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// textFiles are the repository's files that hold text, by path from its root.
func textFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// outputs are folders of .gitignore: what is built or measured is not the
// repository's.
var outputs = map[string]bool{".git": true, "bin": true, "dist": true, "bench/out": true}

// repository reads all files that hold text, once for all tests.
var repository = sync.OnceValues(func() (map[string][]byte, error) {
	const root = "../.."
	files := make(map[string][]byte)
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && outputs[name]:
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err == nil && !bytes.ContainsRune(text, 0) {
			files[name] = text
		}
		return err
	})
	return files, err
})

// unquote is for string literals that the parser has accepted.
func unquote(literal string) string {
	s, err := strconv.Unquote(literal)
	if err != nil {
		return literal
	}
	return s
}
