package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// showFolder answers which of a folder's campaigns a person got.
func (s *session) showFolder(ctx context.Context, dir string, w wanted) error {
	if w.line != 0 {
		return &usageError{err: errors.New("--line is of one source: name one campaign")}
	}
	w.anywhere = true
	if err := s.files.none(); err != nil {
		return err
	}
	shelf, err := lookThrough(dir)
	if err != nil {
		return err
	}
	s.warnShelf(shelf)
	if err := shelf.nothingOn(dir); err != nil {
		return err
	}
	accounts, near, err := s.askFolder(ctx, shelf, w)
	if err != nil {
		return err
	}
	return s.printFolder(dir, w, accounts, near)
}

// askFolder asks each campaign that has a ledger, once where several files share
// one; near is who may have been meant.
func (s *session) askFolder(ctx context.Context, shelf *shelf, w wanted) (accounts []*account, near string, err error) {
	accounts = []*account{}
	for _, path := range shelf.campaigns {
		twins, err := s.twins(path)
		if err != nil {
			return nil, "", err
		}
		for _, t := range twins {
			a, found, err := t.askOneOf(ctx, path, w)
			t.close()
			if err != nil {
				return nil, "", err
			}
			if a != nil {
				near = cmp.Or(near, found.suggestion())
				accounts = withAccount(accounts, a)
			}
		}
	}
	return accounts, near, nil
}

// withAccount adds what a ledger says, once where several files share one.
func withAccount(accounts []*account, a *account) []*account {
	same := slices.IndexFunc(accounts, func(b *account) bool { return b.Ledger == a.Ledger })
	switch {
	case same < 0:
		return append(accounts, a)
	case accounts[same].Found == 0: // its own source may know by another name
		accounts[same] = a
	}
	return accounts
}

// askOneOf asks a campaign of a folder; nil if it has no ledger.
func (s *session) askOneOf(ctx context.Context, path string, w wanted) (*account, *search, error) {
	if err := s.load(path); err != nil {
		return nil, nil, err
	}
	s.preferReal()
	if !exists(s.ledgerPath()) {
		return nil, nil, nil
	}
	book, err := s.offlineBook(path)
	if err != nil {
		return nil, nil, err
	}
	if err := s.sourceAtHand(ctx); err != nil {
		return nil, nil, err
	}
	if s.missing != "" {
		s.say("%s: the source is not at hand, so only keys are known: %s", path, s.missing)
	}
	return s.accountOf(book, w)
}

func (s *session) printFolder(dir string, w wanted, accounts []*account, near string) error {
	if s.run.json {
		s.printJSON(map[string]any{"campaigns": accounts})
	} else {
		s.printAccounts(w, accounts)
	}
	if slices.ContainsFunc(accounts, func(a *account) bool { return a.Found > 0 }) {
		return nil
	}
	r := &refusal{code: exitCant, what: fmt.Sprintf("no campaign in %s knows %s", dir, w),
		hint: "campaigns without a ledger were not asked: from those nothing was sent"}
	if near != "" {
		r.hint = "did you mean " + near + "?"
	}
	return r
}

// printAccounts prints what each campaign says, and how many were sent.
func (s *session) printAccounts(w wanted, accounts []*account) {
	width, sent, played := 0, 0, 0
	for _, a := range accounts {
		width = max(width, len(a.Campaign))
	}
	for _, a := range accounts {
		printAccount(s.program, a, width)
		switch was := slices.ContainsFunc(a.People, func(t *fate) bool { return t.Status == ledger.Sent.String() }); {
		case was && a.Sandbox:
			played++
		case was:
			sent++
		}
	}
	fmt.Fprintf(s.out, "%s asked: %s sent to %s", count(len(accounts), "campaign"), report.Number(sent), w)
	if played > 0 {
		fmt.Fprintf(s.out, ", %s in the sandbox only", report.Number(played))
	}
	fmt.Fprintln(s.out)
}

// printAccount prints what one campaign says, a line for each person.
func printAccount(p *program, a *account, width int) {
	name := a.Campaign + strings.Repeat(" ", width-len(a.Campaign))
	suffix := ""
	if a.Sandbox {
		suffix = "; the sandbox only"
	}
	if a.Found == 0 {
		fmt.Fprintf(p.out, "%s  not in it%s\n", name, suffix)
	}
	for _, f := range a.People {
		fmt.Fprintf(p.out, "%s  %s%s\n", name, f.brief(), suffix)
	}
	if more := a.Found - len(a.People); more > 0 {
		fmt.Fprintf(p.out, "%s  and %s more\n", name, report.Number(more))
	}
}
