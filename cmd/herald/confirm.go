package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/report"
)

// confirm shows what is about to happen and asks for a yes. Without a terminal
// and without --yes it refuses: a message can't be unsent.
func (s *session) confirm(ctx context.Context, m mode, v *survey) error {
	s.describePlan(m, v)
	if v != nil && v.unknown > 0 {
		return s.acceptDuplicates(ctx, v.unknown) // a number typed is a yes
	}
	if s.run.yes || v != nil && v.Ready == 0 {
		return nil
	}
	if !s.inTerminal {
		return &refusal{code: exitUsage, what: "there is no terminal to ask at, and sending was not confirmed",
			hint: "add --yes to send without being asked"}
	}
	return s.askToSend(ctx, v)
}

// askToSend has a person say yes; where many are written to, their number: who
// types it has read it.
func (s *session) askToSend(ctx context.Context, v *survey) error {
	question, yes := "Send? [y/N] ", []string{"y", "yes"}
	if v != nil && v.Ready > s.run.confirmAbove {
		question = "Type the number of people to write to them: "
		yes = []string{strconv.Itoa(v.Ready), report.Number(v.Ready)}
	}
	fmt.Fprint(s.err, "A message can't be unsent. "+question)
	answer, err := readLine(ctx, s.in)
	if err != nil {
		return err
	}
	if !slices.Contains(yes, strings.ToLower(answer)) {
		return &refusal{code: exitUsage, what: "not confirmed; nothing was sent"}
	}
	return nil
}

// acceptDuplicates has the number of people who may get the message twice said
// by a person: the request for each of them left, and its answer was lost.
func (s *session) acceptDuplicates(ctx context.Context, n int) error {
	s.say("%s left before, and nobody knows whether they arrived: up to %s may get it twice", count(n, "message"), people(n))
	switch {
	case s.run.duplicates == n:
		return nil
	case s.run.duplicates != 0:
		return &refusal{code: exitUsage, what: fmt.Sprintf("%s may get it twice, not %s as accepted", people(n), report.Number(s.run.duplicates)),
			hint: "look at them first with: herald settle " + shellQuote(s.campaign.File) + " --interactive"}
	case !s.inTerminal:
		return &refusal{code: exitUsage, what: "nobody accepted that people may get the message twice",
			hint: fmt.Sprintf("add --accept-duplicates %d; or look at them first with herald settle", n)}
	}
	fmt.Fprintf(s.err, "Type the number %d to send to them again: ", n)
	answer, err := readLine(ctx, s.in)
	if err != nil {
		return err
	}
	if answer != strconv.Itoa(n) {
		return &refusal{code: exitUsage, what: "not accepted; nothing was sent"}
	}
	return nil
}

// readLine reads one line, or ends with ctx.
func readLine(ctx context.Context, in interface{ Read([]byte) (int, error) }) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(in).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case text := <-line:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// describePlan says who is written to, how, from whom and how fast.
func (s *session) describePlan(m mode, v *survey) {
	line := func(name, format string, args ...any) { s.say("  %-10s %s", name, fmt.Sprintf(format, args...)) }
	s.say("%s %s: %s", m.command, s.title(), s.channel())
	line("to", "%s", s.audience(v))
	s.describeVariants(line, v)
	line("from", "%s", s.senderName())
	line("workspace", "%s (%s, %s) at %s", s.me.App.Name, s.me.App.Region, s.me.App.ID, s.client.BaseURL())
	if s.campaign.OpenConversation {
		line("opens", "a conversation in your inbox with each of them, at once")
	}
	line("rate", "%s", s.pacing(v))
	if s.timed() && !s.anySender {
		s.describeWhen(line, v)
	}
	if v != nil && v.number(lint.Warning) > 0 {
		line("warnings", "%s", s.warnings(v))
	}
	s.say("%s", s.extent(m, v))
}

// warnings counts by kind what a person may want to look at first.
func (s *session) warnings(v *survey) string {
	var kinds []string
	for _, p := range v.Problems {
		if p.Severity == lint.Warning {
			kinds = append(kinds, report.Number(p.Count)+" "+string(p.Kind))
		}
	}
	return strings.Join(kinds, ", ") + "; herald check shows them"
}

// extent says whether this begins or goes on, and with how many.
func (s *session) extent(m mode, v *survey) string {
	if v == nil {
		switch {
		case m.command == "retry":
			return "failed rows will be sent again"
		case s.ledger != nil:
			return "resuming"
		}
		return "FIRST run: every row will be written to; the check was skipped"
	}
	n := report.Number(v.Ready)
	text := "FIRST run: all " + n + " will be written to"
	switch {
	case m.command == "rehearse":
		text = "a rehearsal: nobody is written to"
	case m.command == "retry":
		text = count(v.Ready, "failed row") + " will be sent again"
		if v.unknown == v.Ready {
			text = count(v.Ready, "unknown row") + " will be sent again"
		} else if v.unknown > 0 {
			text = count(v.Ready, "failed or unknown row") + " will be sent again"
		}
	case s.ledger != nil:
		settled := v.Rows.Sent + v.Rows.Failed + v.Rows.Unknown
		text = fmt.Sprintf("resuming: %s of %s settled, %s to go", report.Number(settled), report.Number(v.Rows.Rows), n)
		if lost := s.ledger.Recovered(); lost > 0 {
			text += fmt.Sprintf("; %s in flight when it stopped, now unknown", count(lost, "message"))
		}
	case v.Ready < v.whole || v.Ready == 1 || v.Held > 0:
		text = "FIRST run: " + n + " will be written to"
	}
	if v.Held > 0 {
		text += "; " + heldWords(v.Held)
	}
	if v.Ready < v.whole {
		text += fmt.Sprintf("; --limit leaves the other %s for later", report.Number(v.whole-v.Ready))
	}
	return text
}

func (s *session) channel() string {
	if s.campaign.Message.Type == intercom.Email {
		text := "email"
		if n := len(s.campaign.Variants); n > 0 {
			text += " in " + count(n, "variant")
		} else if s.campaign.Subject != nil {
			text += " “" + s.campaign.Subject.Text + "”"
		}
		return text
	}
	return "in-app message: no push, shown at the contact's next visit"
}

// audience says how many of which rows.
func (s *session) audience(v *survey) string {
	if v == nil {
		return "every row of " + s.sourceName + " that is pending; not checked"
	}
	text := fmt.Sprintf("%s of %s of %s", report.Number(v.Ready), count(v.Rows.Rows, "row"), s.sourceName)
	var without []string
	add := func(n int, why string) {
		if n > 0 {
			without = append(without, why)
		}
	}
	add(v.Duplicates, count(v.Duplicates, "duplicate")+" skipped")
	without = append(without, skipCounts(v.Skips)...)
	add(v.Bad, count(v.Bad, "bad row")+" skipped")
	add(v.elsewhere, report.Number(v.elsewhere)+" on other lines, for later")
	add(v.Rows.Sent, report.Number(v.Rows.Sent)+" sent before")
	if s.former == nil { // of retry, these are whom it is about
		add(v.Rows.Failed, report.Number(v.Rows.Failed)+" failed before")
		add(v.Rows.Unknown, report.Number(v.Rows.Unknown)+" unknown")
	}
	if len(without) > 0 {
		text += " (" + strings.Join(without, ", ") + ")"
	}
	return text
}

func (s *session) senderName() string {
	switch fixed, ok := s.renderer.FixedSender(); {
	case s.anySender && fixed.ID != 0:
		return fmt.Sprintf("admin %d, not looked up in a rehearsal", fixed.ID)
	case s.anySender && ok:
		return fixed.Email + ", not looked up in a rehearsal"
	case s.fromAdmin.ID == 0 && s.renderer.SendersByVariant():
		return "each variant's own sender"
	case s.fromAdmin.ID == 0:
		return "each row's own sender"
	}
	return fmt.Sprintf("%s <%s>", s.fromAdmin.Name, s.fromAdmin.Email)
}

// pacing says how fast, and how long that takes.
func (s *session) pacing(v *survey) string {
	if s.anySender {
		return "as fast as it goes: nothing leaves this machine"
	}
	effective := s.governor.Status().Effective
	text := fmt.Sprintf("at most %s per 10 s", report.Number(int(effective)))
	if limit := s.governor.Status().Limit; limit > 0 {
		text += fmt.Sprintf(" of the API's %s", report.Number(limit))
	} else if s.campaign.Rate.N == 0 {
		text += ", until the API says its limit"
	}
	if v != nil && effective > 0 && !s.timed() {
		takes := time.Duration(float64(v.Ready) / effective * 10 * float64(time.Second))
		text += ", about " + report.Duration(max(takes, time.Second).Round(time.Second))
	}
	return text
}
