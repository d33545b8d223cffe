package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// fingerprint is what the run sends, part by part.
func (s *session) fingerprint() map[string]string {
	parts := map[string]string{}
	for _, p := range s.campaign.Parts() {
		parts[p.Name] = p.Hash
	}
	parts["API host"] = s.client.BaseURL()
	if s.inSandbox() {
		parts["API host"] = "sandbox" // on another port each time
	}
	parts["workspace"] = s.me.App.ID
	return parts
}

// newContent is the text of the parts that no run so far has sent.
func (s *session) newContent(runs []ledger.Run) map[string]string {
	had := contentOf(runs)
	content := map[string]string{}
	for _, p := range s.campaign.Parts() {
		if text, ok := had[p.Name]; !ok || text != p.Content {
			content[p.Name] = p.Content
		}
	}
	return content
}

// contentOf is what the last run sent, part by part.
func contentOf(runs []ledger.Run) map[string]string {
	had := map[string]string{}
	for _, r := range runs {
		for name, text := range r.Content {
			had[name] = text
		}
	}
	return had
}

// compareFingerprint refuses a campaign that sends something else than its last
// run did, and shows what is different, unless that is accepted.
func (s *session) compareFingerprint(runs []ledger.Run) error {
	if len(runs) == 0 {
		return nil
	}
	for _, fixed := range []string{"workspace", "API host"} {
		if was, is := runs[0].Fingerprint[fixed], s.fingerprint()[fixed]; was != is {
			return &refusal{code: exitUsage,
				what: fmt.Sprintf("%s was begun with the %s %s, and this run has %s", s.ledgerPath(), fixed, was, is),
				hint: "use the token and region it was begun with, or another --ledger"}
		}
	}
	changed := changes(runs[len(runs)-1].Fingerprint, s.fingerprint())
	if len(changed) == 0 {
		return nil
	}
	written := s.writtenTo()
	if written > 0 && s.keyChanged(runs[len(runs)-1].Fingerprint, changed) {
		return &refusal{code: exitUsage,
			what: fmt.Sprintf("what makes the key has changed since %s were written to: they would not be known again, and get the message twice", people(written)),
			hint: "undo the change of key, to or vars; for another audience give the campaign a new name, or a new --ledger"}
	}
	if s.run.newContent {
		s.say("new content (%s): %s got the old one and keep it", strings.Join(changed, ", "), people(written))
		return nil
	}
	s.showChanges(changed, contentOf(runs))
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("the campaign has changed since its last run: %s", strings.Join(changed, ", ")),
		hint: fmt.Sprintf("undo the change; or accept it with --new-content: %s got the old one, those not yet written to get the new one", people(written))}
}

// keyChanged reports whether a row may have another key now than it had then.
func (s *session) keyChanged(was map[string]string, changed []string) bool {
	rules := []string{"to.id", "to.email", "to.external_id"}
	if _, had := was["key"]; had || s.campaign.Key != nil {
		rules = []string{"key"}
	}
	template := cmp.Or(s.campaign.Key, s.campaign.To.ID, s.campaign.To.Email, s.campaign.To.ExternalID)
	return slices.ContainsFunc(changed, func(name string) bool {
		return slices.Contains(rules, name) || strings.HasPrefix(name, "vars.") && strings.Contains(template.Text, "vars")
	})
}

// writtenTo is how many people the ledger knows were, or may have been, written
// to.
func (s *session) writtenTo() int {
	n := 0
	for state, keys := range s.ledger.Counts() {
		if state.Status == ledger.Sent || state.Status == ledger.Unknown {
			n += keys
		}
	}
	return n
}

// showChanges shows how texts changed, as a diff of each.
func (s *session) showChanges(changed []string, had map[string]string) {
	is := map[string]string{}
	for _, p := range s.campaign.Parts() {
		is[p.Name] = p.Content
	}
	for _, name := range changed {
		was, ok := had[name]
		if now, also := is[name]; ok && also {
			text := diff.Diff(name+" as it was sent", withLineEnd(was), name+" as it is", withLineEnd(now))
			_, text, _ = bytes.Cut(text, []byte("\n")) // names both once more
			fmt.Fprintf(s.err, "%s", text)
		}
	}
}

func withLineEnd(text string) []byte {
	return append([]byte(strings.TrimSuffix(text, "\n")), '\n')
}

// changes names the parts that differ.
func changes(was, is map[string]string) []string {
	var names []string
	for name, v := range is {
		if was[name] != v {
			names = append(names, name)
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
