package main

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A plan is what somebody has approved: this content, from this sender and
// workspace, to these rows. What is sent by it may be less, never more.
type plan struct {
	Format      string            `json:"format"` // planFormat
	Campaign    string            `json:"campaign"`
	Made        time.Time         `json:"made"`
	By          string            `json:"by"`
	Fingerprint map[string]string `json:"fingerprint"`
	Source      string            `json:"source"`              // its name, for people
	Digest      string            `json:"digest"`              // SHA-256 of the source, hex
	Rows        int               `json:"rows"`                // of the source
	Ready       int               `json:"ready"`               // of those, to be sent
	Selection   []string          `json:"selection,omitempty"` // who is left out by conditions, sample and flags
}

const planFormat = "herald plan 1"

// newPlan freezes what a check found.
func (s *session) newPlan(v *survey) plan {
	return plan{Format: planFormat, Campaign: s.title(), Made: time.Now().UTC(), By: person(),
		Fingerprint: s.fingerprint(), Source: filepath.Base(s.sourceName), Digest: v.digest, Rows: v.Rows.Rows, Ready: v.Ready,
		Selection: selectionWords(s.campaign, &s.run)}
}

// writePlan writes a plan, and says how it is sent.
func (s *session) writePlan(v *survey, path, file string) error {
	if err := s.newPlan(v).write(file); err != nil {
		return err
	}
	s.say("%s written: %s of %s to be sent", file, report.Number(v.Ready), count(v.Rows.Rows, "row"))
	s.next("herald send " + shellQuote(path) + " --plan " + shellQuote(file))
	return nil
}

// write writes the plan to a new file.
func (p plan) write(path string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &refusal{code: exitUsage, what: fmt.Sprintf("the plan can't be written to %s: there is such a file", path),
			hint: "an approved plan is not written over: name another file, or remove this one first"}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// readPlan reads a plan's file.
func readPlan(path string) (*plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil || p.Format != planFormat {
		return nil, &refusal{code: exitUsage, what: path + " is no plan", hint: "herald check CAMPAIGN --write-plan FILE writes one"}
	}
	return &p, nil
}

// obey refuses to send anything that the plan does not say.
func (s *session) obey(p *plan, v *survey) error {
	no := func(format string, args ...any) error {
		return &refusal{code: exitUsage, what: fmt.Sprintf(format, args...) + "; nothing was sent",
			hint: "have the change approved: write a new plan with herald check " + shellQuote(s.campaign.File) + " --write-plan FILE"}
	}
	if p.Campaign != s.title() {
		return no("the plan is for the campaign %q, this one is %q", p.Campaign, s.title())
	}
	if changed := changes(p.Fingerprint, s.fingerprint()); len(changed) > 0 {
		return no("the campaign is not the one that was planned: %s changed", strings.Join(changed, ", "))
	}
	if p.Digest != v.digest {
		return no("%s is not the file that was planned with, which was %s with %s", s.sourceName, p.Source, count(p.Rows, "row"))
	}
	if words := selectionWords(s.campaign, &s.run); !slices.Equal(words, p.Selection) {
		return no("the plan is for other rows (%s), this run for (%s)", wordsOr(p.Selection, "all"), wordsOr(words, "all"))
	}
	if v.Ready > p.Ready {
		return no("%s would be sent, and the plan is for %s", count(v.Ready, "row"), report.Number(p.Ready))
	}
	again, err := s.madePendingSince(p.Made)
	if err != nil {
		return err
	}
	if again > 0 {
		return no("%s made pending again by hand since the plan", were(again))
	}
	s.say("as planned by %s on %s: %s of the %s planned", p.By, p.Made.Local().Format("2 January 15:04"), report.Number(v.Ready), count(p.Ready, "row"))
	return nil
}

// wordsOr joins words, or is another one if there are none.
func wordsOr(words []string, none string) string {
	return cmp.Or(strings.Join(words, ", "), none)
}

func were(rows int) string {
	if rows == 1 {
		return "1 row was"
	}
	return report.Number(rows) + " rows were"
}

// madePendingSince counts the rows that a person settled as not sent: they may
// not be among those that were planned.
func (s *session) madePendingSince(made time.Time) (n int, err error) {
	if s.ledger == nil {
		return 0, nil
	}
	for r, err := range ledger.Records(s.ledgerPath(), nil) {
		if err != nil {
			return n, err
		}
		if hand, ok := r.Value.(ledger.HandSettled); ok && hand.As == ledger.Pending && hand.Time.After(made) {
			n++
		}
	}
	return n, nil
}

// digestOf returns the digest of a source that was read to its end; empty if it
// was not.
func digestOf(rows any) string {
	r, ok := rows.(interface{ Digest() ([32]byte, bool) })
	if !ok {
		return ""
	}
	sum, whole := r.Digest()
	if !whole {
		return ""
	}
	return hex.EncodeToString(sum[:])
}
