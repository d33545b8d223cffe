package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// A canary is the first few rows of a run, whose outcomes a person looks at
// before the others follow.
type canary struct {
	*session
	observer *observer
	display  *display
	others   int // rows that follow; 0: not known
}

// shownCanary is how many of its rows are listed.
const shownCanary = 10

// engineCanary is the number of rows that go first: none if that is everybody.
func (s *session) engineCanary(v *survey) int {
	if v != nil && v.Ready <= s.run.canary {
		return 0
	}
	return s.run.canary
}

// goOn shows what became of the canary and asks whether the others follow. With
// --go-on nobody is asked if all of it was sent; without a terminal nobody can be.
func (c *canary) goOn(ctx context.Context) error {
	resume := c.display.hold()
	defer resume()
	rows, bad := c.show()
	stop := &sender.Halt{Cause: sender.AfterCanary, Count: rows}
	switch {
	case c.run.goOn && bad == 0:
		return nil
	case !c.inTerminal:
		return stop
	}
	fmt.Fprintf(c.err, "Send to the %sothers? [y/N] ", numberBefore(c.others))
	answer, err := readLine(ctx, c.in)
	if errors.Is(err, context.Canceled) {
		return nil // the run has stopped already
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return err
	}
	return stop
}

// show tells what became of the canary, and returns of how many rows and how
// many of them were not sent.
func (c *canary) show() (rows, bad int) {
	c.observer.mu.Lock()
	defer c.observer.mu.Unlock()
	var text strings.Builder
	_ = c.observer.summary.WriteText(&text) // a builder does not fail
	c.say("\nthe canary, %s:\n%s", count(len(c.observer.first), "message"), strings.TrimSuffix(text.String(), "\n"))
	slices.SortFunc(c.observer.first, func(a, b report.Row) int { return a.Line - b.Line })
	for i, row := range c.observer.first {
		if row.Status != report.Sent {
			bad++
		}
		if i < shownCanary {
			c.say("  line %d, %s: %s", row.Line, row.Key, c.whatBecame(row))
		}
	}
	return len(c.observer.first), bad
}

// whatBecame is the outcome of a row of the canary, with where to look at it.
func (c *canary) whatBecame(row report.Row) string {
	text := row.Status
	if row.Status != report.Sent {
		return text + ", " + row.Code
	}
	if link := c.contactLink(c.me.App.ID, row.Key); link != "" {
		text += ", " + link
	}
	return text
}

// numberBefore is a number to stand before a noun, if it is known.
func numberBefore(n int) string {
	if n == 0 {
		return ""
	}
	return report.Number(n) + " "
}
