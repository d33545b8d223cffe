package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// say tells people something, on stderr.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.err, format+"\n", args...)
}

// next says which command comes next; it is the last line of a run.
func (p *program) next(command string) { p.say("next: %s", command) }

// next is that with the flags that this command was told.
func (s *session) next(command string) { s.program.next(command + s.files.told(command)) }

// explain says what went wrong and what to do about it.
func (p *program) explain(err error) {
	var told bool
	for _, e := range []error{errLeft, errInterrupted, errUnbalanced} {
		told = told || errors.Is(err, e)
	}
	if err == nil || told || errors.As(err, new(*sender.Halt)) {
		return // said where it came about
	}
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
	const shown = 20
	names := h.Names()
	more := ""
	if n := len(names) - shown; n > 0 {
		names, more = names[:shown], fmt.Sprintf(" and %s more", report.Number(n))
	}
	r := problemsRefusal(problems)
	r.hint += fmt.Sprintf("\n  the columns of %s are: %s%s", source, strings.Join(names, ", "), more)
	return r
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
	)
	switch {
	case errors.As(err, &locked):
		return &refusal{what: fmt.Sprintf("another herald is sending this campaign: process %d on %s, since %s",
			locked.Holder.PID, locked.Holder.Host, locked.Holder.Since.Local().Format("15:04:05 on 2 January")),
			hint: "wait for it to finish, or stop it: it can be resumed"}
	case errors.As(err, &damage):
		return &refusal{what: damage.Error(),
			hint: "nothing was sent. Restore the file from a backup only if nothing was sent since; a damaged ledger can't tell who was written to"}
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
			hint: "nothing was sent from here yet, or the campaign's name or folder is another one (see --ledger)"}
	}
	return err
}

// fileRefusal is refusalOf for what the operating system refuses, and all else.
func fileRefusal(err error) *refusal {
	r := &refusal{what: err.Error()}
	var path *fs.PathError
	if errors.As(err, &path) {
		verb := map[string]string{"mkdir": "make the folder", "openat": "open"}[path.Op]
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

// sourceHint says what to do about a source that can't be read.
func sourceHint(e *source.Error) string {
	switch e.Kind {
	case source.NotFound:
		return "check source: in the campaign, or --source; paths in a campaign are relative to its file"
	case source.NotAFile:
		return "name a .csv, .tsv, .jsonl or .ndjson file, also .gz or .zst; or pipe it in with --source -"
	case source.Unreadable:
		return "check that the file can be read, and by whom"
	case source.Empty:
		return "a CSV file begins with a line of column names"
	case source.Workbook:
		return "in the spreadsheet program choose Save As, CSV UTF-8 (comma delimited), and name that file"
	case source.Binary:
		return "herald reads text: .csv, .tsv, .jsonl or .ndjson, also .gz or .zst"
	case source.WrongEncoding, source.UnknownEncoding:
		if e.Encoding != "" {
			return fmt.Sprintf("if that reads right, add to the campaign: encoding: %s", e.Encoding)
		}
		return "save the file as UTF-8, or name its encoding in the campaign, as in encoding: windows-1252"
	case source.UnknownFormat:
		return "give the file its ending: .csv, .tsv, .jsonl or .ndjson, also .gz or .zst"
	case source.BadHeader:
		return "give every column a name of its own in the first line"
	case source.WrongDelimiter:
		return fmt.Sprintf("if the columns are separated by %q, add to the campaign: delimiter: %[1]q", string(e.Delimiter))
	case source.LineEnds:
		return "save the file again with line ends of Unix or Windows"
	case source.Markup:
		return "a download that failed, or that wants a log-in, looks like that: fetch the list again"
	case source.NotLines:
		return "write one JSON object a line; jq -c '.[]' does that to a list"
	case source.Corrupt:
		return "compress or download the file again"
	}
	return ""
}

func optionHint(e *intercom.OptionError) string {
	switch {
	case e.Problem == intercom.OptionInsecure:
		return "use https; plain http is for a sandbox on this machine"
	case e.Option == "region":
		return "regions are us, eu and au"
	case e.Option == "version":
		return "correct api.version in the campaign; leave it out for " + intercom.DefaultVersion
	}
	return "it looks like https://api.intercom.io, without user name, ? or #: correct --base-url, HERALD_BASE_URL or api.base_url in the campaign"
}

// connectError explains why the API could not be asked who the token is.
func connectError(base string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	r := &refusal{code: exitCant, what: fmt.Sprintf("%s: %v", base, err)}
	var answer *intercom.Error
	if errors.As(err, &answer) {
		r.what = fmt.Sprintf("%s answers %s", base, errorWords(err))
	}
	switch {
	case answer == nil:
	case answer.Status == 401:
		r.what = fmt.Sprintf("%s refuses the access token: %s", base, answer.Message)
		r.hint = "check the token, and the region: a token works in its own region only (--region us, eu or au)"
	case answer.Status == 402 || answer.Status == 403:
		r.hint = "the token's workspace or its plan does not allow this; an admin of the workspace can"
	case answer.Status >= 300 && answer.Status < 400:
		r.hint = "this host answers for another one; check --region and --base-url"
	case answer.Status == 0:
		r.what = fmt.Sprintf("can't reach %s: %s", base, errorWords(err))
		r.hint = "check the network, a proxy (HTTPS_PROXY), and --region or --base-url"
	case answer.Status == 404:
		r.hint = "this does not look like Intercom's API; check --base-url"
	default:
		r.hint = "nothing was sent; try again later"
	}
	return r
}

// errorWords is what the API answered, in its own words, or why it did not.
func errorWords(err error) string {
	var answer *intercom.Error
	switch {
	case !errors.As(err, &answer):
		return fmt.Sprint(err)
	case answer.Status == 0:
		return reachCause(answer)
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, answer.Code)) + ": " + answer.Message
	if answer.RequestID != "" {
		text += " (request " + answer.RequestID + ")"
	}
	return text
}

// reachCause is why no answer came, without what only programmers need.
func reachCause(answer *intercom.Error) string {
	var lookup *net.DNSError
	var system syscall.Errno
	switch {
	case errors.As(answer, &lookup) && lookup.IsNotFound:
		return "there is no host " + lookup.Name
	case errors.As(answer, &system):
		return system.Error()
	case errors.As(answer, new(tls.RecordHeaderError)):
		return "it does not speak https"
	}
	return answer.Message
}

func (s *session) senderError(id string, err error) error {
	var answer *intercom.Error
	if errors.As(err, &answer) && answer.Status == 404 {
		return unknownSender(s.campaign, id, s.me.App)
	}
	return connectError(s.client.BaseURL(), err)
}

func unknownSender(c *campaign.Campaign, sender string, w intercom.App) error {
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s: the sender %s is no admin of the workspace %s (%s)", c.File, sender, w.Name, w.ID),
		hint: "set message.from to the id or the email address of an admin of that workspace"}
}

// rowProblem names a kind of bad row.
func rowProblem(kind string) string {
	names := map[string]string{
		string(source.Ragged):         "more or fewer columns than the header",
		string(source.StrayQuote):     "a stray quote",
		string(source.OpenQuote):      "a quote that is never closed",
		string(source.TooLong):        "a row that is too long",
		string(source.NotJSON):        "not JSON",
		string(source.NotObject):      "not a JSON object",
		string(source.DuplicateKey):   "a JSON name twice",
		string(campaign.KindMissing):  "a field is missing",
		string(campaign.KindEmpty):    "an id, key, subject or body is empty",
		string(campaign.KindInvalid):  "a value does not fit its place",
		string(campaign.KindUnsafe):   "a value breaks out of its place in the HTML",
		string(campaign.KindNoValue):  "the message says <no value>",
		string(campaign.KindAdmin):    "the sender is no admin",
		string(campaign.KindTemplate): "the template fails for this row",
	}
	if name, ok := names[kind]; ok {
		return name
	}
	return "can't be sent"
}

// warnResults says that the results file is not what it should be. The ledger
// is, so it is only a warning.
func (s *session) warnResults(err error) {
	s.say("warning: %s could not be written: %v", s.resultsPath(), err)
	s.say("  the ledger has every outcome; the next run writes the file anew")
}

// printSummary tells what a run did.
func (s *session) printSummary(o *observer, p sender.Progress, took time.Duration, cause error) {
	if s.run.json {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		_ = enc.Encode(struct {
			Campaign string          `json:"campaign"`
			End      string          `json:"end"`
			Equation report.Equation `json:"source"`
			Balanced bool            `json:"balanced"`
			Run      *report.Summary `json:"run"`
			Seconds  float64         `json:"seconds"`
			Results  string          `json:"results"`
			Ledger   string          `json:"ledger"`
		}{s.campaign.Name, endReason(cause), p.Equation, p.Balanced(), &o.summary, took.Seconds(), s.resultsPath(), s.ledgerPath()})
		return
	}
	if o.summary.Rows() > 0 {
		fmt.Fprintf(s.out, "\nthis run, %s:\n", report.Duration(took))
		_ = o.summary.WriteText(s.out)
	}
	fmt.Fprintf(s.out, "\n%s\n", p.Equation)
	if p.Partial {
		fmt.Fprintln(s.out, "the rest of the source was not counted: the run was cut short")
	} else if !p.Balanced() {
		fmt.Fprintln(s.out, "THE EQUATION DOES NOT BALANCE: rows are missing from one side. Please report this as a bug.")
	}
	fmt.Fprintf(s.out, "results  %s\n", s.resultsPath())
	if !s.anySender { // a rehearsal throws its ledger away
		fmt.Fprintf(s.out, "ledger   %s\n", s.ledgerPath())
	}
}

// nextAfter says why a run ended, unless it simply finished, and what to do.
func (s *session) nextAfter(m mode, p sender.Progress, cause error) {
	again := "herald " + m.command + " " + shellQuote(s.campaign.File)
	if m.command == "retry" {
		again += " " + shellQuote(m.flags...)
	}
	var h *sender.Halt
	switch {
	case errors.As(cause, &h):
		s.say("herald: %s", haltSentence(h))
		s.say("  %s", haltHint(h))
		s.next(again)
	case errors.Is(cause, errInterrupted):
		s.say("interrupted: %s still to be sent", count(p.Pending, "row"))
		s.next(again)
	case m.command == "rehearse": // left no ledger to go on with
	case errors.Is(cause, errLeft) && p.Failed > 0:
		s.next("herald retry " + shellQuote(s.campaign.File) + " --only failed")
	case errors.Is(cause, errLeft) && p.UnknownNow == 0 && p.Bad > 0:
		s.next("herald check " + shellQuote(s.campaign.File))
	case errors.Is(cause, errLeft) && p.Unknown > 0:
		s.next("herald export " + shellQuote(s.campaign.File) + " --status unknown")
	case cause == nil && p.Pending > 0:
		s.next(again)
	case cause == nil || errors.Is(cause, errLeft):
		s.next("herald status " + shellQuote(s.campaign.File))
	}
}

// haltSentence says why herald stopped a run.
func haltSentence(h *sender.Halt) string {
	switch h.Cause {
	case sender.Hopeless:
		return fmt.Sprintf("stopped: every message would be refused like this one: %s", errorWords(h.Err))
	case sender.AllAlike:
		return fmt.Sprintf("stopped: the first %d answers all failed alike (%s)", h.Count, h.Code)
	case sender.TooManyFail:
		return fmt.Sprintf("stopped: %s, the last one with %s; the campaign's stop.failures allows no more", count(h.Count, "message")+" failed", h.Code)
	case sender.TooManyLost:
		return fmt.Sprintf("stopped: the outcome of %s is unknown (%s); the campaign's stop.unknown allows no more", count(h.Count, "message"), h.Code)
	case sender.NetworkGone:
		return fmt.Sprintf("stopped: nothing could be sent for %s: %v", report.Duration(maxOutage), errorWords(h.Err))
	}
	return h.Error()
}

func haltHint(h *sender.Halt) string {
	switch h.Cause {
	case sender.Hopeless:
		return hopelessAdvice(h.Err) + ". Nothing was lost: this row and all that follow are still to be sent"
	case sender.TooManyLost:
		return "unknown rows are not sent again by themselves. Find out what is wrong with the network or the API first"
	}
	return "find out why first (the results file has each answer); rows that were not reached are still to be sent"
}

// hopelessAdvice says what to mend before anything can be sent.
func hopelessAdvice(err error) string {
	var answer *intercom.Error
	switch {
	case !errors.As(err, &answer):
	case answer.Code == intercom.CodeAdminNotFound:
		return "set message.from to an admin of the workspace"
	case answer.Status == 401:
		return "use a valid access token"
	case answer.Status == 402 || answer.Status == 403:
		return "ask an admin of the workspace about its plan and about what the token may do"
	case answer.Status >= 300 && answer.Status < 400:
		return "check --region and --base-url"
	}
	return "mend the cause first"
}

// endWords says how and when a run ended, from what its record says.
func endWords(reason, at string) string {
	stopped := map[string]string{
		string(sender.Hopeless):    "every message would have been refused",
		string(sender.AllAlike):    "the first answers all failed alike",
		string(sender.TooManyFail): "too many messages failed",
		string(sender.TooManyLost): "too many outcomes were unknown",
		string(sender.NetworkGone): "nothing could be sent any more",
	}
	if why, ok := stopped[reason]; ok {
		return "stopped at " + at + ": " + why
	}
	return reason + " at " + at
}

// count writes a number of things: 1 row, 50,000 rows.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.Number(n) + " " + noun
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// shellQuote quotes words for a shell where they need it.
func shellQuote(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$`!*?[](){}<>|&;#~") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}
