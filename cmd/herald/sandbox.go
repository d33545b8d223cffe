package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

func sandboxCommand(p *program) *cobra.Command {
	var addr, style, people string
	var faults, unknown []string
	o := sandbox.Options{}
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a local stand-in for Intercom's API",
		Long: `Sandbox listens on this machine and answers as Intercom's API does: it checks
each request, keeps rate-limit windows, knows unknown, too new and unsubscribed
contacts, and can be told to misbehave. Its page shows the messages as an inbox;
/_sandbox/witness tells what arrived. Any token will do. Every contact exists,
and searches find you@example.com, for tests; or --people says who there is.

Faults are KIND=WHEN. KIND is an HTTP status, slow:3s, reset-before, reset-after,
cut, not-json or empty; WHEN is a share (1%), first:20 or id:CONTACT.`,
		Example: `  herald sandbox --limit 167
  herald sandbox --addr 127.0.0.1:8080 --unknown 1% --fault 503=1% --fault reset-after=0.5%
  HERALD_BASE_URL=http://127.0.0.1:8080 INTERCOM_ACCESS_TOKEN=any herald send spring.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := readSandboxFlags(&o, style, faults); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			if err := readPeople(&o, people); err != nil {
				return &usageError{err: err, command: c.CommandPath()}
			}
			o.Contacts.States = map[string]sandbox.State{}
			for _, id := range unknown {
				o.Contacts.States[id] = sandbox.Unknown
			}
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return p.sandbox(ctx, addr, o)
		},
	}
	f := c.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:0", "listen on this `address`; port 0 takes a free one")
	f.IntVar(&o.Limit, "limit", 0, "allow `N` requests a window; 0 for any number")
	f.DurationVar(&o.Window, "window", 10*time.Second, "the length of a window")
	f.StringVar(&style, "window-style", "aligned", "how windows follow: aligned, anchored or sliding")
	f.Var(shareFlag{&o.Contacts.Unknown}, "unknown", "this `share` of contacts does not exist")
	f.StringArrayVar(&unknown, "unknown-contact", nil, "the contact with this `id` does not exist; several times")
	f.Var(shareFlag{&o.Contacts.TooNew}, "too-new", "this `share` of contacts is not found the first time")
	f.Var(shareFlag{&o.Contacts.Unsubscribed}, "unsubscribed", "this `share` of contacts refuses emails")
	f.Var(shareFlag{&o.Replies.Share}, "replies", "this `share` of contacts replies to what it gets")
	f.DurationVar(&o.Replies.After, "reply-after", 0, "those take this long to reply")
	f.StringVar(&people, "people", "", "the workspace's contacts are those in this .jsonl `file`, and nobody else")
	f.BoolVar(&o.Restricted, "restricted", false, "answer as a workspace without a subscription does")
	f.StringVar(&o.Token, "accept-token", "", "accept only this made-up `token`")
	f.StringVar(&o.Workspace.IDCode, "workspace", "", "play the workspace with this `id` (default sandbox)")
	f.StringVar(&o.Workspace.Region, "workspace-region", "", "play a workspace of this `region` (default US)")
	f.DurationVar(&o.Latency, "latency", 0, "delay every answer")
	f.DurationVar(&o.Jitter, "jitter", 0, "delay answers by up to this much more")
	f.StringArrayVar(&faults, "fault", nil, "misbehave: `KIND=WHEN`, several times")
	f.Uint64Var(&o.Seed, "seed", 1, "choose other contacts and moments for shares")
	return c
}

// readPeople makes the people of a file the contacts of the workspace. Without
// one every id exists, and whoever tries a test send is there to be found.
func readPeople(o *sandbox.Options, path string) (err error) {
	if path == "" {
		o.People = []sandbox.Person{{ID: "5f00c0ffee", Role: "user", Email: "you@example.com", Name: "You"}}
		o.AnyRecipient = true
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--people: %w", err)
	}
	defer f.Close()
	if o.People, err = sandbox.ReadPeople(f); err != nil {
		return fmt.Errorf("--people %s: %w", path, err)
	}
	return nil
}

func readSandboxFlags(o *sandbox.Options, style string, faults []string) error {
	styles := map[string]sandbox.Style{"aligned": sandbox.Aligned, "anchored": sandbox.Anchored, "sliding": sandbox.Sliding}
	var ok bool
	if o.Style, ok = styles[style]; !ok {
		return fmt.Errorf("--window-style %s: must be aligned, anchored or sliding", style)
	}
	for _, text := range faults {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			return err
		}
		o.Faults = append(o.Faults, f)
	}
	return nil
}

// sandbox serves until it is interrupted.
func (p *program) sandbox(ctx context.Context, addr string, o sandbox.Options) error {
	server, err := sandbox.Listen(ctx, addr, sandbox.New(o))
	if err != nil {
		return &refusal{code: exitCant, what: err.Error(), hint: "choose another address with --addr; port 0 takes a free one"}
	}
	fmt.Fprintf(p.out, "sandbox listening on %s\n", server.URL())
	p.say("the inbox is at %s/; stop with Ctrl-C", server.URL())
	p.next("HERALD_BASE_URL=" + server.URL() + " " + tokenVariable + "=any herald send CAMPAIGN")
	return server.Wait()
}
