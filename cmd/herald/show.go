package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

func showCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var w wanted
	c := &cobra.Command{
		Use:   "show CAMPAIGN|FOLDER WHO",
		Short: "Say whether one person was written to, and what came of it",
		Long: `Show finds a person and says what became of their message: the outcome with its
code and ids, when, every claim if there was more than one, and the text.

` + whoHelp + `
With --line it is whoever is on that line of the source, or was when the message
was sent.

The text is rendered from the row as it is now, with the wording of the run that
sent it, which the ledger keeps.

Of a FOLDER it asks every campaign file in it, and in the folders right below it,
that has a ledger.

It ends with 0 if the person was found, whatever became of the message, and with
1 if not.`,
		Example: `  herald show spring.yaml 6329f3a1
  herald show spring.yaml maria@example.com
  herald show spring.yaml Maria --field first_name
  herald show spring.yaml --line 17 --json
  herald show campaigns/ maria@example.com`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				w.text = args[1]
			}
			if err := w.check(); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			if isFolder(args[0]) {
				return s.showFolder(c.Context(), args[0], w)
			}
			return s.show(c.Context(), args[0], w)
		},
	}
	s.files.addReading(c.Flags())
	c.Flags().IntVar(&w.line, "line", 0, "the row that starts on line `N` of the source")
	w.addField(c.Flags())
	c.Flags().BoolVar(&s.run.json, "json", false, "print what was found as JSON")
	return c
}

// check says whether one person is named.
func (w wanted) check() error {
	switch {
	case (w.text == "") == (w.line == 0):
		return errors.New("name one person: WHO, or --line")
	case w.line < 0:
		return fmt.Errorf("--line: %d must be a line of the source, from 1", w.line)
	case w.line != 0 && w.field != "":
		return errors.New("--field goes with WHO, not with --line")
	}
	return nil
}

// mostListed is how many of several people are listed.
const mostListed = 10

// An account is what a campaign has to say of a person.
type account struct {
	Campaign string  `json:"campaign"`
	File     string  `json:"file"`
	Ledger   string  `json:"ledger"`
	Sandbox  bool    `json:"sandbox,omitempty"` // nobody real was written to
	Found    int     `json:"found"`
	People   []*fate `json:"people"` // the first ones; the whole story if there is but one
}

// wasSandbox reports whether a ledger is of runs against the sandbox.
func (s *session) wasSandbox(book *ledger.Book) bool {
	runs := book.Runs()
	return s.inSandbox() || len(runs) > 0 && runs[len(runs)-1].Fingerprint["workspace"] == sandboxWorkspace
}

// accountOf asks a campaign that is loaded.
func (s *session) accountOf(book *ledger.Book, w wanted) (*account, *search, error) {
	found, err := s.search(book, w)
	if err != nil {
		return nil, nil, err
	}
	fit := found.found()
	a := &account{Campaign: s.title(), File: s.campaign.File, Ledger: s.ledgerPath(), Sandbox: s.wasSandbox(book), Found: len(fit) + found.more}
	a.People, err = s.fatesOf(book, fit[:min(mostListed, len(fit))])
	return a, found, err
}

// show answers for one campaign.
func (s *session) show(ctx context.Context, path string, w wanted) error {
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	if err := s.sourceAtHand(ctx); err != nil {
		return err
	}
	if s.missing != "" {
		s.say("the source is not at hand, so only keys and the ledger's lines are known: %s", s.missing)
	}
	a, found, err := s.accountOf(book, w)
	if err != nil {
		return err
	}
	if a.Found == 0 {
		return s.nobody(a, found)
	}
	if a.Found == 1 {
		a.People[0].Text = s.textOf(book, found.found()[0], a.People[0])
	}
	switch {
	case s.run.json:
		s.printJSON(a)
	case a.Found == 1:
		s.printFate(a.People[0])
		if next := a.People[0].Next; next != "" {
			s.program.next(next)
		}
	default:
		s.listPeople(a, w)
	}
	return nil
}

// nobody says that WHO is nobody, and who may have been meant.
func (s *session) nobody(a *account, found *search) error {
	if s.run.json {
		s.printJSON(a)
	}
	where := "neither the ledger nor " + s.sourceName + " has"
	switch {
	case s.renderer == nil:
		where = "the ledger does not have"
	case found.field != "":
		where = s.sourceName + " does not have"
	}
	r := &refusal{code: exitCant, what: fmt.Sprintf("%s %s", where, found.wanted),
		hint: "nothing was sent from here to that person under this name; keys are what the campaign's key (by default to.id) renders"}
	if near := found.suggestion(); near != "" {
		r.hint = "did you mean " + near + "?"
	}
	return r
}

// listPeople lists those that are meant when they are several.
func (s *session) listPeople(a *account, w wanted) {
	fmt.Fprintf(s.out, "%s is found in %s:\n", w, count(a.Found, "row"))
	for _, f := range a.People {
		fmt.Fprintf(s.out, "  %s\n", f.brief())
	}
	if more := a.Found - len(a.People); more > 0 {
		fmt.Fprintf(s.out, "  and %s more\n", report.Number(more))
	}
	for _, f := range a.People {
		if f.Key != "" {
			s.next("herald show " + shellQuote(s.campaign.File, f.Key))
			return
		}
	}
}
