package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A skipRule says why a row is not to be written to: a code for the results file,
// and a sentence for people; no code if it has nothing against the row. The engine's
// Skip says which rows it is asked for; it is called by one goroutine.
type skipRule func(row *source.Recipient, key string, state ledger.State) (code, reason string)

// skip asks the session's rules, in their order, until one skips the row; the
// engine's Skip.
func (s *session) skip(row *source.Recipient, key string, state ledger.State) (code, reason string) {
	for _, rule := range s.skipRules {
		if code, reason = rule(row, key, state); code != "" {
			return code, reason
		}
	}
	return "", ""
}

// Codes of rows that are skipped by rules.
const (
	filtered      = "filtered"          // by only or except
	notInSample   = "not_in_sample"     // by sample
	suppressed    = "suppressed"        // on a list of people who must not be written to
	sentByOther   = "sent_by_other"     // --exclude-sent-by
	unsentByOther = "not_sent_by_other" // --only-sent-by
)

// skipWords says of rows what a code means; by the code itself if it is none of
// these.
func skipWords(code string) string {
	words := map[string]string{
		filtered:      "filtered out",
		notInSample:   "not in the sample",
		suppressed:    "suppressed",
		sentByOther:   "sent by the other campaign",
		unsentByOther: "not sent by the other campaign",
		notInIntercom: "not in Intercom",
		optedOut:      "who want no emails",
		hardBounced:   "whose address bounced",
		markedAsSpam:  "who marked an email as spam",

		sender.SameContact: "the same contact as another row",
	}
	return cmp.Or(words[code], "skipped as "+code)
}

// skipCounts says how many rows are skipped by rules, the most frequent first.
func skipCounts(skips map[string]int) []string {
	codes := slices.SortedFunc(maps.Keys(skips), func(a, b string) int {
		return cmp.Or(cmp.Compare(skips[b], skips[a]), cmp.Compare(a, b))
	})
	var list []string
	for _, code := range codes {
		list = append(list, report.Number(skips[code])+" "+skipWords(code))
	}
	return list
}

// skipped counts a row that is skipped, and why. Rows that can't be sent are counted
// by what is wrong with them.
func (v *survey) skipped(code string) {
	switch code {
	case sender.BadRow:
	case sender.Duplicate:
		v.Duplicates++
	default:
		v.Skips[code]++
	}
}

// loadSkips makes the rules of this run, the cheapest first, and last that of
// contacts: one that it lets through belongs to that row. Every list is read anew:
// who came onto it is not written to, who left it is.
func (s *session) loadSkips() error {
	s.skipRules = nil
	if len(s.campaign.Conditions()) > 0 {
		s.skipRules = append(s.skipRules, s.filter)
	}
	if s.campaign.Sample > 0 {
		s.skipRules = append(s.skipRules, s.sample)
	}
	if err := s.addSuppressed(); err != nil {
		return err
	}
	if err := s.addSentBy(); err != nil {
		return err
	}
	if s.campaign.LooksUp() != "" {
		s.skipRules = append(s.skipRules, s.skipContact)
	}
	return nil
}

// filter skips rows that the campaign's conditions leave out. Of one that can't
// be decided rendering says so.
func (s *session) filter(row *source.Recipient, _ string, _ ledger.State) (code, reason string) {
	selected, why, err := s.renderer.Selected(row)
	if selected || err != nil {
		return "", ""
	}
	if why == "only" {
		return filtered, "only: the condition does not hold"
	}
	return filtered, "except: the condition holds"
}

// sample skips rows that are not in the campaign's sample.
func (s *session) sample(_ *source.Recipient, key string, _ ledger.State) (code, reason string) {
	if s.campaign.InSample(key) {
		return "", ""
	}
	return notInSample, fmt.Sprintf("not in the sample of %s", percent(s.campaign.Sample))
}

func percent(share float64) string { return fmt.Sprintf("%.4g%%", share*100) }

// selectionWords says which rows the run leaves out or gives another variant, for
// plans: by what the campaign says, and by flags.
func selectionWords(c *campaign.Campaign, f *runFlags) []string {
	var words []string
	for _, t := range c.Conditions() {
		words = append(words, t.Name+": "+t.Text)
	}
	if c.Sample > 0 {
		words = append(words, "sample: "+percent(c.Sample))
	}
	if c.SkipUnsubscribed {
		words = append(words, "unsubscribed: skip")
	}
	if c.Hold > 0 {
		words = append(words, "hold: "+percent(c.Hold))
	}
	if f.heldWith != "" {
		words = append(words, "--"+heldWith+" "+shellQuote(f.heldWith))
	}
	return append(words, f.selection()...)
}
