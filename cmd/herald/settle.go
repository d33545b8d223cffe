package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A settling is what `herald settle` was asked to do.
type settling struct {
	key, as     string
	line        int
	all         bool
	interactive bool
	ask         bool
	why         string
}

func settleCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var o settling
	c := &cobra.Command{
		Use:   "settle CAMPAIGN",
		Short: "Say what became of messages whose outcome is unknown",
		Long: `Settle ends the doubt about unknown rows: messages that left, and whose answer was
lost. Look the contact up in Intercom, then say --as sent, and the row is done;
or --as not-sent, and the next send writes to it. --interactive goes through
them one by one. --ask looks for the conversations that the messages opened, if
the campaign opens one with each message; what it can't prove stays unknown.`,
		Example: `  herald settle spring.yaml --key 6329f3a1 --as sent
  herald settle spring.yaml --all --as not-sent
  herald settle spring.yaml --interactive
  herald settle spring.yaml --ask`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			defer s.close()
			return s.settle(c.Context(), args[0], o)
		},
	}
	s.files.addReading(c.Flags())
	s.api.add(c.Flags())
	f := c.Flags()
	f.StringVar(&o.key, "key", "", "the row with this `key`")
	f.IntVar(&o.line, "line", 0, "the row that was sent from line `N` of the source")
	f.BoolVar(&o.all, "all", false, "every unknown row")
	f.StringVar(&o.as, "as", "", "what became of it: sent or not-sent")
	f.StringVar(&o.why, "why", "", "a `note` for the ledger: how you know")
	f.BoolVar(&o.interactive, "interactive", false, "go through the unknown rows one by one")
	f.BoolVar(&o.ask, "ask", false, "look for the conversations that the messages opened")
	return c
}

// check says whether the flags make one sense.
func (o *settling) check() error {
	which := 0
	for _, given := range []bool{o.key != "", o.line != 0, o.all} {
		if given {
			which++
		}
	}
	switch {
	case o.ask || o.interactive:
		if which > 0 || o.as != "" || o.ask && o.interactive {
			return errors.New("--ask and --interactive go alone: they go through every unknown row")
		}
	case which != 1:
		return errors.New("say which rows: --key, --line or --all; or --interactive, or --ask")
	case o.as != "sent" && o.as != "not-sent":
		return errors.New("say what became of it: --as sent or --as not-sent")
	}
	return nil
}

// settle settles unknown rows, and brings the results file up to date.
func (s *session) settle(ctx context.Context, path string, o settling) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	book, err := s.offlineBook(path)
	if err != nil {
		return err
	}
	if o.ask {
		if err := s.readyToAsk(ctx); err != nil {
			return err
		}
	}
	if s.ledger, err = ledger.Open(s.ledgerPath(), ledger.Options{}); err != nil {
		return err
	}
	unknown, err := s.unknownRows(o)
	if err != nil {
		return err
	}
	if len(unknown) == 0 {
		return s.noneUnknown(o)
	}
	settled := 0
	switch {
	case o.ask:
		settled, err = s.askAll(ctx, unknown)
	case o.interactive:
		settled, err = s.settleOneByOne(ctx, book, unknown)
	default:
		settled, err = s.settleAll(unknown, o)
	}
	if settled > 0 {
		if err := s.writeResults(); err != nil {
			s.warnResults(err)
		}
	}
	if err != nil {
		return err
	}
	s.say("%s settled, %s still unknown", count(settled, "row"), report.Number(s.stillUnknown()))
	s.next("herald status " + shellQuote(path) + s.files.told("herald status"))
	return nil
}

func (s *session) noneUnknown(o settling) error {
	if o.all || o.ask || o.interactive {
		s.say("no row is unknown")
		return nil
	}
	who := wanted{text: o.key, line: o.line}
	return &refusal{code: exitCant, what: who.String() + " is not unknown in the ledger",
		hint: "see what it is: herald show " + shellQuote(s.campaign.File) + " " + who.args()}
}

func (s *session) stillUnknown() int {
	n := 0
	for state, keys := range s.ledger.Counts() {
		if state.Status == ledger.Unknown {
			n += keys
		}
	}
	return n
}

// unknownRows returns the last entries of the unknown keys that are meant.
func (s *session) unknownRows(o settling) ([]ledger.Entry, error) {
	last := map[string]ledger.Entry{}
	for e, err := range s.ledger.Entries() {
		if err != nil {
			return nil, err
		}
		if e.Status != ledger.Unknown {
			delete(last, e.Key)
			continue
		}
		if (o.key == "" || e.Key == o.key) && (o.line == 0 || e.Line == o.line) {
			last[e.Key] = e
		}
	}
	var rows []ledger.Entry
	for key, e := range last {
		if s.ledger.Lookup(key).Status == ledger.Unknown { // not settled by hand since
			rows = append(rows, e)
		}
	}
	slices.SortFunc(rows, func(a, b ledger.Entry) int { return a.Line - b.Line })
	return rows, nil
}

// person is who does this, for the ledger.
func person() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

func (s *session) settleAll(unknown []ledger.Entry, o settling) (int, error) {
	if o.line != 0 && len(unknown) > 1 {
		return 0, &refusal{code: exitUsage, what: fmt.Sprintf("%s were sent from line %d, of different sources", count(len(unknown), "unknown row"), o.line),
			hint: "say which with --key: " + unknown[0].Key + ", " + unknown[1].Key + " ..."}
	}
	as := ledger.Sent
	if o.as == "not-sent" {
		as = ledger.Pending
	}
	for i, e := range unknown {
		if err := s.ledger.SettleByHand(e.Key, as, person(), o.why); err != nil {
			return i, err
		}
	}
	return len(unknown), nil
}

// settleOneByOne shows each row, with a link to the contact, and asks.
func (s *session) settleOneByOne(ctx context.Context, book *ledger.Book, unknown []ledger.Entry) (int, error) {
	in := bufio.NewReader(s.in)
	settled := 0
	for i, e := range unknown {
		fmt.Fprintf(s.err, "\n%d of %d: %s, line %d, %s: %s\n", i+1, len(unknown), e.Key, e.Line,
			e.FinishedAt.Local().Format("2 January 15:04:05"), e.ErrorMessage)
		if link := s.contactLink(workspaceOf(book), e.Key); link != "" {
			fmt.Fprintf(s.err, "  %s\n", link)
		}
		as, err := s.askSent(ctx, in)
		if errors.Is(err, errQuit) {
			return settled, nil
		}
		if err != nil {
			return settled, err
		}
		if as == ledger.Unknown {
			continue
		}
		if err := s.ledger.SettleByHand(e.Key, as, person(), "looked up by hand"); err != nil {
			return settled, err
		}
		settled++
	}
	return settled, nil
}

var errQuit = errors.New("enough for now")

// askSent asks whether a message was sent, until the answer is one.
func (s *session) askSent(ctx context.Context, in *bufio.Reader) (ledger.Status, error) {
	for {
		fmt.Fprint(s.err, "Was it sent? [y]es, [n]o, [enter] leave it unknown, [q]uit: ")
		text, err := readAnswer(ctx, in)
		if err != nil {
			return ledger.Unknown, err
		}
		switch text {
		case "y", "yes":
			return ledger.Sent, nil
		case "n", "no":
			return ledger.Pending, nil
		case "":
			return ledger.Unknown, nil
		case "q", "quit":
			return ledger.Unknown, errQuit
		}
	}
}

// readAnswer reads one line, or ends with ctx. The end of the input is a quit.
func readAnswer(ctx context.Context, in *bufio.Reader) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, err := in.ReadString('\n')
		if text == "" && err != nil {
			text = "q"
		}
		line <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case text := <-line:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// workspaceOf returns the workspace that the last run sent from.
func workspaceOf(book *ledger.Book) string {
	runs := book.Runs()
	if len(runs) == 0 {
		return ""
	}
	return runs[len(runs)-1].Fingerprint["workspace"]
}
