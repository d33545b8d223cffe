package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// heldWith is the flag that ends the holding.
const heldWith = "held-with"

// addHeldWith adds the flag that chooses the variant for rows that are held.
func (f *runFlags) addHeldWith(flags *pflag.FlagSet) {
	flags.StringVar(&f.heldWith, heldWith, "", "give the rows that the campaign holds back this `variant`, and send to them too")
}

// checkVariants refuses the name of a variant that the campaign does not have.
func (s *session) checkVariants() error {
	if s.run.heldWith == "" {
		return nil
	}
	if s.campaign.Hold == 0 {
		return &usageError{err: fmt.Errorf("--%s: %s holds nobody back", heldWith, s.campaign.File)}
	}
	return s.checkVariant(heldWith, s.run.heldWith)
}

func (s *session) checkVariant(flag, name string) error {
	names := s.campaign.VariantNames()
	switch {
	case len(names) == 0:
		return &usageError{err: fmt.Errorf("--%s: %s has no variants", flag, s.campaign.File)}
	case slices.Contains(names, name):
		return nil
	}
	text := fmt.Sprintf("--%s: there is no variant %s", flag, name)
	if near := campaign.Nearest(name, names); near != "" {
		return &usageError{err: fmt.Errorf("%s (did you mean %s?)", text, near)}
	}
	return &usageError{err: fmt.Errorf("%s; there are %s", text, strings.Join(names, ", "))}
}

// renderAs has all messages rendered in one variant, whichever a row gets by
// itself. An empty name changes nothing.
func (s *session) renderAs(name string) error {
	if name == "" {
		return nil
	}
	if err := s.checkVariant("variant", name); err != nil {
		return err
	}
	s.variant, s.renderer = name, s.renderer.As(name)
	return nil
}

// A variantRenderer makes a row's message and names its variant, empty if the
// campaign has none; had is the one that is on record.
type variantRenderer = func(row *source.Recipient, had string) (m *intercom.Message, variant string, err error)

// variantRenderer returns what makes a row's message, in the variant that is on
// record or that was chosen for rows that were held, else in the row's own.
func (s *session) variantRenderer() variantRenderer {
	winner := cmp.Or(s.run.heldWith, s.lastWinner())
	return func(row *source.Recipient, had string) (*intercom.Message, string, error) {
		if had == "" && winner != "" && s.renderer.Held(row) {
			had = winner
		}
		name, err := s.renderer.Variant(row, had)
		switch {
		case err != nil:
			return nil, "", err
		case name == "":
			m, err := s.renderer.Render(row)
			return m, "", err
		}
		m, err := s.renderer.RenderVariant(row, name)
		return m, name, err
	}
}

// heldBack reports whether a row that is pending waits for a variant to be chosen.
func (s *session) heldBack(row *source.Recipient, st ledger.State) bool {
	return s.run.heldWith == "" && st.Status == ledger.Pending && s.renderer.Held(row)
}

// lastWinner is the variant that the last run chose for rows that were held: for
// those of them whose outcome does not say, as of a run that was killed.
func (s *session) lastWinner() string {
	if s.ledger == nil {
		return ""
	}
	for _, r := range slices.Backward(s.ledger.Runs()) {
		if i := slices.Index(r.Flags, "--"+heldWith); i >= 0 && i+1 < len(r.Flags) && s.campaign.Variant(r.Flags[i+1]) != nil {
			return r.Flags[i+1]
		}
	}
	return ""
}

// describeVariants says which variants the rows get that are to be sent.
func (s *session) describeVariants(line func(name, format string, args ...any), v *survey) {
	for i := range s.campaign.Variants {
		one := &s.campaign.Variants[i]
		text, counted := one.Name, v != nil && v.Ready == v.whole
		if counted && v.Variants[one.Name] == 0 {
			continue
		}
		if counted {
			text += ": " + report.Number(v.Variants[one.Name])
		}
		if subject := cmp.Or(one.Subject, s.campaign.Subject); subject != nil {
			text += ", “" + subject.Text + "”"
		}
		line("variant", "%s", text)
	}
}

// variantWords lists how many rows get each variant: a 120, b 130.
func (s *session) variantWords(counts map[string]int) string {
	var parts []string
	for _, name := range s.campaign.VariantNames() {
		parts = append(parts, name+" "+report.Number(counts[name]))
	}
	return strings.Join(parts, ", ")
}

// heldWords says how many rows wait for a variant.
func heldWords(n int) string { return count(n, "row") + isOrAre(n) + "held back" }

// heldPending says the same of what a summary calls pending.
func heldPending(n int) string {
	return report.Number(n) + " of the pending rows" + isOrAre(n) + "held back"
}

func isOrAre(n int) string {
	if n == 1 {
		return " is "
	}
	return " are "
}

// nextForHeld says how to go on when only rows are left that are held back.
func (s *session) nextForHeld(n int) {
	names := s.campaign.VariantNames()
	s.say("%s until you choose a variant for them, as in: herald send %s --%s %s", heldWords(n),
		shellQuote(s.campaign.File), heldWith, names[len(names)-1])
	s.next("herald replies " + shellQuote(s.campaign.File))
}

// markHeld marks whoever waits for a variant to be chosen.
func (s *session) markHeld(people []*found, fates []*fate) {
	for i, f := range people {
		fates[i].held = s.renderer != nil && f.row != nil && f.bad == nil && fates[i].Status == ledger.Pending.String() && s.renderer.Held(f.row)
	}
}

// countHeld has an engine that only looks at keys count the rows that are held.
// Whoever counts zones gets to see the others.
func (s *session) countHeld(c sender.Config, n *int) sender.Config {
	if s.campaign.Hold == 0 {
		return c
	}
	pick, zoned := c.Pick, c.Zone != nil
	c.Pick = func(st ledger.State) bool { return pick(st) || st.Status == ledger.Pending }
	c.Hold = func(row *source.Recipient, st ledger.State) bool {
		held := s.heldBack(row, st)
		if held {
			*n++ // the sift is one goroutine
		}
		return held || !zoned
	}
	return c
}
