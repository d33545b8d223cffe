package main

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/suppression"
)

// A suppressing is what `herald suppress` was asked to do.
type suppressing struct {
	file, reason string
	remove, list bool
	json         bool
}

func suppressCommand(p *program) *cobra.Command {
	var o suppressing
	c := &cobra.Command{
		Use:   "suppress WHO...",
		Short: "Put people on the list of those who must not be written to",
		Long: `Suppress adds people to the central list, which every campaign on this machine
reads anew at each start: who is on it is skipped as suppressed, who left it is
written to again. WHO is an email address, or an id: Intercom's, or yours if it is
in a column of the source (see the README).

The list is the file that HERALD_SUPPRESS names, or --file. It is made if it is not
there, readable by you alone, and only ever added to: who was put on it or taken off
it, when, by whom and why.`,
		Example: `  herald suppress maria@example.com --reason "asked by phone"
  herald suppress --remove maria@example.com --reason "signed up again"
  herald suppress --list`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			if err := o.check(args); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			if o.list {
				return p.listSuppressed(o)
			}
			return p.suppress(args, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.file, "file", "", "the list is this `file` [HERALD_SUPPRESS]")
	f.StringVar(&o.reason, "reason", "", "a `note` for the list: why")
	f.BoolVar(&o.remove, "remove", false, "take these people off the list")
	f.BoolVar(&o.list, "list", false, "print who is on the list, as CSV")
	f.BoolVar(&o.json, "json", false, "with --list: print it as JSON")
	return c
}

// check says whether the command line makes one sense.
func (o *suppressing) check(who []string) error {
	blank := func(w string) bool { return suppression.Identify(w) == "" }
	switch {
	case o.list && (len(who) > 0 || o.remove || o.reason != ""):
		return errors.New("--list goes alone: it prints everybody on the list")
	case o.json && !o.list:
		return errors.New("--json goes with --list")
	case !o.list && len(who) == 0:
		return errors.New("name people, by email address or id; or --list")
	case slices.ContainsFunc(who, blank):
		return errors.New("a blank is nobody: name people by email address or id")
	case o.file == "":
		return errors.New("there is no list: set " + suppressVariable + " to a file for all campaigns, or name one with --file")
	}
	return nil
}

func (p *program) suppress(who []string, o suppressing) error {
	had, err := p.onList(o.file)
	if err != nil {
		return err
	}
	c := suppression.Change{Action: suppression.Added, Reason: o.reason, By: person(), At: time.Now().UTC().Format(time.RFC3339)}
	if o.remove {
		c.Action = suppression.Removed
	}
	var changes []suppression.Change
	for _, w := range who {
		if _, on := had.Find(suppression.Identify(w)); on != o.remove {
			p.say("%s %s", strings.TrimSpace(w), map[bool]string{true: "is not on the list", false: "is on the list already"}[o.remove])
			continue
		}
		c.Who = string(suppression.Identify(w))
		changes = append(changes, c)
	}
	if len(changes) > 0 {
		if err := suppression.Append(o.file, changes...); err != nil {
			return notOurs(o.file, err)
		}
	}
	now, err := p.onList(o.file)
	if err != nil {
		return err
	}
	done := " added"
	if o.remove {
		done = " taken off"
	}
	p.say("%s%s; %s on %s", people(len(changes)), done, people(now.Len()), o.file)
	if p.env(suppressVariable) != o.file {
		p.say("campaigns read it only if %s names it, or suppress: in the campaign", suppressVariable)
	}
	return nil
}

// onList reads the list; one that is not there yet has nobody.
func (p *program) onList(path string) (*suppression.List, error) {
	if !exists(path) {
		return &suppression.List{Path: path}, nil
	}
	list, err := suppression.Read(path)
	if err != nil {
		return nil, listRefusal(path, err)
	}
	return list, nil
}

// notOurs explains why a list of another kind is not added to.
func notOurs(path string, err error) error {
	if !errors.Is(err, suppression.ErrNotLog) {
		return err
	}
	return &refusal{code: exitUsage, what: path + " is a list of another kind: herald suppress did not begin it",
		hint: "it was not touched, and campaigns can read it; to add people let " + suppressVariable + " or --file name a new file"}
}

func (p *program) listSuppressed(o suppressing) error {
	standing, err := suppression.Standing(o.file)
	switch {
	case errors.Is(err, suppression.ErrNotLog):
		return notOurs(o.file, err)
	case err != nil:
		return listRefusal(o.file, err)
	case o.json:
		p.printJSON(standing)
		return nil
	}
	w := csv.NewWriter(p.out)
	_ = w.Write([]string{"who", "reason", "by", "at"})
	for _, c := range standing {
		_ = w.Write([]string{c.Who, c.Reason, c.By, c.At})
	}
	w.Flush()
	p.say("%s on %s", people(len(standing)), o.file)
	return nil
}
