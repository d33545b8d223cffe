package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// clearLine takes a bar off a terminal's line.
const clearLine = "\r\x1b[K"

// How often progress is shown.
const (
	barEvery   = 200 * time.Millisecond
	plainEvery = 5 * time.Second
)

// A display shows how far something is, a few times a second, from one
// goroutine that reads counters.
type display struct {
	every time.Duration
	show  func()
	end   func()

	stop chan struct{}
	done chan struct{}
	mu   sync.Mutex // held by who writes to the terminal
}

// hold keeps the display from writing while somebody is asked something.
func (d *display) hold() (resume func()) {
	d.mu.Lock()
	return d.mu.Unlock
}

func (d *display) run() {
	defer close(d.done)
	ticker := time.NewTicker(d.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			d.mu.Lock()
			d.show()
			d.mu.Unlock()
		case <-d.stop:
			d.end()
			return
		}
	}
}

// close shows the last state and ends the display.
func (d *display) close() {
	close(d.stop)
	<-d.done
}

// display starts showing: done of total, and a line about it. A total of 0 is
// not known. The mode is that of --progress.
func (p *program) display(mode string, total int, done func() int, line func() string) *display {
	d := &display{stop: make(chan struct{}), done: make(chan struct{}), every: plainEvery, show: func() {}, end: func() {}}
	switch {
	case mode == "none":
	case mode == "auto" && p.errTerminal:
		d.every = barEvery
		bar := newBar(p.err, total)
		p.drawing.Store(true)
		d.show = func() {
			bar.Describe(line())
			_ = bar.Set(done())
		}
		d.end = func() {
			p.drawing.Store(false)
			if total == 0 { // a spinner leaves nothing behind
				fmt.Fprint(p.err, clearLine)
				return
			}
			d.show()
			_ = bar.Exit()
			fmt.Fprintln(p.err)
		}
	default:
		last := ""
		d.show = func() { // what stays the same for days is said once
			if text := line(); text != last {
				p.say("%s", text)
				last = text
			}
		}
	}
	go d.run()
	return d
}

func newBar(w io.Writer, total int) *progressbar.ProgressBar {
	if total == 0 {
		total = -1 // a spinner
	}
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // else it draws from a goroutine of its own, which never ends
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
	)
}

// A pulse makes the line of a run's progress.
type pulse struct {
	session  *session
	engine   *sender.Engine
	governor *governor.Governor
	total    int // rows to be sent; 0: not known
	started  time.Time
	speed    speedometer
}

// answered is how many rows of this run have an outcome.
func answered(p sender.Progress) int {
	return p.SentNow + p.FailedNow + p.UnknownNow + p.SkippedNow
}

func (u *pulse) done() int {
	n := answered(u.engine.Progress())
	if u.total > 0 {
		n = min(n, u.total) // skipped rows of an unchecked source
	}
	return n
}

// left is how many rows of the run have no outcome yet; 0 if that is not known.
func (u *pulse) left() int { return max(0, u.total-answered(u.engine.Progress())) }

func (u *pulse) line() string {
	p := u.engine.Progress()
	n := answered(p)
	var b strings.Builder
	count := report.Number(n)
	if u.total > 0 {
		count += " of " + report.Number(u.total)
	}
	rate := u.speed.perSecond(time.Now(), n)
	overall := float64(n) / max((time.Since(u.started)-p.Waited).Seconds(), 0.001)
	fmt.Fprintf(&b, "%s · %.0f/s", count, rate)
	if math.Abs(rate-overall) > 0.1*overall {
		fmt.Fprintf(&b, " (%.0f/s overall)", overall)
	}
	fmt.Fprintf(&b, " · sent %s failed %s unknown %s",
		report.Number(p.SentNow), report.Number(p.FailedNow), report.Number(p.UnknownNow))
	b.WriteString(" · " + u.outlook(p, n, rate))
	return b.String()
}

// outlook says what the run waits for, or how long it still takes.
func (u *pulse) outlook(p sender.Progress, n int, rate float64) string {
	if !p.Waiting.None() {
		return u.session.waitingWords(p.Waiting)
	}
	status := u.governor.Status()
	if status.Paused {
		return "paused"
	}
	if wait := time.Until(status.Until); wait > 0 {
		return "waiting for the window, " + report.Duration(wait.Round(100*time.Millisecond))
	}
	if !p.LateAt.IsZero() {
		return "waiting for contacts that may be new, " + report.Duration(time.Until(p.LateAt).Round(time.Second))
	}
	left := u.total - n
	switch {
	case n == 0:
		return "starting"
	case left <= 0:
		return "finishing"
	case rate == 0:
		return "waiting for answers"
	}
	if u.session.timed() && !u.session.anySender {
		return u.session.outlookWords(left, rate)
	}
	return u.toGo(status, left, rate)
}

// toGo says how long the rest takes, and how much of that is because others use
// the limit too.
func (u *pulse) toGo(status governor.Status, left int, rate float64) string {
	takes := func(perSecond float64) time.Duration {
		return time.Duration(float64(left) / perSecond * float64(time.Second)).Round(time.Second)
	}
	text := report.Duration(takes(rate)) + " left"
	full := status.Effective / governor.Window.Seconds()
	if late := takes(rate) - takes(full); status.UsedByOthers > 0 && full > rate && late >= time.Minute {
		now := time.Now()
		text = fmt.Sprintf("others use %s of %s: done %s instead of %s", report.Number(status.UsedByOthers), report.Number(status.Limit),
			now.Add(takes(rate)).Format("15:04"), now.Add(takes(full)).Format("15:04"))
	}
	return text
}
