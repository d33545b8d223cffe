package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

func retryCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var only []string
	c := &cobra.Command{
		Use:   "retry CAMPAIGN --only failed|code=CODE|status=STATUS|unknown,...",
		Short: "Send failed rows again",
		Long: `Retry sends again the rows whose message failed: all of them, or those with one
of the given error codes or HTTP statuses. Rows that were sent are never sent
again.

A corrected export is sent with --source: a row whose id was corrected is sent
under its new key, and takes the place of the old one.

Unknown rows may have arrived: with --only unknown people may get the message
twice, so retry says how many and has the number typed, or given with
--accept-duplicates. To look first: herald settle CAMPAIGN --interactive`,
		Example: `  herald retry spring.yaml --only failed
  herald retry spring.yaml --only code=not_found,status=422
  herald retry spring.yaml --only failed --source corrected.csv
  herald retry spring.yaml --only unknown`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			picks, unknown, err := parseOnly(only)
			if err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			if s.run.skipCheck && unknown {
				return &usageError{err: errors.New("--only unknown goes with the check: it counts who may get the message twice"), command: c.CommandPath()}
			}
			defer s.close()
			s.run.mustResume = true
			s.former = formerKey
			return s.send(c.Context(), args[0], mode{command: "retry", picks: picks, flags: []string{"--only", strings.Join(only, ",")}})
		},
	}
	s.files.add(c.Flags())
	s.api.add(c.Flags())
	s.run.add(c.Flags())
	c.Flags().StringSliceVar(&only, "only", nil, "`which` rows: failed, code=CODE, status=STATUS, unknown; several with commas")
	c.Flags().IntVar(&s.run.duplicates, "accept-duplicates", 0, "accept that this `number` of people may get the message twice")
	return c
}

// formerKey is the key a row of an export had when it was exported: whoever
// corrects a wrong id gives the row a new one.
func formerKey(row *source.Recipient) string {
	key, ok := row.Value(heraldColumns[0])
	if !ok {
		return ""
	}
	return fmt.Sprint(key)
}

// parseOnly reads --only and returns what it picks, and whether unknown rows are
// among that.
func parseOnly(only []string) (picks func(ledger.State) bool, unknown bool, err error) {
	if len(only) == 0 {
		return nil, false, fmt.Errorf("--only is missing: say which rows, as in --only failed")
	}
	var codes []string
	var statuses []int
	all := false
	for _, o := range only {
		name, value, _ := strings.Cut(strings.TrimSpace(o), "=")
		n, err := strconv.Atoi(value)
		switch {
		case name == "failed" && value == "":
			all = true
		case name == "unknown" && value == "":
			unknown = true
		case name == "code" && value != "":
			codes = append(codes, value)
		case name == "status" && err == nil:
			statuses = append(statuses, n)
		default:
			return nil, false, fmt.Errorf("--only %s: must be failed, unknown, code=CODE or status=NUMBER", o)
		}
	}
	return func(st ledger.State) bool {
		return unknown && st.Status == ledger.Unknown || st.Status == ledger.Failed &&
			(all || slices.Contains(codes, st.Code) || slices.Contains(statuses, st.HTTPStatus))
	}, unknown, nil
}
