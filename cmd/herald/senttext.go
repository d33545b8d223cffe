package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
)

// A sentText is a message as it was sent, as far as that can be told.
type sentText struct {
	Subject string `json:"subject,omitzero"`
	Body    string `json:"body,omitzero"`
	// Changed are the parts of the campaign that are others now than they were
	// when the message was sent.
	Changed []string `json:"changed,omitempty"`
	Note    string   `json:"note"` // what this is rendered from; or why it can't be
}

// textOf renders the message of a person once more, from the row as it is now,
// with the wording of the run that sent it.
func (s *session) textOf(book *ledger.Book, f *found, t *fate) *sentText {
	runs := book.Runs()
	switch {
	case t.Status == ledger.Forgotten.String() || f.bad != nil:
		return nil
	case s.renderer == nil:
		return &sentText{Note: "The text can't be shown: " + strings.Join(strings.Fields(s.missing), " ")}
	case f.row == nil:
		return &sentText{Note: "The text can't be shown: " + s.sourceName + " does not have the row" + s.sentFrom(runs, t, " any more") + "."}
	case t.run > 0:
		return s.textOfRun(runs, f, t)
	case len(t.History) > 0:
		return s.render(s.renderer, f, t, "The ledger was built from results, which don't have the text: this is what the campaign says now.")
	}
	return s.render(s.renderer, f, t, "This is what would be sent.")
}

// sentFrom names the source that the message was sent from, if it is another
// one; otherwise it says same.
func (s *session) sentFrom(runs []ledger.Run, t *fate, same string) string {
	if t.run == 0 || filepath.Base(runs[t.run-1].Source) == filepath.Base(s.sourceName) {
		return same
	}
	return ", which was sent from " + runs[t.run-1].Source
}

// textOfRun renders a message with what a run had on record.
func (s *session) textOfRun(runs []ledger.Run, f *found, t *fate) *sentText {
	note := fmt.Sprintf("Rendered from line %d of %s as it is now%s; what the row said then is not on record.",
		f.line, s.sourceName, s.sentFrom(runs, t, ""))
	changed := s.changedSince(runs[t.run-1])
	if len(changed) == 0 {
		return s.render(s.renderer, f, t, note)
	}
	names := strings.Join(changed, ", ")
	then, err := s.rendererOf(runs[:t.run], f)
	if err != nil {
		return &sentText{Changed: changed, Note: fmt.Sprintf("The campaign has changed since (%s), and the text of then can't be shown: %s", names, refusalOf(err).what)}
	}
	text := s.render(then, f, t, "The campaign has changed since ("+names+"): this is the wording of then. "+note)
	text.Changed = changed
	return text
}

// render renders a message, in the variant that is on record; the note says of
// what it is made.
func (s *session) render(r *campaign.Renderer, f *found, t *fate, note string) *sentText {
	if r.Has(t.Variant) {
		r = r.As(t.Variant)
	}
	m, err := r.Render(f.row)
	if err != nil {
		return &sentText{Note: fmt.Sprintf("The text can't be shown: %s:%d: %v", s.sourceName, f.line, err)}
	}
	return &sentText{Subject: m.Subject, Body: m.Body, Note: note}
}

// changedSince names the parts of the campaign that a run had otherwise.
func (s *session) changedSince(r ledger.Run) []string {
	was, is := maps.Clone(r.Fingerprint), map[string]string{}
	maps.DeleteFunc(was, func(name, _ string) bool { return isSurrounding(name) })
	for _, p := range s.campaign.Parts() {
		is[p.Name] = p.Hash
	}
	return changes(was, is)
}

// isSurrounding reports whether a part of a fingerprint is none of the campaign.
func isSurrounding(name string) bool {
	return slices.Contains([]string{"API host", "workspace"}, name)
}

// rendererOf makes messages as the last of these runs did.
func (s *session) rendererOf(runs []ledger.Run, f *found) (*campaign.Renderer, error) {
	had, parts := contentOf(runs), map[string]string{}
	for name := range runs[len(runs)-1].Fingerprint {
		text, ok := had[name]
		switch {
		case isSurrounding(name):
		case !ok:
			return nil, fmt.Errorf("the ledger does not have its %s", name)
		default:
			parts[name] = text
		}
	}
	then, err := campaign.Recall("the campaign of then", parts)
	if err != nil {
		return nil, err
	}
	return then.Compile(f.row.Header(), campaign.CompileOptions{Contact: s.contactOf})
}

// printFate tells one person's story.
func (s *session) printFate(t *fate) {
	fmt.Fprintln(s.out, t.headline())
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(s.out, "  %-13s%s\n", name, value)
		}
	}
	line("line", s.whereNow(t))
	line("message", t.MessageID)
	line("variant", t.Variant)
	line("conversation", t.ConversationID)
	line("reason", t.Reason)
	line("request", t.RequestID)
	if t.Attempts > 0 {
		line("attempts", fmt.Sprint(t.Attempts))
	}
	line("replaces", t.Replaces)
	line("contact", t.Link)
	if len(t.History) > 1 {
		fmt.Fprintln(s.out, "  history")
		for _, at := range t.History {
			fmt.Fprintf(s.out, "    %s\n", at)
		}
	}
	fmt.Fprintf(s.out, "\n%s\n", t.Meaning)
	s.printText(t.Text)
}

// whereNow says where in the source the person is, and by what they were found.
func (s *session) whereNow(t *fate) string {
	if t.Line == 0 {
		return ""
	}
	where := fmt.Sprintf("%d of %s", t.Line, s.sourceName)
	for _, line := range t.Duplicates {
		where += fmt.Sprintf(", and a duplicate in line %d", line)
	}
	if t.FoundBy != "key" && t.FoundBy != "line" {
		where += ", found by " + t.FoundBy
	}
	return where
}

func (s *session) printText(t *sentText) {
	if t == nil {
		return
	}
	fmt.Fprintf(s.out, "\n%s\n", t.Note)
	if t.Body == "" {
		return
	}
	fmt.Fprintln(s.out)
	if t.Subject != "" {
		fmt.Fprintf(s.out, "  subject  %s\n\n", t.Subject)
	}
	for line := range strings.Lines(strings.TrimRight(t.Body, "\n")) {
		fmt.Fprintln(s.out, strings.TrimRight("  "+line, " \r\n"))
	}
}

// localTime is how people are told when something was.
const localTime = "15:04:05 on 2 January 2006 (MST)"

// headline says in one line what became of a message.
func (t *fate) headline() string {
	text := t.Key
	if text == "" {
		text = fmt.Sprintf("line %d", t.Line)
	}
	text += ": " + t.Status
	if t.Code != "" {
		text += " (" + t.Code + ")"
	}
	if t.ReplacedBy != "" {
		text += " by " + t.ReplacedBy
	}
	if !t.At.IsZero() {
		text += " at " + t.At.Local().Format(localTime)
	}
	return text
}

// brief is the headline with what tells several people apart.
func (t *fate) brief() string {
	text := t.headline()
	if t.Line > 0 && t.Key != "" {
		text += fmt.Sprintf(", line %d", t.Line)
	}
	if t.FoundBy != "line" {
		text += ", by " + t.FoundBy
	}
	return text
}

// String is a line of a history.
func (at step) String() string {
	what := "by hand"
	if at.Claim > 0 {
		what = fmt.Sprintf("claim %d", at.Claim)
	}
	text := fmt.Sprintf("%-9s %s", what, at.At.Local().Format(localTime))
	if at.Line > 0 {
		text += fmt.Sprintf(", line %d", at.Line)
	}
	text += ": " + map[string]string{"not-sent": "not sent", "claimed": "no outcome yet", "pending": "not sent"}[at.Status]
	if strings.HasSuffix(text, ": ") {
		text += at.Status
	}
	if at.Code != "" && at.Code != ledger.ByHand {
		text += " (" + at.Code + ")"
	}
	if at.Reason != "" {
		text += ", " + at.Reason
	}
	return text
}
