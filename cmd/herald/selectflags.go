package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// selectFlags choose among the rows of the source for one run. Whoever is left
// out by another campaign's record is skipped; rows on other lines stay pending.
type selectFlags struct {
	excludeSentBy, onlySentBy []string
	lines                     string // of --line
	onLines                   campaign.Range
}

func (f *selectFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.excludeSentBy, "exclude-sent-by", nil, "skip who was sent, or perhaps sent, a message according to this `other` ledger, results file, campaign or folder; several times")
	flags.StringArrayVar(&f.onlySentBy, "only-sent-by", nil, "skip who was not sent a message according to this `other` ledger, results file, campaign or folder; several times")
}

// addLine adds --line, which test sends read in their own way.
func (f *selectFlags) addLine(flags *pflag.FlagSet, usage string) {
	flags.StringVar(&f.lines, "line", "", usage)
}

const lineUsage = "only rows on these `lines` of the source, as in 2..500; the others stay pending"

// check reads --line.
func (f *selectFlags) check() error {
	if f.lines == "" {
		return nil
	}
	r, err := campaign.ParseRange(f.lines)
	if err != nil {
		return fmt.Errorf("--line: %q must be a line of the source, or several, as in 17, 2..500, 2.. or ..500", f.lines)
	}
	f.onLines = r
	return nil
}

// oneLine returns the line that a test is of, 0 if none is said; no run is bound
// to it.
func (f *selectFlags) oneLine() (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	one := f.onLines
	if f.lines, f.onLines = "", (campaign.Range{}); one.From != one.To {
		return 0, errors.New("--line: a test is of one row: name one line")
	}
	return one.From, nil
}

// toldLines returns --line for another command that is to be about the same rows.
func (f *selectFlags) toldLines(command string) string {
	if f.lines == "" || !strings.HasPrefix(command, "herald send ") {
		return ""
	}
	return " --line " + shellQuote(strings.ReplaceAll(f.lines, " ", ""))
}

// selection returns what the flags leave out, as words of a command line.
func (f *selectFlags) selection() []string {
	var words []string
	for _, other := range f.excludeSentBy {
		words = append(words, "--exclude-sent-by "+shellQuote(other))
	}
	for _, other := range f.onlySentBy {
		words = append(words, "--only-sent-by "+shellQuote(other))
	}
	if f.lines != "" {
		words = append(words, "--line "+shellQuote(strings.ReplaceAll(f.lines, " ", "")))
	}
	return words
}

// leaves reports whether a row that was picked stays as it is after all.
func (s *session) leaves(row *source.Recipient, picked ledger.State) bool {
	return !s.run.onLines.Has(row.Line) || s.hold != nil && s.hold(row, picked)
}
