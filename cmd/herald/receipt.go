package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// A receipt says what was forgotten, file by file, and what herald can't reach.
type receipt struct {
	Time      time.Time          `json:"time"`
	DryRun    bool               `json:"dry_run"`
	Who       []string           `json:"who"` // as asked for
	Campaigns []*campaignReceipt `json:"campaigns"`
	Unreached []string           `json:"not_reached"`
}

type campaignReceipt struct {
	Campaign string        `json:"campaign"`
	File     string        `json:"file"`
	Keys     int           `json:"keys"` // that are blocked now; a person may have several
	Files    []fileReceipt `json:"files"`
}

type fileReceipt struct {
	Path    string          `json:"path"`
	Kind    string          `json:"kind"`
	Rows    int             `json:"rows"`             // removed, of a file of rows
	Ledger  *ledger.Receipt `json:"ledger,omitempty"` // what was removed from a ledger
	Problem string          `json:"problem,omitzero"` // why this file was left as it is
}

// unreached names what has the person's data and is not herald's to change.
func (f *farewell) unreached() []string {
	text := f.sourceOf() + ", the source"
	if f.sourceOf() == "-" {
		text = "the source, which came from standard input"
	}
	if len(f.lines) > 0 {
		lines := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(f.lines)), ", "), "[]")
		noun := "line "
		if len(f.lines) > 1 {
			noun = "lines "
		}
		text += ": they are in " + noun + lines
	}
	all := []string{text}
	if f.files.ledger == "" && !exists(f.home()+".ledger") {
		all = append(all, "the first real run of "+f.campaign.File+", which has no ledger yet to keep it from writing to them: remove them from the source")
	}
	return all
}

// elsewhere is what no command reaches.
var elsewhere = []string{
	"Intercom: the contact, and what was sent to them",
	"a sandbox that is running: it forgets when it ends",
	"backups, and copies and exports that are kept elsewhere or in other formats",
	"this receipt, which says whom it is about",
}

// printReceipt prints a receipt on stdout: it is what people keep.
func (s *session) printReceipt(r *receipt) {
	r.Unreached = append(r.Unreached, elsewhere...)
	if r.Campaigns == nil {
		r.Campaigns = []*campaignReceipt{}
	}
	if s.run.json {
		s.printJSON(r)
	} else {
		s.writeReceipt(r)
	}
	for _, f := range r.left() {
		s.say("warning: %s was left as it is: %s", f.Path, f.Problem)
	}
	if r.DryRun {
		s.say("a dry run: nothing was changed")
	}
}

// left are the files that could not be read or written.
func (r *receipt) left() (files []fileReceipt) {
	for _, c := range r.Campaigns {
		for _, f := range c.Files {
			if f.Problem != "" {
				files = append(files, f)
			}
		}
	}
	return files
}

func (s *session) writeReceipt(r *receipt) {
	verb := "removed"
	if r.DryRun {
		verb = "would be removed"
	}
	fmt.Fprintf(s.out, "herald forget %s, %s\n", strings.Join(r.Who, " "), r.Time.Local().Format(localTime))
	for _, c := range r.Campaigns {
		fmt.Fprintf(s.out, "\n%s (%s): %s\n", c.Campaign, c.File, count(c.Keys, "key"))
		for _, f := range c.Files {
			fmt.Fprintf(s.out, "  %s, %s: %s\n", f.Path, f.Kind, f.words(verb))
		}
	}
	fmt.Fprintln(s.out, "\nherald can't reach:")
	for _, what := range r.Unreached {
		fmt.Fprintf(s.out, "  %s\n", what)
	}
}

// words says what was removed from a file.
func (f *fileReceipt) words(verb string) string {
	switch {
	case f.Problem != "":
		return "left as it is: " + f.Problem
	case f.Ledger != nil:
		l := f.Ledger
		stays := "a hash of each key stays, and blocks sending"
		if l.Claims+l.Outcomes+l.ByHand == 0 {
			return "nothing of them; " + stays
		}
		text := fmt.Sprintf("%s, %s", count(l.Claims, "claim"), count(l.Outcomes, "outcome"))
		if l.ByHand > 0 {
			text += fmt.Sprintf(", %s by hand", count(l.ByHand, "act"))
		}
		return text + " " + verb + "; " + stays
	case f.Rows == 0:
		return "nothing of them"
	}
	return count(f.Rows, "row") + " " + verb
}
