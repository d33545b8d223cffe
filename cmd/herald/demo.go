package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

func demoCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "See the whole thing in a minute: nothing to configure, nothing leaves this machine",
		Long: `Demo writes a list of 500 made-up contacts and a campaign to a temporary folder,
starts a sandbox that stands in for Intercom's API, and sends: with an
interruption in the middle, a second run that goes on, and a retry of what
failed. Then the sandbox says what arrived.`,
		Example: "  herald demo",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return (&demo{program: p}).run(c.Context())
		},
	}
}

const (
	demoContacts = 500
	demoLimit    = 250 // requests a window that the sandbox allows
	demoPause    = 200 // messages after which the demo interrupts itself
	demoLateWait = 2 * time.Second
)

const demoCampaign = `name: demo
source: contacts.csv
vars: {event: "the spring launch"}
to: {type: user, id: "{{.contact_id}}"}
message:
  type: email
  template: personal
  from: anna@example.com
  subject: "{{.first_name | default \"Hello\"}}, see you at {{.vars.event}}?"
  body: |
    Hi {{.first_name | default "there"}},

    {{.vars.event | title}} is on, and {{.company}} is on the {{.plan}} plan, so there is
    a seat for you in {{.city}}.

    Reply with "stop" and we will not write again.
    Anna
`

// A demo is herald's own session, told as a person would have it.
type demo struct {
	*program
	dir     string
	sandbox *sandbox.Sandbox
	url     string
}

func (d *demo) run(ctx context.Context) error {
	if err := d.prepare(); err != nil {
		return err
	}
	d.sandbox = sandbox.New(sandbox.Options{
		Limit: demoLimit,
		Contacts: sandbox.Contacts{
			Unknown: 0.01, Unsubscribed: 0.02, TooNew: 0.02,
			NewTries: 2, // not yet in the late pass, but in the retry
		},
		Seed: 7,
	})
	server, err := sandbox.Listen(ctx, "", d.sandbox)
	if err != nil {
		return err
	}
	defer server.Close()
	d.url = server.URL()
	d.say("$ cd %s\n%s contacts and a campaign are there", d.dir, report.Number(demoContacts))
	d.say("a sandbox stands in for Intercom at %s: %d requests per 10 s, and some contacts\nthat are unknown, created a moment ago, or unsubscribed", d.url, demoLimit)

	for _, step := range []func(context.Context) error{d.show, d.sendAndStop, d.resume, d.retry} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return d.conclude()
}

// prepare writes contacts and campaign.
func (d *demo) prepare() (err error) {
	if d.dir, err = os.MkdirTemp("", "herald-demo-"); err != nil {
		return err
	}
	if err := os.WriteFile(d.path("contacts.csv"), demoSource(), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(d.path("campaign.yaml"), []byte(demoCampaign), 0o600); err != nil {
		return err
	}
	return os.Chdir(d.dir) // so that all that is printed reads as in a person's own folder
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// demoSource makes up contacts, the same ones each time.
func demoSource() []byte {
	names := []string{"Maria", "Jürgen", "Aiko", "Tom", "Zoë", "Ravi", "", "Chloé", "Omar", "Ingrid"}
	companies := []string{"Acme, Inc.", "Globex", "Initech", "Umbrella", "Hooli"}
	cities := []string{"Lisbon", "Köln", "Osaka", "Austin"}
	var b bytes.Buffer
	b.WriteString("contact_id,first_name,company,plan,city\n")
	for i := range demoContacts {
		fmt.Fprintf(&b, "6329f3%06x,%s,%q,%s,%s\n", i*7919+4096, names[i%len(names)],
			companies[i/3%len(companies)], []string{"starter", "pro"}[i/5%2], cities[i/7%len(cities)])
	}
	return b.Bytes()
}

// command says what a person would type, and returns the session for it.
func (d *demo) command(text string) *session {
	d.say("\n$ herald %s", text)
	p := *d.program
	p.env = func(name string) string {
		if name == tokenVariable {
			return "any-token-will-do"
		}
		return ""
	}
	s := &session{program: &p}
	s.api.baseURL = d.url
	s.run = runFlags{yes: true, progress: "auto", latePasses: 1, lateWait: demoLateWait}
	return s
}

// show renders three messages.
func (d *demo) show(ctx context.Context) error {
	for _, line := range []int{2, 8, 251} {
		s := d.command(fmt.Sprintf("preview campaign.yaml --line %d", line))
		var out, talk bytes.Buffer
		s.out, s.err = &out, &talk
		if err := s.preview(ctx, "campaign.yaml", previewing{line: line}); err != nil {
			return err
		}
		d.say("%s", strings.TrimSpace(out.String()))
	}
	return nil
}

// sendAndStop sends, and interrupts itself on the way.
func (d *demo) sendAndStop(ctx context.Context) error {
	s := d.command("send campaign.yaml")
	defer s.close()
	ctx, interrupt := context.WithCancel(ctx)
	defer interrupt()
	go func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for d.sandbox.Witness().Messages < demoPause {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		interrupt() // as Ctrl-C does
	}()
	err := s.send(ctx, "campaign.yaml", mode{command: "send", picks: pending})
	if err == nil {
		return errors.New("the demo could not interrupt itself")
	}
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// resume runs the same command again.
func (d *demo) resume(ctx context.Context) error {
	s := d.command("send campaign.yaml        # the same command goes on")
	defer s.close()
	return unlessLeft(s.send(ctx, "campaign.yaml", mode{command: "send", picks: pending}))
}

// retry sends failed rows again: contacts that were too new are there by now.
func (d *demo) retry(ctx context.Context) error {
	s := d.command("retry campaign.yaml --only failed")
	defer s.close()
	s.run.latePasses = 0
	only := &selection{failed: true}
	return unlessLeft(s.send(ctx, "campaign.yaml", mode{command: "retry", picks: only.picks, only: only, flags: []string{"--only", "failed"}}))
}

// conclude asks the sandbox what arrived.
func (d *demo) conclude() error {
	w := d.sandbox.Witness()
	d.say("\nthe sandbox's own count: %s to %s; %s written to twice", count(int(w.Messages), "message"), people(int(w.Recipients)), people(int(w.Duplicates)))
	d.say("  at most %s in any 10 s, of %s allowed; %s refused for coming too fast",
		count(int(w.MostInWindow), "request"), report.Number(demoLimit), count(int(w.Throttled), "request"))
	d.say("results: %s\nledger:  %s", d.path("demo.sandbox.results.csv"), d.path("demo.sandbox.ledger"))
	if w.Duplicates > 0 || w.Messages != w.Recipients {
		return &refusal{code: exitCant, what: "somebody was written to twice", hint: "that is a bug; please report it"}
	}
	d.next("herald init my-campaign")
	return nil
}

func people(n int) string {
	switch n {
	case 0:
		return "nobody"
	case 1:
		return "1 person"
	}
	return report.Number(n) + " people"
}

// unlessLeft takes rows that are left failed for what the demo expects.
func unlessLeft(err error) error {
	if errors.Is(err, errLeft) {
		return nil
	}
	return err
}
