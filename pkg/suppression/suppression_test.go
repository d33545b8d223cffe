package suppression

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/herald-campaigns/herald/pkg/source"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIdentify(t *testing.T) {
	for text, want := range map[string]Identity{
		"":                            "",
		"  \u00a0 \ufeff":             "",
		" Ann@Example.COM\t":          "ann@example.com",
		"Ann <Ann@example.com>":       "ann@example.com",
		"mailto:ann@example.com":      "ann@example.com",
		"email:ann@example.com":       "ann@example.com",
		"external: K-17":              "K-17",
		"6329f3a1":                    "6329f3a1",
		"aB3":                         "aB3", // ids of some systems differ by capitals alone
		"ann@":                        "ann@",
		"@Ann":                        "@Ann",
		"\u200bann@example.com\u200e": "ann@example.com",
		"not <an address>":            "not <an address>",
	} {
		if got := Identify(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestReadLists(t *testing.T) {
	for _, test := range []struct {
		name, text string
		on         []string // in the order of their lines
		lines      []int
		off        []string
	}{
		{"plain.txt", "Ann@x.org\r\n\n# b@x.org\n 17 \n", []string{"ann@X.org", "17"}, []int{1, 4}, []string{"b@x.org", "# b@x.org", ""}},
		{"noending", "\xef\xbb\xbfann@x.org", []string{"ann@x.org"}, []int{1}, nil},
		{"empty.csv", "", nil, nil, []string{""}},
		{"header.csv", "email\n", nil, nil, []string{"email"}},
		{"one.csv", "who cares\nann@x.org\nK1\n", []string{"ann@x.org", "K1"}, []int{2, 3}, nil},
		{"bare.csv", "ann@x.org\nbob@x.org\n", []string{"ann@x.org", "bob@x.org"}, []int{1, 2}, nil},
		{"de.csv", "Name;E-Mail-Adresse;id\nAnn;Ann@x.org;7\n\"Bob\nB\";bob@x.org;n/a\nCyd;;9\n", []string{"ann@x.org", "7", "bob@x.org", "9"}, []int{2, 2, 3, 5}, []string{"Ann", "n/a", ""}},
		{"results.csv", "key,line,status\nc1,2,sent\n", []string{"c1"}, []int{2}, []string{"2", "sent"}},
		{"a.jsonl", "{\"external_id\": 17, \"x\": {\"mail\": \"ann@x.org\", \"id\": 3}, \"all\": [\"b@x.org\"]}\n", []string{"17", "ann@x.org", "b@x.org"}, []int{1, 1, 1}, []string{"3"}},
		{"log.csv", "who,action,reason,by,at\nann@x.org,add,,,\nbob@x.org,add,,,\nANN@x.org,remove,,,\n", []string{"bob@x.org"}, []int{3}, []string{"ann@x.org", "add"}},
		{"log", "who,action,reason,by,at\nann@x.org,remove,,,\nann@x.org,add,,,\n", []string{"ann@x.org"}, []int{3}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := Read(write(t, test.name, test.text))
			if err != nil {
				t.Fatal(err)
			}
			var lines []int
			for _, who := range test.on {
				line, ok := list.Find(Identify(who))
				if !ok {
					t.Errorf("%q is not on the list", who)
				}
				lines = append(lines, line)
			}
			if diff := cmp.Diff(test.lines, lines); diff != "" {
				t.Error(diff)
			}
			for _, who := range test.off {
				if _, ok := list.Find(Identify(who)); ok {
					t.Errorf("%q is on the list", who)
				}
			}
			if list.Len() != len(test.on) {
				t.Errorf("%d identities, want %d", list.Len(), len(test.on))
			}
		})
	}
}

func TestListsThatAreRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nobody.csv", "name,plan\nAnn,pro\n", "names nobody"},
		{"headless.csv", "ann@x.org,Ann\nbob@x.org,Bob\n", ":1: the first line has an email address"},
		{"ragged.csv", "email,name\na@x.org,Ann\nb@x.org\n", ":3: "},
		{"torn.csv", "who,action,reason,by,at\na@x.org,add,,,\nb@x", ":3: "},
		{"action.csv", "who,action,reason,by,at\na@x.org,Add,,,\n", ":2: the action \"Add\""},
		{"utf16.txt", "\xff\xfea\x00", ":1: is not UTF-8"},
		{"book.xlsx", "PK\x03\x04\x00\x00", "is not UTF-8"},
		{"page.csv", "<!doctype html><html>", "web page"},
		{"long.txt", strings.Repeat("a", maxPlain+1), ":1: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, test.name, test.text)
			_, err := Read(path)
			var bad *ListError
			if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.txt")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestFieldsOfARow(t *testing.T) {
	header, err := source.NewHeader([]string{"Contact ID", "E-Mail", "owner_email", "company_id", "age", "External ID"})
	if err != nil {
		t.Fatal(err)
	}
	fields := NewFields(header, "owner_email")
	row := source.NewRecipient(header, 2, []string{" c1 ", "Ann@X.org", "rep@us.com", "5", "17", "null"})
	if diff := cmp.Diff([]Identity{"c1", "ann@x.org"}, fields.Append(nil, row)); diff != "" {
		t.Error(diff)
	}
	object := source.NewObject(1, map[string]any{"owner_email": "rep@us.com", "id": "c1", "company": map[string]any{"id": "5"}})
	if diff := cmp.Diff([]Identity{"c1"}, NewFields(nil, "owner_email").Append(nil, object)); diff != "" {
		t.Error(diff)
	}
}

// A set says what a map of the last change of each identity says.
func TestSetIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Builder
		want := map[Identity]int{}
		for line, change := range rapid.SliceOf(rapid.IntRange(-9, 9)).Draw(t, "changes") {
			id := Identity(fmt.Sprint(max(change, -change)))
			if change < 0 {
				b.Remove(id, line+1)
				delete(want, id)
			} else {
				b.Add(id, line+1)
				want[id] = line + 1
			}
		}
		set := b.Set()
		if set.Len() != len(want) {
			t.Fatalf("%d, want %d", set.Len(), len(want))
		}
		for i := range 10 {
			id := Identity(fmt.Sprint(i))
			line, ok := set.Find(id)
			if wanted, has := want[id]; ok != has || line != wanted {
				t.Fatalf("%s: %d %v, want %d %v", id, line, ok, wanted, has)
			}
		}
	})
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	change := func(who, action, reason string) {
		t.Helper()
		if err := Append(path, Change{Who: who, Action: action, Reason: reason, By: "me", At: "2026-11-05T10:00:00Z"}); err != nil {
			t.Fatal(err)
		}
	}
	change("ann@x.org", Added, "asked, by \"phone\"\nand mail")
	change("K1", Added, "")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.TrimSuffix(text, []byte("\n")), 0o600); err != nil { // as an editor leaves it
		t.Fatal(err)
	}
	change("Ann@x.org", Removed, "")
	change("bob@x.org", Added, "complained")
	standing, err := Standing(path)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, c := range standing {
		who = append(who, c.Who+" "+c.Reason)
	}
	if diff := cmp.Diff([]string{"K1 ", "bob@x.org complained"}, who); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	list, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := list.Find("ann@x.org"); ok || list.Len() != 2 {
		t.Errorf("%d on the list", list.Len())
	}
}

func TestAppendToAnotherList(t *testing.T) {
	for name, text := range map[string]string{"other.csv": "email\na@x.org\n", "plain.txt": "a@x.org\n"} {
		path := write(t, name, text)
		if err := Append(path, Change{Who: "b@x.org", Action: Added}); !errors.Is(err, ErrNotLog) {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("%s was changed: %q", name, got)
		}
		if _, err := Standing(path); !errors.Is(err, ErrNotLog) {
			t.Errorf("%s: %v", name, err)
		}
	}
	empty := write(t, "empty", "")
	if err := Append(empty, Change{Who: "b@x.org", Action: Added}); err != nil {
		t.Error(err)
	}
	if list, err := Read(empty); err != nil || list.Len() != 1 {
		t.Errorf("%v %v", list, err)
	}
}

// Many who begin the same log at once lose nobody.
func TestAppendAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	var group sync.WaitGroup
	const many = 16
	for i := range many {
		group.Go(func() {
			if err := Append(path, Change{Who: fmt.Sprintf("p%d@x.org", i), Action: Added}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if list, err := Read(path); err != nil || list.Len() != many {
		t.Errorf("%v, %v", list, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".herald-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Whatever a list says, it is read or refused; nobody who stands alone in a line
// gets lost.
func FuzzReadPlain(f *testing.F) {
	f.Add("a@x.org\n17\n# no\n\n")
	f.Add("who,action,reason,by,at\na,add,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Read(write(t, "list", text))
		if err != nil || strings.HasPrefix(text, logHeader) {
			return
		}
		for _, line := range strings.Split(text, "\n") {
			id := Identify(line)
			if _, ok := list.Find(id); id != "" && id[0] != '#' && !ok {
				t.Fatalf("%q is not on the list", line)
			}
		}
	})
}
