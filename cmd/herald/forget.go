package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A forgetting is how people are forgotten.
type forgetting struct {
	wanted wanted // its field
	anyway bool   // also who is nowhere: their key is blocked
	all    bool   // everybody whom a WHO fits
	dryRun bool
}

func forgetCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var o forgetting
	c := &cobra.Command{
		Use:   "forget CAMPAIGN|FOLDER WHO...",
		Short: "Remove a person's data from a campaign's ledger, results and exports",
		Long: `Forget removes what herald has of these people beside a campaign: from its ledger
keys, lines, message ids and texts; from its results, those of rehearsals and of
the sandbox, results that were kept aside, and exports (files with a column
herald_key in the campaign's folder) their rows. What stays is a hash that still
keeps herald from writing to them: they count as skipped. It prints a receipt
with the date, which also names what herald can't reach.

` + whoHelp + `
If it fits several people nothing is changed, unless --all says that all of them
are meant. A WHO that is nowhere is told, and not blocked; with --anyway it is
taken for the key of somebody who must never be written to.

Of a FOLDER it is every campaign file in it, and in the folders right below it.

It ends with 1 if a WHO is nobody, and with 3 if a file had to be left as it is.`,
		Example: `  herald forget spring.yaml maria@example.com --dry-run
  herald forget spring.yaml 6329f3a1 6329f3a2 > receipt.txt
  herald forget campaigns/ maria@example.com --json`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			defer s.close()
			return s.forget(c.Context(), args[0], args[1:], o)
		},
	}
	s.files.addReading(c.Flags())
	o.wanted.addField(c.Flags())
	c.Flags().BoolVar(&o.anyway, "anyway", false, "block a WHO that is nowhere, as a key")
	c.Flags().BoolVar(&o.all, "all", false, "forget everybody whom a WHO fits")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be removed, and change nothing")
	c.Flags().BoolVar(&s.run.json, "json", false, "print the receipt as JSON")
	return c
}

// forget finds out who is meant, everywhere, before it changes anything.
func (s *session) forget(ctx context.Context, path string, who []string, o forgetting) error {
	o.wanted.anywhere = isFolder(path)
	paths, unreached, err := s.campaignsOf(path)
	if err != nil {
		return err
	}
	r := &receipt{Time: time.Now().UTC(), DryRun: o.dryRun, Who: who, Unreached: unreached}
	asked := &asked{fits: map[string]bool{}, near: map[string]string{}}
	var farewells []*farewell
	for _, path := range paths {
		of, err := s.farewellsOf(ctx, path, who, o, asked)
		if err != nil {
			return err
		}
		farewells = append(farewells, of...)
	}
	unfit := slices.DeleteFunc(slices.Clone(who), func(w string) bool { return asked.fits[w] })
	if len(unfit) == len(who) && !o.anyway {
		return asked.nobody(unfit, path)
	}
	for _, f := range farewells {
		if o.anyway {
			f.keys = append(f.keys, unfit...)
		}
		if err := f.carryOut(r, o); err != nil {
			s.printReceipt(r) // of what was done
			return err
		}
	}
	s.printReceipt(r)
	s.afterForgetting(path, who, o)
	if len(unfit) > 0 && !o.anyway {
		return asked.nobody(unfit, path)
	}
	if len(r.left()) > 0 {
		return errLeft
	}
	return nil
}

// afterForgetting says which command comes next.
func (s *session) afterForgetting(path string, who []string, o forgetting) {
	switch {
	case o.dryRun:
		command := "herald forget " + shellQuote(append([]string{path}, who...)...)
		if o.wanted.field != "" {
			command += " --field " + shellQuote(o.wanted.field)
		}
		for _, f := range []struct {
			said bool
			flag string
		}{{o.all, " --all"}, {o.anyway, " --anyway"}} {
			if f.said {
				command += f.flag
			}
		}
		s.next(command)
	case !isFolder(path):
		s.next("herald status " + shellQuote(path))
	}
}

// campaignsOf returns the campaign files that a path stands for, and what of a
// folder belongs to none of them.
func (s *session) campaignsOf(path string) (paths, unreached []string, err error) {
	if !isFolder(path) {
		return []string{path}, nil, nil
	}
	if err := s.files.none(); err != nil {
		return nil, nil, err
	}
	found, err := lookThrough(path)
	if err != nil {
		return nil, nil, err
	}
	for _, err := range found.broken {
		unreached = append(unreached, fmt.Sprintf("what belongs to this file, which is no campaign that can be read: %v", err))
	}
	for _, orphan := range found.orphans {
		unreached = append(unreached, orphan+", the ledger of no campaign here")
	}
	return found.campaigns, unreached, found.nothingOn(path)
}

// Asked is what came of looking for each WHO, over all campaigns.
type asked struct {
	fits map[string]bool
	near map[string]string
}

// nobody says whom nothing is known of.
func (a *asked) nobody(unfit []string, path string) error {
	hint := "they are not blocked: check the spelling; or say --anyway to block a key that never was written to"
	for _, w := range unfit {
		if near := a.near[w]; near != "" {
			hint = fmt.Sprintf("did you mean %s? %s", near, hint)
		}
	}
	return &refusal{code: exitCant, what: fmt.Sprintf("nothing in %s knows %s", path, strings.Join(unfit, ", ")), hint: hint}
}

// A farewell is whom a campaign is to forget.
type farewell struct {
	*session
	ledgers []string
	keys    []string
	lines   []int // of the source, that are theirs
}

// farewellsOf finds out whom a campaign and each of its editions are to forget:
// whoever one of them knows, all of them.
func (s *session) farewellsOf(ctx context.Context, path string, who []string, o forgetting, asked *asked) ([]*farewell, error) {
	twins, err := s.twins(path)
	if err != nil {
		return nil, err
	}
	var all []*farewell
	var keys []string
	for _, t := range twins {
		f, err := t.farewell(ctx, path, who, o, asked)
		t.close()
		if err != nil {
			return nil, err
		}
		all, keys = append(all, f), append(keys, f.keys...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for _, f := range all {
		f.keys = slices.Clone(keys)
	}
	return all, nil
}

// farewell finds out whom a campaign is to forget.
func (s *session) farewell(ctx context.Context, path string, who []string, o forgetting, asked *asked) (*farewell, error) {
	if err := s.load(path); err != nil {
		return nil, err
	}
	f := &farewell{session: s}
	books, err := f.books()
	if err != nil {
		return nil, err
	}
	if err := s.sourceAtHand(ctx); err != nil {
		return nil, err
	}
	for _, w := range who {
		o.wanted.text = w
		keys, err := f.find(books, o, asked)
		if err != nil {
			return nil, err
		}
		f.keys = append(f.keys, keys...)
	}
	slices.Sort(f.keys)
	f.keys = slices.Compact(f.keys)
	slices.Sort(f.lines)
	f.lines = slices.Compact(f.lines)
	return f, nil
}

// books reads the ledgers of a campaign: its own, and that of the sandbox. A
// campaign without any has one that is nil.
func (f *farewell) books() ([]*ledger.Book, error) {
	f.ledgers = []string{f.files.ledger}
	if f.files.ledger == "" {
		f.ledgers = slices.DeleteFunc([]string{f.home() + ".ledger", f.home() + ".sandbox.ledger"}, func(path string) bool { return !exists(path) })
	}
	var books []*ledger.Book
	for _, path := range f.ledgers {
		book, err := ledger.Load(path, nil)
		if err != nil {
			return nil, f.ledgerError(err)
		}
		books = append(books, book)
	}
	if books == nil {
		books = []*ledger.Book{nil}
	}
	return books, nil
}

// find returns the keys of one WHO.
func (f *farewell) find(books []*ledger.Book, o forgetting, asked *asked) ([]string, error) {
	var keys []string
	for _, book := range books {
		found, err := f.search(book, o.wanted)
		if err != nil {
			return nil, err
		}
		fit := found.withKeys()
		if len(fit)+found.more > 1 && !o.all || found.more > 0 {
			return nil, f.ambiguous(found, fit)
		}
		for _, p := range fit {
			keys = append(keys, p.key)
			if p.line > 0 {
				f.lines = append(append(f.lines, p.line), p.more...)
			}
		}
		asked.near[o.wanted.text] = cmp.Or(asked.near[o.wanted.text], found.suggestion())
	}
	if len(keys) == 0 && o.wanted.field == "" {
		there, err := f.inFiles(o.wanted.text)
		if err != nil {
			return nil, err
		}
		if there {
			keys = append(keys, o.wanted.text)
		}
	}
	for _, book := range books {
		var err error
		if keys, err = withReplaced(book, keys); err != nil {
			return nil, err
		}
	}
	asked.fits[o.wanted.text] = asked.fits[o.wanted.text] || len(keys) > 0
	return keys, nil
}

// ambiguous refuses a WHO that fits several people.
func (f *farewell) ambiguous(s *search, fit []*found) error {
	n := len(fit) + s.more
	var names []string
	for _, p := range fit[:min(mostListed, len(fit))] {
		names = append(names, fmt.Sprintf("  %s, line %d, by %s", p.key, p.line, p.by))
	}
	if n > len(names) {
		names = append(names, fmt.Sprintf("  and %s more", report.Number(n-len(names))))
	}
	return &refusal{code: exitUsage, what: fmt.Sprintf("%s fits %s in %s:\n%s", s.wanted, people(n), f.campaign.File, strings.Join(names, "\n")),
		hint: "nothing was changed: name one by key, or say --all if all of them are meant"}
}

// withReplaced adds the keys that took the place of these, or whose place these
// took: a corrected row is the same person.
func withReplaced(book *ledger.Book, keys []string) ([]string, error) {
	for more := book != nil && len(keys) > 0; more; {
		more = false
		for e, err := range book.Events(func(key string, line int) bool { return line == 0 && slices.Contains(keys, key) }) {
			if err != nil {
				return nil, err
			}
			if e.Replaced == nil {
				continue
			}
			for _, key := range []string{e.Replaced.Key, e.Replaced.By} {
				if key != "" && !slices.Contains(keys, key) {
					keys, more = append(keys, key), true
				}
			}
		}
	}
	return keys, nil
}
