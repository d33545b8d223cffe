package architecture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// What no file may name, since it would hold on one machine only. These lists are
// written so that the check doesn't find itself.
var (
	// machineFolders begin an absolute path.
	machineFolders = []string{"/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/"}

	// registries serve packages: clients know theirs, and people choose others.
	registries = []string{
		"proxy" + ".golang.org", "sum" + ".golang.org", "goproxy" + ".io",
		"registry" + ".npmjs.org", "deb" + ".debian.org", "pypi" + ".org", "crates" + ".io",
	}
)

func TestText(t *testing.T) {
	for name, text := range textFiles(t) {
		report(t, checkText(name, text))
	}
}

// checkText finds what no file may name.
func checkText(name string, text []byte) []finding {
	var found []finding
	find := func(names []string, what string, counts func(before []byte) bool) {
		for _, s := range names {
			for from := 0; ; from += len(s) {
				i := bytes.Index(text[from:], []byte(s))
				if i < 0 {
					break
				}
				from += i
				if counts(text[:from]) {
					line := 1 + bytes.Count(text[:from], []byte("\n"))
					found = append(found, finding{fmt.Sprintf("%s:%d", name, line), s + " is " + what})
				}
			}
		}
	}
	find(machineFolders, "a folder of somebody's machine", beginsPath)
	find(registries, "a package registry", func([]byte) bool { return true })
	return found
}

// beginsPath tells whether a slash after this text is a path's first: one in the
// middle follows a name, a variable or an abbreviation.
func beginsPath(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	last := before[len(before)-1]
	letter := last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z' || last >= '0' && last <= '9' || last >= 0x80
	return !letter && !strings.ContainsRune("_-.~)}]", rune(last))
}

// TestCheckText proves that the check above can fail.
func TestCheckText(t *testing.T) {
	home, registry := machineFolders[2], registries[0]
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "examples/work/contacts.csv, $HOME/work/x, ${X}/work/, ~/work/, golang.org/x/text", ""},
		{"begins the file", home + "anna/x", "machine"},
		{"begins a line", "a\n" + home + "anna/x", "machine"},
		{"in quotes", "a\nb = \"" + home + "anna\"", "machine"},
		{"after one that is fine", "x" + home + " " + home, "machine"},
		{"a file URL", "file:" + "//" + home, "machine"},
		{"a registry", "GOPROXY=https://" + registry, "registry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, checkText("x.txt", []byte(test.text)), test.want)
		})
	}
}

func TestCheckTextSaysWhere(t *testing.T) {
	found := checkText("x.txt", []byte("a\nb\nc "+machineFolders[0]+"\n"))
	if len(found) != 1 || found[0].place != "x.txt:3" {
		t.Errorf("found %v, want one thing in line 3", found)
	}
}
