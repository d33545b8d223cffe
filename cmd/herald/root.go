package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/governor"
)

const about = `herald sends a campaign: one message to each row of a file, through Intercom's
POST /messages, under one rate limit. Every outcome goes to a results file, and
a ledger remembers who was written to, so a run can be stopped, resumed, and its
failed rows sent again.

Start with "herald demo": it needs no account and no configuration.`

const exitCodes = `Exit codes:
  0    every row sent or skipped as told, or nothing new to do
  1    can't go on: the reason and what to do are printed
  2    wrong usage or campaign, or the check refuses rows; nothing was sent
  3    finished; this run left rows failed, unknown or unreadable
  4    stopped early by herald itself; run the same command to go on
  5    another herald is sending this campaign
  130  interrupted (SIGINT, SIGTERM, SIGHUP); run the same command to go on`

// rootCommand builds the command tree.
func rootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:           "herald",
		Short:         "Send a campaign through Intercom: never twice, never lost, never faster than allowed",
		Long:          about,
		Example:       "  herald demo\n  herald init spring && herald check spring/campaign.yaml\n  herald send spring/campaign.yaml",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.AddCommand(
		demoCommand(p), initCommand(p), checkCommand(p), previewCommand(p), rehearseCommand(p),
		contactsCommand(p), sendCommand(p), stopCommand(p), retryCommand(p), exportCommand(p), statusCommand(p), repliesCommand(p), showCommand(p), settleCommand(p), forgetCommand(p), suppressCommand(p), ledgerCommand(p),
		sandboxCommand(p), loginCommand(p), versionCommand(p),
	)
	root.SuggestionsMinimumDistance = 2
	for _, c := range append(root.Commands(), root) {
		c.Long = cmp.Or(c.Long, c.Short+".") + "\n\n" + exitCodes
		c.Example = cmp.Or(c.Example, "  "+c.CommandPath())
		c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
			return &usageError{err: flagError(c.Flags(), "", err), command: c.CommandPath()}
		})
		asUsageErrors(c)
	}
	return root
}

// asUsageErrors marks wrong arguments as wrong usage, and says of which command.
func asUsageErrors(c *cobra.Command) {
	check, run := c.Args, c.RunE
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return &usageError{err: argumentError(c, args), command: c.CommandPath()}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		err := run(c, args)
		var usage *usageError
		if errors.As(err, &usage) && usage.command == "" {
			usage.command = c.CommandPath()
		}
		return err
	}
}

// argumentError says which arguments a command takes, when it was given others.
func argumentError(c *cobra.Command, args []string) error {
	usage := strings.TrimSpace(c.Root().Name() + " " + strings.TrimPrefix(c.Use, c.Root().Name()))
	switch {
	case len(args) == 0:
		return fmt.Errorf("something is missing: %s", usage)
	case c.HasParent():
		return fmt.Errorf("%q is too much: %s", args[len(args)-1], usage)
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return errors.New(text)
}

// flagError says what is wrong with a flag, or with the variable that its value
// comes from, in words of this program.
func flagError(flags *pflag.FlagSet, variable string, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &bare):
		return fmt.Errorf("--%s needs a value", bare.GetSpecifiedName())
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		return fmt.Errorf("there is no flag --%s%s", unknown.GetSpecifiedName(), flagsLike(flags, unknown.GetSpecifiedName()))
	case !errors.As(err, &invalid):
		return err
	}
	name := cmp.Or(variable, "--"+invalid.GetFlag().Name)
	switch invalid.GetFlag().Value.Type() {
	case "int":
		return fmt.Errorf("%s: %q must be a whole number", name, invalid.GetValue())
	case "bool":
		return fmt.Errorf("%s: %q must be true or false", name, invalid.GetValue())
	case "duration":
		return fmt.Errorf("%s: %q must be a time, as in 30s or 2m", name, invalid.GetValue())
	}
	return fmt.Errorf("%s: %w", name, invalid.Unwrap())
}

// flagsLike names the flags that begin like one that does not exist.
func flagsLike(flags *pflag.FlagSet, name string) string {
	var near []string
	flags.VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, name) || strings.HasPrefix(name, f.Name) {
			near = append(near, "--"+f.Name)
		}
	})
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}

// apiFlags say how the API is reached. The token itself is never a flag: other
// users of the machine could read it.
type apiFlags struct {
	tokenFile, tokenCmd string
	region, baseURL     string
}

func (f *apiFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.tokenFile, "token-file", "", "read the access token from this `file`, which only you may read [HERALD_TOKEN_FILE]")
	flags.StringVar(&f.tokenCmd, "token-cmd", "", "run this `command` to print the access token [HERALD_TOKEN_CMD]")
	flags.StringVar(&f.region, "region", "", "Intercom's `region`: us, eu or au [HERALD_REGION]")
	flags.StringVar(&f.baseURL, "base-url", "", "send to this `URL`; https unless on this machine [HERALD_BASE_URL]")
}

// runFlags say how a run goes.
type runFlags struct {
	selectFlags
	yes, skipCheck, skipBadRows, mustResume, newContent, adoptResults, networkLedger, json bool
	noWait, goOn, allowEmpty, sendUnchanged                                                bool
	rate, share, progress, plan, expect, heldWith                                          string
	workers, limit, latePasses, duplicates, canary, confirmAbove                           int
	lateWait, maxWait, maxOutage                                                           time.Duration
}

// check says what is wrong with the values of flags. A 0 that was given is no
// default: a script that works out --limit 0 does not mean everybody.
func (f *runFlags) check(files *fileFlags) error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{
		{"limit", f.limit, 1, math.MaxInt},
		{"canary", f.canary, 1, math.MaxInt},
		{"workers", f.workers, 1, campaign.MaxWorkers},
		{"late-passes", f.latePasses, 0, 100},
	} {
		if given := files.given(n.name); n.value > n.most || n.value < n.least && (given || n.value < 0) {
			return fmt.Errorf("%s: %d must be a whole number from %d%s", files.origin(n.name), n.value, n.least, upTo(n.most))
		}
	}
	if err := f.selectFlags.check(); err != nil {
		return err
	}
	if f.skipCheck && (f.plan != "" || f.expect != "") {
		return errors.New("--plan and --expect go with the check: it counts the rows")
	}
	if f.goOn && f.canary == 0 {
		return errors.New("--go-on says what follows a canary: add --canary N")
	}
	for name, d := range map[string]time.Duration{"max-wait": f.maxWait, "max-outage": f.maxOutage} {
		if d <= 0 && files.given(name) {
			return fmt.Errorf("--%s: %v must be longer than nothing", name, d)
		}
	}
	if f.progress != "" && !slices.Contains([]string{"auto", "plain", "none"}, f.progress) {
		return fmt.Errorf("%s: %q must be auto, plain or none", files.origin("progress"), f.progress)
	}
	return nil
}

func upTo(most int) string {
	if most == math.MaxInt {
		return ""
	}
	return fmt.Sprintf(" to %d", most)
}

func (f *runFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.yes, "yes", false, "don't ask before sending")
	flags.IntVar(&f.confirmAbove, "confirm-above", 1000, "have the number typed where more than `N` people are written to [HERALD_CONFIRM_ABOVE]")
	flags.StringVar(&f.rate, "rate", "", "send at this `rate`: auto, 160/s, 1600/10s or 9000/min [HERALD_RATE]")
	flags.StringVar(&f.share, "share", "", "use this `part` of the API's limit, as in 80% [HERALD_SHARE]")
	flags.IntVar(&f.workers, "workers", 0, "send this many messages at a time [HERALD_WORKERS]")
	flags.IntVar(&f.limit, "limit", 0, "send to the first `N` rows that are pending, and stop")
	flags.BoolVar(&f.skipCheck, "skip-check", false, "begin without reading, rendering and judging every row first")
	flags.BoolVar(&f.skipBadRows, "skip-bad-rows", false, "skip rows that the check refuses, and send the others")
	flags.BoolVar(&f.mustResume, "must-resume", false, "refuse to start where there is no ledger yet")
	flags.BoolVar(&f.newContent, "new-content", false, "accept that message, templates, sender or key changed since the last run")
	flags.BoolVar(&f.adoptResults, "adopt-results", false, "build a lost ledger from the results file; who is missing there is written to again")
	flags.BoolVar(&f.networkLedger, "allow-network-ledger", false, "keep the ledger on a network file system, which may lose locks and writes")
	flags.BoolVar(&f.noWait, "no-wait", false, "stop, to go on later, where the campaign's times would have the run wait")
	flags.IntVar(&f.latePasses, "late-passes", 2, "try contacts that were not found this many times more: they may be minutes old")
	flags.DurationVar(&f.lateWait, "late-wait", 2*time.Minute, "wait this long before each of these passes")
	flags.IntVar(&f.canary, "canary", 0, "send to `N` rows first, show what became of them, and ask before the others follow")
	flags.BoolVar(&f.goOn, "go-on", false, "after --canary, go on without asking if every one of its messages was sent")
	flags.DurationVar(&f.maxWait, "max-wait", governor.DefaultMaxWait, "stop when the API would let nothing through for longer than this")
	flags.DurationVar(&f.maxOutage, "max-outage", maxOutage, "stop when the API could not be reached for longer than this")
	f.selectFlags.add(flags)
	f.addExpectations(flags)
	f.addOutput(flags)
}

// addExpectations adds what guards a run that nobody watches.
func (f *runFlags) addExpectations(flags *pflag.FlagSet) {
	flags.StringVar(&f.expect, "expect", "", "refuse a source that has not this `number` of rows: 500, 400..600, 400.. or ..600")
	flags.BoolVar(&f.allowEmpty, "allow-empty", false, "take a source without rows for an empty list, and not for a mistake")
}

func (f *runFlags) addOutput(flags *pflag.FlagSet) {
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	flags.StringVar(&f.progress, "progress", "auto", "show progress in this `mode`: auto (a bar on a terminal), plain lines, or none [HERALD_PROGRESS]")
}

// variableOf returns the environment variable that a flag's usage names.
func variableOf(f *pflag.Flag) string {
	_, rest, ok := strings.Cut(f.Usage, "[HERALD_")
	if !ok {
		return ""
	}
	return "HERALD_" + strings.TrimSuffix(rest, "]")
}

// fromEnvironment gives each flag that was not set, and names a variable in
// brackets, the value of that variable.
func fromEnvironment(p *program, flags *pflag.FlagSet) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variableOf(f)
		if name == "" || f.Changed || first != nil {
			return
		}
		if v := p.env(name); v != "" {
			if err := flags.Set(f.Name, v); err != nil {
				first = &usageError{err: flagError(flags, name, err)}
			}
			f.Changed = false // by the command line
		}
	})
	return first
}
