package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// An initiation is one herald init: what flags and answers said.
type initiation struct {
	*session
	dir    string
	source string // path of the list; empty: a small one is written
	starter
}

func initCommand(p *program) *cobra.Command {
	t := &initiation{session: &session{program: p}}
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a campaign to start from, for your list of contacts",
		Long: `Init looks at your list of contacts and writes a commented campaign and a template
that uses its columns to DIR (by default this folder), ready to be checked. At a
terminal it asks what it can't know; with an access token it proposes the senders
of the workspace. Without a list it writes a small one, to try things out. It
overwrites nothing.`,
		Example: `  herald init spring --source contacts.csv
  herald init spring --source contacts.csv --type in_app --from anna@example.com
  herald init spring && herald check spring/campaign.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			t.dir = "."
			if len(args) == 1 {
				t.dir = args[0]
			}
			return t.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&t.source, "source", "", "the list of contacts: a .csv or .jsonl `file`")
	f.StringVar(&t.ID, "id", "", "the `column` with Intercom's id of the contact; without one, contacts are found by their email addresses")
	f.StringVar(&t.Type, "type", "", "email or in_app")
	f.StringVar(&t.Subject, "subject", "", "the email's subject")
	f.StringVar(&t.From, "from", "", "the `admin` that messages come from: id or email address")
	f.StringVar(&t.Name, "name", "", "the campaign's name (by default that of the folder)")
	t.api.add(f)
	return c
}

func (t *initiation) run(ctx context.Context) error {
	ctx, _, release := interruptible(ctx)
	defer release()
	if err := t.nothingThere(); err != nil {
		return err
	}
	if err := t.askList(ctx); err != nil {
		return err
	}
	if err := t.askMessage(ctx); err != nil {
		return err
	}
	if err := t.askSender(ctx); err != nil {
		return err
	}
	t.Name = cmp.Or(t.Name, campaignName(t.dir))
	t.Region = t.api.region
	return t.write()
}

// starterFiles are what init writes.
var starterFiles = []string{"campaign.yaml", "message.html", ".gitignore"}

// nothingThere refuses to write over anything, before anybody is asked.
func (t *initiation) nothingThere() error {
	for _, name := range starterFiles {
		path := filepath.Join(t.dir, name)
		if _, err := os.Stat(path); err == nil && name != ".gitignore" {
			return &refusal{code: exitUsage, what: path + " exists already", hint: "name another folder: herald init NEW-FOLDER"}
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// askList finds the list of contacts and what its columns are.
func (t *initiation) askList(ctx context.Context) (err error) {
	wanted := t.ID
	if t.source == "" && t.inTerminal {
		if t.source, err = t.question(ctx, "Your list of contacts (.csv or .jsonl; empty for a small one to try things out)", ""); err != nil {
			return err
		}
	}
	if t.source == "" {
		t.Source, t.ID, t.Role, t.Who = "contacts.csv", "contact_id", "role", "first_name"
		return nil
	}
	if err := t.readColumns(t.source); err != nil {
		return err
	}
	if t.Source, err = relative(t.dir, t.source); err != nil {
		return err
	}
	columns := t.columns()
	if t.inTerminal && wanted == "" {
		text := "Which has Intercom's id of the contact"
		if t.ID == "" {
			text = "Which has Intercom's id of the contact, or an email address"
		}
		if wanted, err = t.question(ctx, "The columns are "+strings.Join(columns, ", ")+".\n"+text, cmp.Or(t.ID, t.Email)); err != nil {
			return err
		}
	}
	switch {
	case t.Email != "" && (wanted == "" || wanted == t.Email):
		t.ID = ""
	default:
		t.ID, t.Email = cmp.Or(wanted, t.ID), ""
	}
	if t.Email == "" && !slices.Contains(columns, t.ID) {
		return &refusal{code: exitUsage, what: fmt.Sprintf("no column of %s is known to have Intercom's id of the contact, or email addresses: it has %s", t.source, strings.Join(columns, ", ")),
			hint: "say which with --id COLUMN"}
	}
	return nil
}

// columns are the list's, in no order that matters.
func (t *initiation) columns() []string {
	all := slices.Clone(t.Others)
	for _, name := range []string{t.Who, t.Role, t.Email, t.ID} {
		if name != "" {
			all = slices.Insert(all, 0, name)
		}
	}
	return all
}

// relative is how the campaign file in dir says a path.
func relative(dir, path string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if short, err := filepath.Rel(from, to); err == nil {
		to = short
	}
	return filepath.ToSlash(to), nil
}

// askMessage finds out the channel and the subject.
func (t *initiation) askMessage(ctx context.Context) (err error) {
	if t.Type == "" && t.inTerminal {
		if t.Type, err = t.question(ctx, "An email, or an in_app message (no push, shown at the contact's next visit)", intercom.Email); err != nil {
			return err
		}
	}
	if t.Type = cmp.Or(t.Type, intercom.Email); t.Type != intercom.Email && t.Type != intercom.InApp {
		return &usageError{err: fmt.Errorf("--type: %q must be %s or %s", t.Type, intercom.Email, intercom.InApp)}
	}
	subject := "Here is what you have been waiting for"
	if t.Who != "" {
		subject = fmt.Sprintf("Hi {{%s | default \"there\"}}, it's here", t.field(t.Who))
	}
	if t.Type == intercom.Email && t.Subject == "" && t.inTerminal {
		if t.Subject, err = t.question(ctx, "Its subject", subject); err != nil {
			return err
		}
	}
	t.Subject = cmp.Or(t.Subject, subject)
	return nil
}

// askSender finds out who the messages come from: with a token one of the
// workspace's admins, by default its owner.
func (t *initiation) askSender(ctx context.Context) error {
	admins, owner, err := t.workspaceAdmins(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // init works without
		t.say("the workspace's senders are not proposed: %s", refusalOf(err).what)
	}
	proposal := "394051"
	if owner != 0 {
		proposal = strconv.FormatInt(owner, 10)
	}
	if t.From == "" && t.inTerminal {
		text := "Who the messages come from: id or email address of an admin"
		for _, a := range admins {
			text += fmt.Sprintf("\n  %d  %s <%s>", a.ID, a.Name, a.Email)
		}
		if t.From, err = t.question(ctx, text, proposal); err != nil {
			return err
		}
	}
	t.From = cmp.Or(t.From, proposal)
	return nil
}

// workspaceAdmins asks the workspace, if there is a token for it.
func (t *initiation) workspaceAdmins(ctx context.Context) (admins []intercom.Admin, owner int64, err error) {
	token, err := t.token(ctx)
	if err != nil {
		return nil, 0, nil // init works without
	}
	client, err := intercom.New(intercom.Options{Region: t.api.region, BaseURL: t.api.baseURL, Token: token, UserAgent: "herald/" + version()})
	if err != nil {
		return nil, 0, err
	}
	me, err := client.Me(ctx)
	if err != nil {
		return nil, 0, connectError(client.BaseURL(), err)
	}
	if admins, err = client.Admins(ctx); err != nil {
		return nil, 0, connectError(client.BaseURL(), err)
	}
	if region := strings.ToLower(me.App.Region); t.api.region == "" && region != intercom.DefaultRegion {
		t.api.region = region
	}
	return admins, me.ID, nil
}

// question asks one thing; an empty answer is the proposal.
func (t *initiation) question(ctx context.Context, text, proposal string) (string, error) {
	if proposal != "" {
		text += " [" + proposal + "]"
	}
	fmt.Fprint(t.err, text+": ")
	answer, err := readLine(ctx, t.in)
	return cmp.Or(answer, proposal), err
}

// write writes the files.
func (t *initiation) write() error {
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return err
	}
	texts := map[string]string{".gitignore": starterIgnore}
	for name, tmpl := range map[string]*template.Template{"campaign.yaml": starterCampaign, "message.html": starterMessage} {
		var b bytes.Buffer
		if err := tmpl.Execute(&b, &t.starter); err != nil {
			return err
		}
		texts[name] = b.String()
	}
	names := starterFiles
	if t.source == "" {
		texts[t.Source] = starterContacts
		names = append(slices.Clone(names), t.Source)
	}
	for _, name := range names {
		if err := t.writeNew(filepath.Join(t.dir, name), texts[name]); err != nil {
			return err
		}
	}
	t.next("herald check " + shellQuote(filepath.Join(t.dir, "campaign.yaml")))
	return nil
}

// writeNew writes a file that is not there; one that is stays.
func (t *initiation) writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		t.say("%s is there already, and was left as it is", path)
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		fmt.Fprintln(t.out, path)
	}
	return err
}
