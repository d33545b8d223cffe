package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/preview"
)

// openPage serves the page until it is interrupted, and opens it at a line.
func (s *session) openPage(ctx context.Context, path string, line int) error {
	loaded := false
	server, err := preview.Listen(ctx, preview.Options{Load: func(context.Context) (*preview.View, error) {
		if !loaded {
			loaded = true
			return s.view(), nil
		}
		return s.viewAgain(path)
	}})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "preview at %s\n", server.URL(line))
	if err := s.browse(server.Ticket(line)); err != nil {
		s.say("open it in a browser on this machine (%v)", err)
	}
	s.say("it follows what you save; stop with Ctrl-C")
	return server.Wait()
}

// viewAgain reads the campaign anew, after a file was saved. What came from
// standard input has been read, and stays.
func (s *session) viewAgain(path string) (*preview.View, error) {
	again := &session{program: s.program, files: s.files, sourceName: s.sourceName, sourcePath: s.sourcePath}
	if err := again.load(path); err != nil {
		return nil, forPage(err)
	}
	if s.sourceName != "stdin" {
		again.sourcePath = again.sourceFile()
		again.sourceName = again.sourcePath
	}
	rows, err := again.openSource()
	if err != nil {
		return nil, forPage(err)
	}
	defer rows.Close()
	again.renderer, err = again.campaign.Compile(rows.Header(), campaign.CompileOptions{Contact: func(a contacts.Address) (intercom.Contact, error) {
		e, err := s.entryOf(a) // the file of contacts stays open
		if err != nil {
			return intercom.Contact{}, err
		}
		return contacts.Choose(e, again.campaign.To.Prefer)
	}})
	if err != nil {
		return nil, forPage(err)
	}
	if err := again.renderAs(s.variant); err != nil {
		return nil, forPage(err)
	}
	return again.view(), nil
}

// forPage puts an error into a person's words; the page itself takes problems
// of a campaign apart.
func forPage(err error) error {
	if errors.As(err, new(campaign.Problems)) {
		return err
	}
	r := refusalOf(err)
	if r.hint == "" {
		return r
	}
	return fmt.Errorf("%s: %s", r.what, r.hint)
}

var errNoDisplay = errors.New("there is no display here")

// browse opens an address in the browser. It does not wait for it.
func (p *program) browse(url string) error {
	command := []string{"xdg-open", url}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open", url}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", url}
	default:
		if p.env("DISPLAY") == "" && p.env("WAYLAND_DISPLAY") == "" {
			return errNoDisplay
		}
	}
	c := exec.Command(command[0], command[1:]...)
	if err := c.Start(); err != nil {
		return fmt.Errorf("%s can't be run", command[0])
	}
	go func() { _ = c.Wait() }() // whatever becomes of it, the address is there to be pasted
	return nil
}
