package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A listening is what `herald replies` was asked to do.
type listening struct {
	refresh      bool
	export       string // a new file, for the rows of those who replied
	exportSilent string // one for those who did not
}

func repliesCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var o listening
	c := &cobra.Command{
		Use:   "replies CAMPAIGN",
		Short: "Find out who replied, and how many of each variant",
		Long: `Replies asks Intercom for the conversations that the campaign's messages led to,
50 messages a request, under the same limit as sending: there is none until the
contact replies, unless the campaign opens one with each message. What it finds
is kept in NAME.replies.csv, beside the ledger: conversation, its state, and when
the contact first replied. The next time only those are asked about who had not
replied yet; one that was stopped, within the hour, goes on where it was.

Shares come with the interval in which the true one lies with a confidence of
95 %. Where those of two variants overlap, the difference may be chance.

--export writes the rows of the source of those who replied, and --export-silent
those who got the message and did not: each a source for another campaign.`,
		Example: `  herald replies spring.yaml
  herald replies spring.yaml --export replied.csv
  herald replies spring.yaml --export-silent remind.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			defer s.close()
			return s.replies(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	s.files.addSource(f)
	f.StringVar(&s.files.ledger, "ledger", "", "the campaign's ledger is this `file` (default NAME.ledger beside the campaign)")
	s.api.add(f)
	f.BoolVar(&o.refresh, "refresh", false, "ask about all messages again, also those that were replied to: their conversations may be closed by now")
	f.StringVar(&o.export, "export", "", "write the rows of those who replied to this new `file`, readable by you alone")
	f.StringVar(&o.exportSilent, "export-silent", "", "write the rows of those who did not reply to this new `file`")
	f.BoolVar(&s.run.json, "json", false, "print the counts as JSON")
	return c
}

// replies finds out who replied, and tells.
func (s *session) replies(ctx context.Context, path string, o listening) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := s.load(path); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.openForReplies(); err != nil {
		return err
	}
	r, err := s.readReplies(o.refresh)
	if err != nil {
		return err
	}
	asked := r.ask(ctx)
	if err := r.save(asked == nil); err != nil {
		return errors.Join(asked, err)
	}
	if asked != nil {
		s.say("stopped after %s; what was found is kept", count(r.asked, "message"))
		s.next("herald replies " + shellQuote(path))
		return asked
	}
	t, err := r.tally()
	if err != nil {
		return err
	}
	s.printReplies(r, t)
	if err := s.exportReplies(ctx, r, o); err != nil {
		return err
	}
	s.nextAfterReplies(t)
	return nil
}

// openForReplies takes the ledger, so that nobody sends meanwhile: two processes
// would each use the whole limit.
func (s *session) openForReplies() (err error) {
	if s.ledger, err = ledger.Open(s.ledgerPath(), ledger.Options{}); err != nil {
		return s.ledgerError(err)
	}
	if was := workspaceOf(&s.ledger.Book); was != "" && was != s.me.App.ID {
		return &refusal{code: exitUsage, what: fmt.Sprintf("%s was sent in workspace %s, and the token belongs to %s", s.ledgerPath(), was, s.me.App.ID),
			hint: "use the token it was sent with"}
	}
	return nil
}

// Replies are who replied, as far as is known.
type replies struct {
	*session
	path   string
	known  map[string]*report.Reply // by message id
	before int                      // of those, replied to before this round
	round  round
	asked  int // messages, in this run
}

func (r *replies) replied(message string) bool {
	one := r.known[message]
	return one != nil && !one.RepliedAt.IsZero()
}

// readReplies reads what is known.
func (s *session) readReplies(refresh bool) (*replies, error) {
	r := &replies{session: s, path: s.base() + ".replies.csv", known: map[string]*report.Reply{}}
	list, err := report.ReadReplies(r.path)
	if err != nil {
		return nil, &refusal{code: exitCant, what: err.Error(),
			hint: "move it away: everything in it is found again by asking about all messages"}
	}
	for _, one := range list {
		r.known[one.MessageID] = &one
		if r.replied(one.MessageID) {
			r.before++
		}
	}
	r.round = r.readRound(refresh)
	return r, nil
}

// saveEvery is how many requests are made before what they found is saved.
const saveEvery = 100

// ask asks about every message that nobody has replied to yet.
func (r *replies) ask(ctx context.Context) error {
	requests := 0
	for batch, err := range r.batches() {
		if err == nil {
			err = r.askBatch(ctx, batch)
		}
		if err != nil {
			return err
		}
		r.round.Last = batch[len(batch)-1].MessageID
		r.asked += len(batch)
		if requests++; requests%saveEvery == 0 {
			if err := r.save(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// askBatch asks about some messages, and keeps what conversations they have.
func (r *replies) askBatch(ctx context.Context, batch []ledger.Entry) error {
	ids, sent := make([]string, len(batch)), map[string]ledger.Entry{}
	for i, e := range batch {
		ids[i], sent[e.MessageID] = e.MessageID, e
	}
	query := intercom.Query{Where: intercom.In("source.id", ids...)}
	for cursor, seen := "", map[string]bool{}; ; {
		page, err := r.searchPage(ctx, query, cursor)
		if err != nil {
			return err
		}
		for _, c := range page.Conversations {
			if e, ok := sent[c.Source.ID]; ok {
				r.keep(e, c)
			}
		}
		seen[cursor] = true
		if cursor = page.Next; cursor == "" {
			return nil
		}
		if seen[cursor] {
			return connectError(r.client.BaseURL(), intercom.ErrRepeated)
		}
	}
}

// keep notes a message's conversation. Of several the one that was replied to
// first counts.
func (r *replies) keep(e ledger.Entry, c intercom.Conversation) {
	had := r.known[e.MessageID]
	if had != nil && had.ConversationID != c.ID && !had.RepliedAt.IsZero() &&
		(c.FirstContactReplyAt.IsZero() || had.RepliedAt.Before(c.FirstContactReplyAt)) {
		return
	}
	r.known[e.MessageID] = &report.Reply{
		Key: e.Key, Line: e.Line, Variant: e.Variant, MessageID: e.MessageID, SentAt: e.FinishedAt,
		ConversationID: c.ID, State: c.State, RepliedAt: c.FirstContactReplyAt, CheckedAt: time.Now().UTC(),
	}
}
