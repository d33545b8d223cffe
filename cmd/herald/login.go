package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

func loginCommand(p *program) *cobra.Command {
	s := &session{program: p}
	c := &cobra.Command{
		Use:   "login",
		Short: "Store an access token for later runs",
		Long: `Login asks for an access token without showing it, checks it with the API, and
stores it in a file that only you can read. The environment and the flags
--token-file and --token-cmd come before the stored token.`,
		Example: "  herald login --region eu\n  pass show intercom | herald login",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(p, c.Flags()); err != nil {
				return err
			}
			return s.login(c.Context())
		},
	}
	c.Flags().StringVar(&s.api.region, "region", "", "Intercom's `region`: us, eu or au [HERALD_REGION]")
	c.Flags().StringVar(&s.api.baseURL, "base-url", "", "ask this `URL`; https unless on this machine [HERALD_BASE_URL]")
	return c
}

func (s *session) login(ctx context.Context) error {
	if err := s.checkRegion(); err != nil {
		return err
	}
	text, err := s.askToken(ctx)
	if err != nil {
		return err
	}
	if text == "" {
		return &refusal{code: exitCant, what: "no access token was given", hint: "type it, or pipe it in: pass show intercom | herald login"}
	}
	token, err := intercom.NewSecret(text)
	if err != nil {
		return &refusal{code: exitCant, what: "that is no access token",
			hint: "a token is one line of visible ASCII characters, as Intercom's developer hub shows it"}
	}
	client, err := intercom.New(intercom.Options{Region: s.api.region, BaseURL: s.api.baseURL, Token: token, UserAgent: "herald/" + version()})
	if err != nil {
		return err
	}
	me, err := client.Me(ctx)
	if err != nil {
		return connectError(client.BaseURL(), err)
	}
	path, err := storeToken(text)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Connected to %s (%s, %s) as %s\n", me.App.Name, me.App.Region, me.App.ID, me.Name)
	s.say("the token is stored in %s; remove the file to log out", path)
	if region := strings.ToLower(me.App.Region); region != intercom.DefaultRegion && s.api.baseURL == "" {
		s.say("the token works in this region only; add to your campaigns: api: {region: %s}", region)
	}
	return nil
}

// askToken reads a token from a terminal without showing it, or from a pipe.
func (s *session) askToken(ctx context.Context) (string, error) {
	if !s.inTerminal {
		return readLine(ctx, s.in)
	}
	fmt.Fprint(s.err, "Access token (not shown): ")
	b, err := term.ReadPassword(int(s.in.(*os.File).Fd()))
	fmt.Fprintln(s.err)
	return string(b), err
}
