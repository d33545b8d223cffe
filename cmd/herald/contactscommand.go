package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

func contactsCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var refresh bool
	c := &cobra.Command{
		Use:   "contacts CAMPAIGN",
		Short: "Find the contacts of a campaign by their addresses, and show who was found",
		Long: `Contacts looks up the contacts of a campaign that has email addresses or external
ids in the place of Intercom's ids (to: {email: ...} or {external_id: ...}), as
send does before it sends, and shows how many were found, who is ambiguous, and
who is left out and why. It sends nothing.

What was looked up is kept in NAME.contacts.jsonl beside the ledger, and not asked
again: for 24 hours where consent counts (unsubscribed: skip), otherwise for a
week, and for an hour where there was nobody, or more than one. --refresh asks
for everybody who is still to be sent to anew, and reads the audience anew where
the source is a tag, a segment or a query.

Rows without a contact are copied to NAME.missing.csv. Without a token it shows
what is known.`,
		Example: "  herald contacts spring.yaml\n  herald contacts spring.yaml --refresh",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			defer s.close()
			return s.showContacts(c.Context(), args[0], refresh)
		},
	}
	s.files.addReading(c.Flags())
	s.api.add(c.Flags())
	s.run.addOutput(c.Flags())
	c.Flags().StringVar(&s.run.rate, "rate", "", "ask at this `rate`: auto, 160/s, 1600/10s or 9000/min [HERALD_RATE]")
	c.Flags().BoolVar(&refresh, "refresh", false, "ask for everybody anew, whatever is known")
	return c
}

// showContacts looks up what is not known, and says who was found.
func (s *session) showContacts(ctx context.Context, path string, refresh bool) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := s.load(path); err != nil {
		return err
	}
	if s.campaign.LooksUp() == "" && s.campaign.Source.Audience == nil {
		return &refusal{code: exitUsage, what: path + " looks up no contacts: its rows have Intercom's ids",
			hint: "with to: {email: ...}, to: {external_id: ...} or unsubscribed: skip it would"}
	}
	_, tokenErr := s.token(ctx)
	switch {
	case tokenErr != nil && refresh:
		return tokenErr
	case tokenErr != nil:
		s.offline = true
		s.preferReal()
	default:
		if err := s.readAnew(ctx, refresh); err != nil {
			return err
		}
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.loadBook(); err != nil {
		return err
	}
	s.pick = pending
	if err := s.loadSkips(); err != nil {
		return err
	}
	if s.client != nil {
		if err := s.askEverybody(ctx, refresh); err != nil {
			return err
		}
	}
	return s.printContacts()
}

// readAnew connects, and reads the audience, anew if that is wanted.
func (s *session) readAnew(ctx context.Context, refresh bool) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if refresh && s.campaign.Source.Audience != nil {
		if err := removeFile(s.audiencePath()); err != nil {
			return err
		}
	}
	return s.readAudience(ctx)
}

// askEverybody looks up the contacts that are not known, or all of them.
func (s *session) askEverybody(ctx context.Context, refresh bool) error {
	if s.campaign.LooksUp() == "" {
		return nil
	}
	stale := s.isStale
	if refresh {
		began := time.Now()
		stale = func(e contacts.Entry) bool { return e.Asked.Before(began) }
	}
	return s.findContacts(ctx, 0, s.addressesToSend(), stale)
}

// printContacts prints who was found.
func (s *session) printContacts() error {
	t, err := s.countContacts()
	if err != nil {
		return err
	}
	if s.run.json {
		s.printJSON(t)
		return nil
	}
	fmt.Fprintf(s.out, "%s still to be sent: %s\n", s.campaign.Name, t)
	if text := t.objections(); text != "" {
		fmt.Fprintf(s.out, "of those found %s, and are skipped\n", text)
	}
	if err := s.printAmbiguous(t.Ambiguous); err != nil {
		return err
	}
	s.next("herald check " + shellQuote(s.campaign.File))
	return nil
}

// shownAmbiguous is how many rows with several contacts are named.
const shownAmbiguous = 20

// printAmbiguous names rows whose address several contacts have.
func (s *session) printAmbiguous(all int) error {
	if all == 0 {
		return nil
	}
	fmt.Fprintln(s.out, "\nseveral contacts have the address; to.prefer (user, lead or newest) says which is meant:")
	shown := 0
	err := s.eachToSend(func(_ string, row *source.Recipient, _ []byte) error {
		a, ok := s.addressOf(row)
		if !ok {
			return nil
		}
		_, err := s.contactOf(a)
		var several *contacts.AmbiguousError
		if !errors.As(err, &several) {
			return nil
		}
		fmt.Fprintf(s.out, "  line %d, %s\n", row.Line, a.Value)
		for _, c := range several.Contacts {
			fmt.Fprintf(s.out, "    %s, since %s\n", contactWords(c), c.CreatedAt.Format("2 January 2006"))
		}
		if shown++; shown == shownAmbiguous {
			return errEnough
		}
		return nil
	})
	if more := all - shown; more > 0 {
		fmt.Fprintf(s.out, "  and %s more\n", report.Number(more))
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}
