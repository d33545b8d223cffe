package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

func ledgerCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "ledger",
		Short: "Look into a ledger: verify or dump it",
		Long: `A ledger is the truth of a campaign: every claim and every outcome. These commands
only read it, also while a run is going on.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var asJSON bool
	verify := &cobra.Command{
		Use:     "verify FILE",
		Short:   "Read a ledger from end to end and say whether it is whole",
		Long:    "Verify reads every record of a ledger, and says what is in it and what is damaged.",
		Example: "  herald ledger verify spring-launch.ledger",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return p.verifyLedger(args[0], asJSON) },
	}
	verify.Flags().BoolVar(&asJSON, "json", false, "print what was found as JSON")
	dump := &cobra.Command{
		Use:   "dump FILE",
		Short: "Print every record of a ledger, one JSON object a line",
		Long: `Dump prints every record of a ledger with its place in the file. It goes on behind
damage, where whole records follow. What it prints is contact data.`,
		Example: "  herald ledger dump spring-launch.ledger | grep 6329f3a1",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return p.dumpLedger(args[0]) },
	}
	c.AddCommand(verify, dump)
	return c
}

func (p *program) verifyLedger(path string, asJSON bool) error {
	r, err := ledger.Verify(path, nil)
	if err != nil {
		return noLedger(path, err)
	}
	if asJSON {
		p.printJSON(r)
	} else {
		p.printLedger(r)
	}
	if r.Damage != nil {
		return r.Damage
	}
	return nil
}

func (p *program) printLedger(r ledger.Report) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(p.out, "  %-9s%s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(p.out, "%s, campaign %s, begun %s\n", r.Path, r.Header.Campaign, r.Header.Created.Local().Format("2 January 2006 15:04"))
	line("size", "%s in %s", report.Bytes(r.Size), count(r.Frames, "frame"))
	line("runs", "%s", report.Number(r.Runs))
	line("records", "%s", counted(r.Records))
	line("keys", "%s", counted(r.Keys))
	switch {
	case r.Damage != nil:
	case r.Torn > 0:
		line("end", "%s of a last record that was never whole; the next run cuts them off", report.Bytes(r.Torn))
	case r.Holder.Clean == 0:
		line("end", "whole; process %d on %s has it open, or died", r.Holder.PID, r.Holder.Host)
	default:
		line("end", "whole, and closed properly")
	}
}

// counted writes counts by name, the greatest first.
func counted(n map[string]int) string {
	var names []string
	for name := range n {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if n[a] != n[b] {
			return n[b] - n[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = report.Number(n[name]) + " " + name
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func (p *program) dumpLedger(path string) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	var first error
	for r, err := range ledger.Records(path, nil) {
		var damage *ledger.DamageError
		switch {
		case errors.As(err, &damage):
			p.say("herald: %v", damage)
			if first == nil {
				first = err
			}
		case err != nil:
			return noLedger(path, err)
		default:
			if err := enc.Encode(dumped{r.Offset, r.Kind, r.Value}); err != nil {
				if errors.Is(err, io.ErrClosedPipe) {
					return nil
				}
				return err
			}
		}
	}
	return first
}

// A dumped is a record as dump prints it.
type dumped struct {
	Offset int64  `json:"offset"`
	Kind   string `json:"kind"`
	Value  any    `json:"value"`
}

// noLedger explains why a file can't be looked into.
func noLedger(path string, err error) error {
	switch {
	case errors.Is(err, ledger.ErrNotLedger):
		return &refusal{code: exitCant, what: path + " is not a ledger", hint: "name a .ledger file"}
	case errors.Is(err, ledger.ErrMissing):
		return &refusal{code: exitCant, what: "there is no ledger " + path, hint: "name a .ledger file, beside the campaign it belongs to"}
	}
	return err
}
