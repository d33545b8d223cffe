package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

func forgetCommand(p *program) *cobra.Command {
	s := &session{program: p}
	dryRun := false
	c := &cobra.Command{
		Use:   "forget CAMPAIGN KEY...",
		Short: "Remove a person's data from a campaign's ledger and results",
		Long: `Forget removes what the ledger and the results file of a campaign have of these
people: keys, lines, message ids and texts. What stays is a hash that still keeps
herald from writing to them: they count as skipped. It prints a receipt with the
date. The source, and exports that you made, are
files of your own: remove the people from them yourself.`,
		Example: "  herald forget spring.yaml 6329f3a1 --dry-run\n  herald forget spring.yaml 6329f3a1 > receipt.json",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			defer s.close()
			return s.forget(args[0], args[1:], dryRun)
		},
	}
	s.files.add(c.Flags())
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be removed, and change nothing")
	return c
}

// forget removes people from the ledger, and then writes the results anew.
func (s *session) forget(path string, keys []string, dryRun bool) error {
	if _, err := s.offlineBook(path); err != nil {
		return err
	}
	receipt, err := ledger.Forget(s.ledgerPath(), keys, dryRun, ledger.Options{})
	if err != nil {
		return s.ledgerError(err)
	}
	if !dryRun {
		if s.ledger, err = ledger.Open(s.ledgerPath(), ledger.Options{}); err != nil { // and close it properly
			return err
		}
		if err := s.forgetResults(); err != nil {
			return &refusal{code: exitCant, what: fmt.Sprintf("the ledger has forgotten them; the results have not: %v", err),
				hint: "remove " + s.resultsPath() + "; the next run writes it anew from the ledger"}
		}
	}
	s.printJSON(receipt)
	switch {
	case dryRun:
		s.say("a dry run: nothing was changed")
	case receipt.Keys < len(keys):
		s.say("%s had nothing in the ledger; they are not written to all the same", people(len(keys)-receipt.Keys))
	}
	s.next("herald status " + shellQuote(path))
	return nil
}

// forgetResults writes the results file anew from the ledger, if there is one.
func (s *session) forgetResults() error {
	if _, err := os.Stat(s.resultsPath()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return s.writeResults()
}
