package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A replyTally is how many replied.
type replyTally struct {
	All      report.Rate    `json:"all"`
	Variants []variantReply `json:"variants,omitempty"` // sorted by name
	Opened   int            `json:"conversations"`      // also those that nobody replied in
	Nameless int            `json:"without_id"`         // messages that can't be asked about
}

type variantReply struct {
	Variant     string `json:"variant"`
	report.Rate `json:"replies"`
	Low         float64 `json:"low"` // of the interval, 0 to 1
	High        float64 `json:"high"`
}

// tally counts messages and replies, all in all and by variant.
func (r *replies) tally() (*replyTally, error) {
	t := &replyTally{Opened: len(r.known)}
	for e, err := range r.ledger.Entries() {
		switch {
		case err != nil:
			return nil, err
		case e.Status != ledger.Sent:
		case e.MessageID == "":
			t.Nameless++
		default:
			t.add(e.Variant, r.replied(e.MessageID))
		}
	}
	slices.SortFunc(t.Variants, func(a, b variantReply) int { return cmp.Compare(a.Variant, b.Variant) })
	for i := range t.Variants {
		t.Variants[i].Low, t.Variants[i].High = t.Variants[i].Interval()
	}
	return t, nil
}

func (t *replyTally) add(variant string, replied bool) {
	rates := []*report.Rate{&t.All}
	if variant != "" {
		i := slices.IndexFunc(t.Variants, func(v variantReply) bool { return v.Variant == variant })
		if i < 0 {
			i = len(t.Variants)
			t.Variants = append(t.Variants, variantReply{Variant: variant})
		}
		rates = append(rates, &t.Variants[i].Rate)
	}
	for _, rate := range rates {
		rate.Of++
		if replied {
			rate.Did++
		}
	}
}

// best returns the variant with the most replies, and whether that is clear.
func (t *replyTally) best() (name string, clear bool) {
	if len(t.Variants) < 2 {
		return "", false
	}
	rates := make([]report.Rate, len(t.Variants))
	for i, v := range t.Variants {
		rates[i] = v.Rate
	}
	i, clear := report.Best(rates)
	return t.Variants[i].Variant, clear
}

func (s *session) printReplies(r *replies, t *replyTally) {
	if s.run.json {
		s.printJSON(struct {
			Campaign string `json:"campaign"`
			Asked    int    `json:"asked"` // messages, in this run
			*replyTally
			Replies string `json:"replies"`
		}{s.campaign.Name, r.asked, t, r.path})
		return
	}
	s.say("asked about %s; %s", count(r.asked, "message"), newReplies(t.All.Did-r.before))
	fmt.Fprintf(s.out, "%s of %s replied to: %s\n", report.Number(t.All.Did), count(t.All.Of, "message"), t.All)
	width := 0
	for _, v := range t.Variants {
		width = max(width, len([]rune(v.Variant)))
	}
	for _, v := range t.Variants {
		fmt.Fprintf(s.out, "  variant %-*s  %s of %s: %s\n", width, v.Variant, report.Number(v.Did), report.Number(v.Of), v.Rate)
	}
	switch name, clear := t.best(); {
	case name == "" || t.All.Did == 0:
	case clear:
		fmt.Fprintf(s.out, "%s is ahead, and its interval is above the others\n", name)
	default:
		fmt.Fprintln(s.out, "no variant is clearly ahead: the intervals overlap, and the difference may be chance")
	}
	if t.Nameless > 0 {
		fmt.Fprintf(s.out, "%s have no id on record, as if settled by hand: nobody can ask about them\n", count(t.Nameless, "more message"))
	}
	fmt.Fprintf(s.out, "replies  %s\n", r.path)
}

func newReplies(n int) string {
	switch {
	case n <= 0:
		return "nothing new"
	case n == 1:
		return "1 new reply"
	}
	return report.Number(n) + " new replies"
}

// nextAfterReplies proposes the winner for those who were held back.
func (s *session) nextAfterReplies(t *replyTally) {
	name, clear := t.best()
	if clear && s.campaign.Hold > 0 && s.campaign.Variant(name) != nil && s.lastWinner() == "" {
		s.next("herald send " + shellQuote(s.campaign.File) + " --" + heldWith + " " + name)
		return
	}
	s.next("herald status " + shellQuote(s.campaign.File))
}

// exportReplies writes the rows that were asked for.
func (s *session) exportReplies(ctx context.Context, r *replies, o listening) error {
	if o.export == "" && o.exportSilent == "" {
		return nil
	}
	s.offline = true
	if err := s.bind(ctx); err != nil {
		return err
	}
	byKey := map[string]*report.Reply{}
	for _, one := range r.known {
		if !one.RepliedAt.IsZero() {
			byKey[one.Key] = one
		}
	}
	for _, file := range []struct {
		path    string
		replied bool
	}{{o.export, true}, {o.exportSilent, false}} {
		if file.path == "" {
			continue
		}
		n, err := s.writeReplyRows(file.path, byKey, file.replied)
		if err != nil {
			return err
		}
		s.say("%s written to %s", count(n, "row"), file.path)
	}
	return nil
}

// writeReplyRows writes the rows of those who replied, or of those who were sent
// the message and did not, to a new file.
func (s *session) writeReplyRows(path string, byKey map[string]*report.Reply, replied bool) (n int, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return 0, &refusal{code: exitUsage, what: path + " exists already", hint: "choose another name; herald overwrites no file of yours"}
	}
	if err != nil {
		return 0, err
	}
	out := &rowCopier{w: bufio.NewWriter(f), layout: s.layout, columns: heraldColumns, marked: s.encoded()}
	err = s.eachRow(func(key string, row *source.Recipient, raw []byte) error {
		one := byKey[key]
		if (one != nil) != replied || one == nil && s.ledger.Lookup(key).Status != ledger.Sent {
			return nil
		}
		why := "no reply yet"
		if one != nil {
			why = "replied at " + one.RepliedAt.UTC().Format(time.RFC3339) + " in conversation " + one.ConversationID
		}
		n++
		return out.write(raw, []string{key, strconv.Itoa(row.Line), ledger.Sent.String(), why})
	})
	return n, errors.Join(err, out.flush(), f.Close())
}
