package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// say tells people something, on stderr.
func (p *program) say(format string, args ...any) {
	if p.drawing != nil && p.drawing.Load() {
		format = clearLine + format
	}
	fmt.Fprintf(p.err, format+"\n", args...)
}

// next says which command comes next; it is the last line of a run.
func (p *program) next(command string) { p.say("next: %s", command) }

// next is that with the flags that this command was told.
func (s *session) next(command string) {
	s.program.next(command + s.files.told(command) + s.run.toldLines(command))
}

// explain says what went wrong and what to do about it.
func (p *program) explain(err error) {
	var told bool
	for _, e := range []error{errLeft, errInterrupted, errUnbalanced} {
		told = told || errors.Is(err, e)
	}
	if err == nil || told || errors.As(err, new(*sender.Halt)) || errors.As(err, new(*toldError)) {
		return // said where it came about
	}
	p.sayError(err)
}

// sayError says an error in a person's words.
func (p *program) sayError(err error) {
	r := refusalOf(err)
	p.say("herald: %s", r.what)
	if r.hint != "" {
		p.say("  %s", r.hint)
	}
	for _, command := range r.next {
		p.next(command)
	}
}

// refusalOf puts an error into a person's words.
func refusalOf(err error) *refusal {
	var (
		refused  *refusal
		problems campaign.Problems
		file     *source.Error
		changed  *sourceChanged
		option   *intercom.OptionError
		usage    *usageError
		answer   *intercom.Error
	)
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, context.Canceled):
		return &refusal{what: "interrupted; nothing was sent"}
	case errors.As(err, &problems):
		return problemsRefusal(problems)
	case errors.As(err, &file):
		return &refusal{what: file.Error(), hint: sourceHint(file)}
	case errors.As(err, &changed):
		return &refusal{what: changed.Error(),
			hint: "rows that were not reached are still to be sent; the same command reads the new file, and writes to nobody twice"}
	case errors.As(err, &option):
		return &refusal{what: option.Error(), hint: optionHint(option)}
	case errors.As(err, &usage):
		return &refusal{what: usage.Error(), hint: "see: " + orHerald(usage.command) + " -h"}
	case errors.As(err, &answer):
		return &refusal{what: answer.Error()}
	}
	return ledgerRefusal(err)
}

func problemsRefusal(problems campaign.Problems) *refusal {
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s in the campaign:\n%s", count(len(problems), "problem"), indent(problems.Error())),
		hint: "correct the places named above; nothing was sent"}
}

// withColumns adds to problems of templates what the columns of the source are.
func withColumns(err error, source string, h *source.Header) error {
	var problems campaign.Problems
	if !errors.As(err, &problems) || h == nil {
		return err
	}
	r := problemsRefusal(problems)
	r.hint += "\n  " + columnsOf(source, h)
	return r
}

// columnsOf says what the columns of a source are, the first of them.
func columnsOf(name string, h *source.Header) string {
	const shown = 20
	names := h.Names()
	more := ""
	if n := len(names) - shown; n > 0 {
		names, more = names[:shown], fmt.Sprintf(" and %s more", report.Number(n))
	}
	return fmt.Sprintf("the columns of %s are: %s%s", name, strings.Join(names, ", "), more)
}

func orHerald(command string) string {
	if command == "" {
		return "herald"
	}
	return command
}

// ledgerRefusal is refusalOf for what concerns the ledger, and all else.
func ledgerRefusal(err error) *refusal {
	var (
		locked *ledger.LockedError
		damage *ledger.DamageError
		write  *ledger.WriteError
		remote *ledger.NetworkError
	)
	switch {
	case errors.As(err, &locked):
		return &refusal{what: fmt.Sprintf("another herald is sending this campaign: process %d on %s, since %s",
			locked.Holder.PID, locked.Holder.Host, locked.Holder.Since.Local().Format("15:04:05 on 2 January")),
			hint: "wait for it to finish, or stop it with herald stop: it can be resumed"}
	case errors.As(err, &damage):
		return &refusal{what: damage.Error(),
			hint: "nothing was sent. Restore the file from a backup only if nothing was sent since; a damaged ledger can't tell who was written to"}
	case errors.As(err, &remote):
		return &refusal{what: remote.Error(),
			hint: "keep the ledger on a local disk with --ledger; or take the risk with --allow-network-ledger"}
	case errors.As(err, &write):
		return &refusal{what: write.Error(),
			hint: "without its ledger herald sends nothing more. Make room, or mend the disk or the permissions, and run the same command again: it goes on where it stopped"}
	case errors.Is(err, ledger.ErrFormat):
		return &refusal{what: err.Error(), hint: "use the newer herald that wrote it"}
	}
	return fileRefusal(err)
}

// ledgerError names the ledger that is none, or that there is none of.
func (s *session) ledgerError(err error) error {
	switch {
	case errors.Is(err, ledger.ErrNotLedger):
		return &refusal{code: exitCant, what: s.ledgerPath() + " is not a ledger",
			hint: "choose another file with --ledger; this one was not touched"}
	case errors.Is(err, ledger.ErrMissing):
		return &refusal{code: exitCant, what: "there is no ledger " + s.ledgerPath(),
			hint: cmp.Or(s.editionHint(), "nothing was sent from here yet, or the campaign's name or folder is another one (see --ledger)")}
	}
	return err
}

// fileRefusal is refusalOf for what the operating system refuses, and all else.
func fileRefusal(err error) *refusal {
	r := &refusal{what: err.Error()}
	var path *fs.PathError
	if errors.As(err, &path) {
		verb := map[string]string{"mkdir": "make the folder", "openat": "open", "stat": "look at"}[path.Op]
		r.what = fmt.Sprintf("can't %s %s: %v", cmp.Or(verb, path.Op), path.Path, path.Err)
		r.hint = "check the path"
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.hint = "check the path: the folder must exist"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		r.hint = "check who owns the file and its folder, and their permissions"
	case errors.Is(err, syscall.ENOTDIR):
		r.hint = "a part of this path is a file, and must be a folder"
	case errors.Is(err, syscall.EISDIR):
		r.hint = "this is a folder: name a file"
	case errors.Is(err, syscall.ENOSPC):
		r.hint = "make room and run the same command again"
	}
	return r
}

// campaignError explains why a campaign file can't be read.
func campaignError(path string, err error) error {
	if errors.As(err, new(campaign.Problems)) {
		return err
	}
	hint := "name a campaign file, as in: herald send campaign.yaml"
	if errors.Is(err, fs.ErrNotExist) {
		hint = "check the path; herald init writes a campaign to start from"
	}
	return &refusal{code: exitUsage, what: fmt.Sprintf("can't read the campaign %s: %s", path, cause(err)), hint: hint}
}

// cause is an error without the path that its sentence names already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}
