package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

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
	key := "message.from"
	if len(c.Variants) > 0 {
		key += ", or from of the variant,"
	}
	return &refusal{code: exitUsage,
		what: fmt.Sprintf("%s: the sender %s is no admin of the workspace %s (%s)", c.File, sender, w.Name, w.ID),
		hint: "set " + key + " to the id or the email address of an admin of that workspace"}
}
