package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

// A wish is what one herald asks of another that is sending.
type wish int

const (
	wishStop wish = iota
	wishCut
	wishPause
	wishResume
)

func stopCommand(p *program) *cobra.Command {
	s := &session{program: p}
	var cut, pause, resume bool
	c := &cobra.Command{
		Use:   "stop CAMPAIGN",
		Short: "Stop, pause or resume the herald that is sending this campaign",
		Long: `Stop asks the herald that is sending this campaign, in another terminal of this
machine, to stop, as Ctrl-C would: messages in flight are finished, and the same
send goes on later. It waits until that is done. --cut cuts the messages in
flight off too; they become unknown. --pause lets nothing new leave until
--resume; the run goes on waiting.`,
		Example: `  herald stop spring.yaml
  herald stop spring.yaml --pause
  herald stop spring.yaml --resume`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, _, release := interruptible(c.Context())
			defer release()
			w, wishes := wishStop, 0
			for given, is := range map[wish]bool{wishCut: cut, wishPause: pause, wishResume: resume} {
				if is {
					w, wishes = given, wishes+1
				}
			}
			if wishes > 1 {
				return &usageError{err: errors.New("--cut, --pause and --resume: one of them at a time")}
			}
			return s.stop(ctx, args[0], w)
		},
	}
	s.files.addLedger(c.Flags())
	c.Flags().BoolVar(&cut, "cut", false, "cut off the messages in flight too; they become unknown")
	c.Flags().BoolVar(&pause, "pause", false, "let nothing new leave, until --resume")
	c.Flags().BoolVar(&resume, "resume", false, "end a pause")
	return c
}

// stop finds out who is sending the campaign and asks it for something.
func (s *session) stop(ctx context.Context, path string, w wish) error {
	if err := s.load(path); err != nil {
		return err
	}
	holder, err := s.whoSends()
	if err != nil {
		return err
	}
	if host, _ := os.Hostname(); holder.Host != host {
		return &refusal{code: exitCant, what: fmt.Sprintf("process %d on %s is sending this campaign, and this machine is %s", holder.PID, holder.Host, host),
			hint: "run this command there"}
	}
	if err := tell(holder.PID, w); err != nil {
		return &refusal{code: exitCant, what: fmt.Sprintf("process %d could not be asked: %v", holder.PID, err),
			hint: "only its owner, or the administrator of this machine, may"}
	}
	switch w {
	case wishPause:
		s.say("paused: nothing new leaves")
		s.next("herald stop " + shellQuote(path) + " --resume")
		return nil
	case wishResume:
		s.say("resumed")
		s.next("herald status " + shellQuote(path))
		return nil
	}
	return s.awaitEnd(ctx, path, holder)
}

// whoSends returns the process that has the campaign's ledger open: the real
// one, or that of the sandbox.
func (s *session) whoSends() (ledger.Holder, error) {
	paths := []string{s.files.ledger}
	if s.files.ledger == "" {
		paths = []string{s.home() + ".ledger", s.home() + ".sandbox.ledger"}
	}
	for _, path := range paths {
		holder, held, err := ledger.Holding(path, nil)
		if held {
			s.files.ledger = path
			return holder, nil
		}
		if err != nil && !errors.Is(err, ledger.ErrMissing) {
			return holder, s.ledgerError(err)
		}
	}
	return ledger.Holder{}, &refusal{code: exitCant, what: "nobody is sending " + s.title() + " on this machine",
		hint: "see how it stands with: herald status " + shellQuote(s.campaign.File)}
}

// awaitEnd waits until the ledger's holder is another, or nobody.
func (s *session) awaitEnd(ctx context.Context, path string, holder ledger.Holder) error {
	s.say("process %d finishes what is in flight and stops", holder.PID)
	const often = 100 * time.Millisecond
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	for {
		now, held, err := ledger.Holding(s.files.ledger, nil)
		if err != nil {
			return err
		}
		if !held || now.PID != holder.PID {
			s.say("it has stopped")
			s.next("herald status " + shellQuote(path))
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.say("it is still at it; what was asked of it stands")
			return errInterrupted
		}
	}
}
