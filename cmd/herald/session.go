package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
	"github.com/herald-campaigns/herald/templates"
)

// sandboxWorkspace is the id of the sandbox's workspace. Its runs have a ledger
// of their own, so that a rehearsal never settles a real recipient.
const sandboxWorkspace = "sandbox"

// A session is a campaign on its way to being sent. Its methods are steps, in
// the order in which they stand here; each adds what the next ones need.
type session struct {
	*program
	files fileFlags
	api   apiFlags
	run   runFlags

	campaign   *campaign.Campaign
	sourceName string // as people call it
	sourcePath string
	layout     layout // of the source
	header     *source.Header
	sourceInfo fs.FileInfo // of the file as it was at the first pass
	renderer   *campaign.Renderer
	variant    string    // that all rows get, by a flag; empty: each its own
	offline    bool      // senders are not looked up
	anySender  bool      // nor need they exist: a rehearsal
	missing    string    // why the source is not at hand, where that is no error
	examiner   *examiner // of the check; nil without one
	showValues bool      // contact data may be seen

	client    *intercom.Client
	governor  *governor.Governor
	seeded    bool // the governor knows of the last seconds
	me        intercom.Me
	senders   map[string]int64 // admins by email address
	fromAdmin intercom.Admin   // the sender of all messages; zero if rows differ

	pick   func(ledger.State) bool
	former func(*source.Recipient) string // of retry
	// unchanged tells rows of a corrected copy that were not corrected, hold those
	// that are not sent; both may be nil.
	unchanged, hold func(*source.Recipient, ledger.State) bool
	skipRules       []skipRule     // in their order
	book            knownKeys      // what the ledger says; empty where there is none yet
	ledger          *ledger.Ledger // nil until it exists
	when            schedule
	known           directory

	ledgerWritten time.Time // last, before it was opened; zero if it is new
}

// load reads the campaign file and lets flags overrule it.
func (s *session) load(path string) error {
	c, err := campaign.Load(path, campaign.Options{Shipped: templates.FS})
	if err != nil {
		return campaignError(path, err)
	}
	s.campaign = c
	if s.run.rate != "" {
		if c.Rate, err = campaign.ParseRate(s.run.rate); err != nil {
			return &usageError{err: fmt.Errorf("%s: %w", s.files.origin("rate"), err)}
		}
	}
	if s.run.share != "" {
		if c.Share, err = campaign.ParseShare(s.run.share); err != nil {
			return &usageError{err: fmt.Errorf("%s: %w", s.files.origin("share"), err)}
		}
	}
	if err := s.run.check(&s.files); err != nil {
		return &usageError{err: err}
	}
	if err := s.checkRegion(); err != nil {
		return err
	}
	if err := s.checkVariants(); err != nil {
		return err
	}
	if err := s.setEdition(); err != nil {
		return err
	}
	c.Workers = cmp.Or(s.run.workers, c.Workers)
	c.API.Region = cmp.Or(s.api.region, c.API.Region)
	c.API.BaseURL = cmp.Or(s.api.baseURL, c.API.BaseURL)
	return nil
}

// checkRegion refuses a region that does not exist, also where a base URL
// overrules it.
func (s *session) checkRegion() error {
	if s.api.region == "" || slices.Contains(intercom.Regions(), s.api.region) {
		return nil
	}
	return &intercom.OptionError{Option: "region", Value: s.api.region, Problem: intercom.OptionUnlisted}
}

// bind opens the source, to see its columns, and binds the templates to them.
func (s *session) bind(ctx context.Context) error {
	s.sourcePath = s.sourceFile()
	s.sourceName = s.sourcePath
	if s.sourcePath == "-" {
		s.sourceName = "stdin"
		path, err := source.Spool(ctx, s.in, "")
		if err != nil {
			return err
		}
		s.sourcePath = path
	}
	if info, err := os.Stat(s.sourcePath); err == nil {
		s.sourceInfo = info // from here on the columns count: see watchedSource
	}
	rows, err := s.openSource()
	if err != nil {
		return s.noAudience(err)
	}
	defer rows.Close()
	s.layout, s.header = layoutOf(rows), rows.Header()
	s.renderer, err = s.campaign.Compile(s.header, s.compileOptions())
	return withColumns(err, s.sourceName, rows.Header())
}

// close removes what the session leaves behind.
func (s *session) close() {
	if s.sourceName == "stdin" && s.sourcePath != "-" {
		os.Remove(s.sourcePath)
	}
	if s.ledger != nil {
		s.ledger.Close()
	}
	if s.known.cache != nil {
		s.known.cache.Close()
	}
}

func (s *session) openSource() (*source.Reader, error) {
	return source.Open(s.sourcePath, s.sourceOptions())
}

// sourceOptions say how the source is read.
func (s *session) sourceOptions() source.Options {
	o := source.Options{Name: s.sourceName, Encoding: s.campaign.Source.Encoding, Delimiter: s.campaign.Source.Delimiter}
	if s.sourceName == "stdin" {
		o.Format = source.Content
	} else if s.files.source != "" && markOf(s.sourcePath) != nil {
		o.Encoding = "" // an export says its own, whatever that of the campaign's source is
	}
	return o
}

// connect makes the client and the governor, and asks who the token belongs to.
func (s *session) connect(ctx context.Context) error {
	if s.client != nil {
		return nil // to read the audience
	}
	token, err := s.token(ctx)
	if err != nil {
		return err
	}
	s.governor = governor.New(governor.Options{
		Rate:  s.campaign.Rate.PerSecond() * governor.Window.Seconds(),
		Share: s.campaign.Share, MaxWait: s.run.maxWait,
	})
	s.client, err = intercom.New(intercom.Options{
		Region: s.campaign.API.Region, BaseURL: s.campaign.API.BaseURL, Token: token,
		Version: s.campaign.API.Version, Timeout: s.campaign.Timeout, UserAgent: "herald/" + version(),
		Connections: s.campaign.Workers, Wrap: s.governor.Transport,
	})
	if err != nil {
		return err
	}
	s.seedEarly()
	err = s.ask(ctx, func() (err error) {
		s.me, err = s.client.Me(ctx)
		return err
	})
	if err != nil {
		return connectError(s.client.BaseURL(), err)
	}
	if want := s.campaign.API.Workspace; want != "" && want != s.me.App.ID && !s.anySender {
		return &refusal{code: exitUsage,
			what: fmt.Sprintf("the token belongs to workspace %s (%s), the campaign is for %s", s.me.App.ID, s.me.App.Name, want),
			hint: "use a token of that workspace, or correct api.workspace in " + s.campaign.File}
	}
	return nil
}

// ask looks something up, and again when the API asks for a pause: its limit
// may be used up, by the run that this one resumes or by somebody else.
func (s *session) ask(ctx context.Context, lookUp func() error) error {
	for {
		err := lookUp()
		if intercom.ClassOf(err) != intercom.Throttled && !governor.TurnedBack(err) {
			return err
		}
		s.say("the API's limit is used up; going on in %s", report.Duration(time.Until(s.governor.Status().Until).Round(100*time.Millisecond)))
		if err := s.governor.Pace(ctx); err != nil {
			return err
		}
	}
}

func (s *session) inSandbox() bool { return s.me.App.ID == sandboxWorkspace }

// resolveSender asks the workspace whether the campaign's sender is one of its
// admins, before anybody is written to: a wrong sender can look like a wrong
// recipient.
func (s *session) resolveSender(ctx context.Context) error {
	if s.anySender {
		return nil
	}
	fixed, all := s.renderer.FixedSenders()
	if all && len(fixed) == 1 && fixed[0].ID != 0 {
		err := s.ask(ctx, func() (err error) {
			s.fromAdmin, err = s.client.Admin(ctx, fixed[0].ID)
			return err
		})
		if err != nil {
			return s.senderError(strconv.FormatInt(fixed[0].ID, 10), err)
		}
		return nil
	}
	var admins []intercom.Admin
	err := s.ask(ctx, func() (err error) {
		admins, err = s.client.Admins(ctx)
		return err
	})
	if err != nil {
		return connectError(s.client.BaseURL(), err)
	}
	s.senders = make(map[string]int64, len(admins))
	for _, a := range admins {
		s.senders[strings.ToLower(a.Email)] = a.ID
	}
	for _, f := range fixed {
		i := slices.IndexFunc(admins, func(a intercom.Admin) bool {
			return f.ID == 0 && strings.EqualFold(a.Email, f.Email) || f.ID != 0 && a.ID == f.ID
		})
		if i < 0 {
			return unknownSender(s.campaign, cmp.Or(f.Email, strconv.FormatInt(f.ID, 10)), s.me.App)
		}
		if all && len(fixed) == 1 {
			s.fromAdmin = admins[i]
		}
	}
	return nil
}

// admin is what templated senders are resolved with.
func (s *session) admin(email string) (int64, bool) {
	id, ok := s.senders[strings.ToLower(email)]
	if !ok && s.anySender {
		return 1, true
	}
	return id, ok
}
