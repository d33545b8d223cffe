package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A copyFile is a file beside a campaign that has rows of people.
type copyFile struct {
	path   string
	kind   string // as receipts say it
	column string // that has the key

	names func(keys []string) []string   // what the column has for keys; nil: the keys
	keyOf func(*source.Recipient) string // a row's key; nil: what the column has
}

// copies lists the files that herald made from a campaign, but its ledgers.
func (f *farewell) copies() ([]copyFile, error) {
	results := []copyFile{
		{path: f.home() + ".results.csv", kind: "results", column: "key"},
		{path: f.home() + ".sandbox.results.csv", kind: "results of the sandbox", column: "key"},
		{path: f.home() + ".rehearsal.results.csv", kind: "results of a rehearsal", column: "key"},
		{path: f.home() + ".replies.csv", kind: "replies", column: "key"},
		{path: f.home() + ".sandbox.replies.csv", kind: "replies of the sandbox", column: "key"},
	}
	if f.files.results != "" {
		results = append(results, copyFile{path: f.files.results, kind: "results", column: "key"})
	}
	var all []copyFile
	for _, r := range results {
		if exists(r.path) {
			all = append(all, r)
		}
		kept, err := keptAside(r.path)
		if err != nil {
			return nil, err
		}
		for _, path := range kept {
			all = append(all, copyFile{path: path, kind: r.kind + ", kept aside", column: "key"})
		}
	}
	all = append(all, f.contactCopies()...)
	if f.files.edition != "" && !f.files.given("edition") {
		return all, nil // exports are beside all editions: the campaign itself has them
	}
	exports, err := f.exports()
	return append(all, exports...), err
}

// keptAside lists what renewing results has put aside.
func keptAside(path string) ([]string, error) {
	ending := filepath.Ext(path)
	begin := strings.TrimSuffix(filepath.Base(path), ending) + ".kept-"
	return filesLike(filepath.Dir(path), func(name string) bool {
		return strings.HasPrefix(name, begin) && filepath.Ext(name) == ending
	})
}

// exports lists the exports in the campaign's folder: files of rows that have a
// column of herald's. The source is not one, even if it was.
func (f *farewell) exports() ([]copyFile, error) {
	paths, err := filesLike(filepath.Dir(f.campaign.File), func(name string) bool {
		return slices.Contains([]string{".csv", ".tsv", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(name)))
	})
	var all []copyFile
	for _, path := range paths {
		if !sameFile(path, f.sourceOf()) && hasColumn(path, heraldColumns[0]) {
			all = append(all, copyFile{path: path, kind: "export", column: heraldColumns[0]})
		}
	}
	return all, err
}

// sourceOf is the path of the source that this command line means.
func (s *session) sourceOf() string {
	return s.sourceFile()
}

// filesLike lists the regular files of a folder whose name is like that.
func filesLike(dir string, like func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var paths []string
	for _, e := range entries {
		if e.Type().IsRegular() && like(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, err
}

// hasColumn reports whether the rows of a file have this column.
func hasColumn(path, column string) bool {
	rows, err := source.Open(path, source.Options{})
	if err != nil {
		return false
	}
	defer rows.Close()
	if h := rows.Header(); h != nil {
		_, ok := h.Index(column)
		return ok
	}
	row, err := rows.Next()
	if err != nil {
		return false
	}
	_, ok := row.Value(column)
	return ok
}

// inFiles reports whether any copy has a row of a key.
func (f *farewell) inFiles(key string) (bool, error) {
	copies, err := f.copies()
	for _, c := range copies {
		n, err := copyWithout(io.Discard, c, []string{key})
		if err == nil && n > 0 {
			return true, nil
		}
	}
	return false, err
}

// errNoColumn says that a file has no column with keys.
var errNoColumn = errors.New("it has no column of keys any more: look yourself whether it names them")

// erase removes the rows of these keys from a copy, and returns how many there
// are. Without any, and in a dry run, the file stays as it is.
func (c copyFile) erase(keys []string, dryRun bool) (int, error) {
	n, err := copyWithout(io.Discard, c, keys)
	if err != nil || n == 0 || dryRun {
		return n, err
	}
	return n, report.Replace(c.path, func(out io.Writer) error {
		_, err := copyWithout(out, c, keys)
		return err
	})
}

// copyWithout copies a file but for the rows of these keys, and for rows that
// can't be read and name one of them; it returns how many those are. All else
// stays byte for byte, except that UTF-16 becomes UTF-8 and empty lines go.
func copyWithout(out io.Writer, c copyFile, keys []string) (int, error) {
	rows, err := source.Open(c.path, source.Options{})
	var unread *source.Error
	if errors.As(err, &unread) && unread.Kind == source.Empty {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if h := rows.Header(); h != nil {
		if _, ok := h.Index(c.column); !ok {
			return 0, errNoColumn
		}
	}
	if c.names != nil {
		keys = c.names(keys)
	}
	removed := 0
	w := &firstError{w: out}
	w.write(markOf(c.path))
	w.write(rows.HeaderRaw())
	err = eachSourceRow(rows, func(row *source.Recipient) error {
		if slices.Contains(keys, c.key(row)) {
			removed++
		} else {
			w.write(rows.Raw())
		}
		return w.err
	}, func(*source.RowError) {
		if slices.ContainsFunc(keys, func(key string) bool { return bytes.Contains(rows.Raw(), []byte(key)) }) {
			removed++
		} else {
			w.write(rows.Raw())
		}
	})
	return removed, errors.Join(err, w.err)
}

// key returns the key of a row, or what the file has in its place.
func (c copyFile) key(row *source.Recipient) string {
	if c.keyOf != nil {
		return c.keyOf(row)
	}
	key, _ := valueAt(row, c.column)
	return key
}

// markOf returns the byte order mark of UTF-8 if a file begins with any.
func markOf(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	start := make([]byte, 3)
	n, _ := io.ReadFull(f, start)
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(string(start[:n]), mark) {
			return []byte(utf8Mark)
		}
	}
	return nil
}

// utf8Mark tells spreadsheets that a file is UTF-8.
const utf8Mark = "\xef\xbb\xbf"

// A firstError writes until that fails.
type firstError struct {
	w   io.Writer
	err error
}

func (f *firstError) write(b []byte) {
	if f.err == nil {
		_, f.err = f.w.Write(b)
	}
}

// carryOut forgets, the copies before the ledger: what a crash leaves undone is
// found again by the same command.
func (f *farewell) carryOut(r *receipt, o forgetting) error {
	if len(f.keys) == 0 {
		return nil
	}
	c := &campaignReceipt{Campaign: f.title(), File: f.campaign.File, Keys: len(f.keys), Files: []fileReceipt{}}
	r.Campaigns = append(r.Campaigns, c)
	if err := f.eraseCopies(c, o); err != nil {
		return err
	}
	for _, path := range f.ledgers {
		got, err := ledger.Forget(path, f.keys, o.dryRun, ledger.Options{})
		if err != nil {
			return f.ledgerError(err)
		}
		c.Files = append(c.Files, fileReceipt{Path: path, Kind: "ledger", Ledger: &got})
		if err := f.closeProperly(path, o.dryRun); err != nil {
			return err
		}
	}
	r.Unreached = append(r.Unreached, f.unreached()...)
	return nil
}

// closeProperly has a new ledger say that it is whole.
func (f *farewell) closeProperly(path string, dryRun bool) error {
	if dryRun {
		return nil
	}
	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		return err
	}
	return l.Close()
}

// eraseCopies removes rows from the copies while nobody sends.
func (f *farewell) eraseCopies(c *campaignReceipt, o forgetting) error {
	if !o.dryRun {
		for _, path := range f.ledgers {
			l, err := ledger.Open(path, ledger.Options{})
			if err != nil {
				return err
			}
			defer l.Close()
		}
	}
	copies, err := f.copies()
	if err != nil {
		return err
	}
	for _, file := range copies {
		n, err := file.erase(f.keys, o.dryRun)
		got := fileReceipt{Path: file.path, Kind: file.kind, Rows: n}
		if err != nil {
			got.Problem = refusalOf(err).what
		}
		c.Files = append(c.Files, got)
	}
	return nil
}
