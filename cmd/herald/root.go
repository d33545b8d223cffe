package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.AddCommand(
		demoCommand(p), initCommand(p), checkCommand(p), previewCommand(p), rehearseCommand(p),
		sendCommand(p), retryCommand(p), exportCommand(p), statusCommand(p), showCommand(p),
		sandboxCommand(p), loginCommand(p), versionCommand(p),
	)
	for _, c := range append(root.Commands(), root) {
		c.Long += "\n\n" + exitCodes
		c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
			return &usageError{err: err, command: c.CommandPath()}
		})
		asUsageErrors(c)
	}
	return root
}

// asUsageErrors marks what cobra says of wrong arguments as wrong usage.
func asUsageErrors(c *cobra.Command) {
	check, run := c.Args, c.RunE
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return &usageError{err: err, command: c.CommandPath()}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error { return run(c, args) }
}

// fileFlags say where a campaign's files are, if not where they usually are.
type fileFlags struct{ source, ledger, results string }

func (f *fileFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.source, "source", "", "read recipients from this `file` and not the campaign's; - is stdin")
	flags.StringVar(&f.ledger, "ledger", "", "keep claims and outcomes in this `file` (default NAME.ledger beside the campaign)")
	flags.StringVar(&f.results, "results", "", "write outcomes to this .csv or .jsonl `file` (default NAME.results.csv beside the campaign)")
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
	yes, skipCheck, skipBadRows, mustResume, newContent, json bool
	rate, share, progress                                     string
	workers, limit, latePasses                                int
	lateWait                                                  time.Duration
}

func (f *runFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.yes, "yes", false, "don't ask before sending")
	flags.StringVar(&f.rate, "rate", "", "send at this `rate`: auto, 160/s, 1600/10s or 9000/min [HERALD_RATE]")
	flags.StringVar(&f.share, "share", "", "use this `part` of the API's limit, as in 80% [HERALD_SHARE]")
	flags.IntVar(&f.workers, "workers", 0, "send this many messages at a time [HERALD_WORKERS]")
	flags.IntVar(&f.limit, "limit", 0, "send to the first `N` rows that are pending, and stop")
	flags.BoolVar(&f.skipCheck, "skip-check", false, "begin without reading and rendering every row first")
	flags.BoolVar(&f.skipBadRows, "skip-bad-rows", false, "skip rows that can't be read or rendered, and send the others")
	flags.BoolVar(&f.mustResume, "must-resume", false, "refuse to start where there is no ledger yet")
	flags.BoolVar(&f.newContent, "new-content", false, "accept that message, templates, sender or key changed since the last run")
	flags.IntVar(&f.latePasses, "late-passes", 2, "try contacts that were not found this many times more: they may be minutes old")
	flags.DurationVar(&f.lateWait, "late-wait", 2*time.Minute, "wait this long before each of these passes")
	f.addOutput(flags)
}

func (f *runFlags) addOutput(flags *pflag.FlagSet) {
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	flags.StringVar(&f.progress, "progress", "auto", "show progress as a bar on a terminal (`auto`), as plain lines, or none: auto, plain, none [HERALD_PROGRESS]")
}

// fromEnvironment gives each flag that was not set, and names a variable in
// brackets, the value of that variable.
func fromEnvironment(p *program, flags *pflag.FlagSet) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		_, rest, ok := strings.Cut(f.Usage, "[HERALD_")
		if !ok || f.Changed || first != nil {
			return
		}
		name := "HERALD_" + strings.TrimSuffix(rest, "]")
		if v := p.env(name); v != "" {
			if err := flags.Set(f.Name, v); err != nil {
				first = &usageError{err: fmt.Errorf("%s=%s: %w", name, v, err)}
			}
		}
	})
	return first
}
