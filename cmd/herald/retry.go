package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
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
under its new key, and takes the place of the old one. Rows in which nothing was
changed since they failed are counted, and you are asked about them; where there
is nobody to ask they are left out, unless --send-unchanged is given.

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
			chosen, err := parseOnly(only)
			if err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			if s.run.skipCheck && chosen.unknown {
				return &usageError{err: errors.New("--only unknown goes with the check: it counts who may get the message twice"), command: c.CommandPath()}
			}
			defer s.close()
			s.run.mustResume = true
			s.former = formerKey
			flags := []string{"--only", strings.Join(only, ",")}
			if s.run.sendUnchanged {
				flags = append(flags, "--send-unchanged")
			}
			return s.send(c.Context(), args[0], mode{command: "retry", picks: chosen.picks, only: chosen, flags: flags})
		},
	}
	s.files.add(c.Flags())
	s.api.add(c.Flags())
	s.run.add(c.Flags())
	c.Flags().StringSliceVar(&only, "only", nil, "`which` rows: failed, code=CODE, status=STATUS, unknown; several with commas")
	c.Flags().IntVar(&s.run.duplicates, "accept-duplicates", 0, "accept that this `number` of people may get the message twice")
	c.Flags().BoolVar(&s.run.sendUnchanged, "send-unchanged", false, "send rows of a corrected --source too in which nothing was changed")
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

// A selection is which rows --only names.
type selection struct {
	failed, unknown bool
	codes           []string
	statuses        []int
}

// picks says whether a key is one of them.
func (c *selection) picks(st ledger.State) bool {
	return c.unknown && st.Status == ledger.Unknown || st.Status == ledger.Failed &&
		(c.failed || slices.Contains(c.codes, st.Code) || slices.Contains(c.statuses, st.HTTPStatus))
}

// parseOnly reads --only.
func parseOnly(only []string) (*selection, error) {
	if len(only) == 0 {
		return nil, fmt.Errorf("--only is missing: say which rows, as in --only failed")
	}
	c := &selection{}
	for _, o := range only {
		name, value, _ := strings.Cut(strings.TrimSpace(o), "=")
		n, err := strconv.Atoi(value)
		switch {
		case name == "failed" && value == "":
			c.failed = true
		case name == "unknown" && value == "":
			c.unknown = true
		case name == "code" && value != "":
			c.codes = append(c.codes, value)
		case name == "status" && err == nil:
			c.statuses = append(c.statuses, n)
		default:
			return nil, fmt.Errorf("--only %s: must be failed, unknown, code=CODE or status=NUMBER", o)
		}
	}
	return c, nil
}

// warnAbsent names codes and statuses that no row failed with, and lists those
// that there are: a slip of the pen looks like success.
func (s *session) warnAbsent(c *selection) {
	codes, statuses := map[string]int{}, map[int]int{}
	for st, n := range s.ledger.Counts() {
		if st.Status == ledger.Failed {
			codes[st.Code] += n
			statuses[st.HTTPStatus] += n
		}
	}
	for _, code := range c.codes {
		if codes[code] == 0 {
			s.say("no row failed with the code %s; there %s", code, listCounts(codes))
		}
	}
	for _, status := range c.statuses {
		if statuses[status] == 0 {
			s.say("no row failed with the status %d; there %s", status, listCounts(statuses))
		}
	}
}

// listCounts lists what there is, and how often: are not_found (2), 422 (1).
func listCounts[K cmp.Ordered](counts map[K]int) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%v (%s)", k, report.Number(counts[k])))
	}
	if len(list) == 0 {
		return "are no failed rows"
	}
	return "are " + strings.Join(list, ", ")
}
