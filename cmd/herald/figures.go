package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sender"
)

// Figures are how fast a run was, what of the API's limit it could use, and
// what it waited for.
type figures struct {
	governor.Status
	share   float64
	took    time.Duration
	answers int
	tries   tries

	unlimited bool // in a rehearsal
}

// tries are requests that came to nothing and were made again.
type tries struct {
	Throttled int `json:"throttled"` // answered with 429, or held back because of one
	NotSent   int `json:"not_sent"`  // the network
}

func (s *session) figuresOf(p sender.Progress, took time.Duration) figures {
	return figures{Status: s.governor.Status(), share: s.governor.Share(), took: took - p.Waited, answers: answered(p),
		tries: tries{p.Throttled, p.NotSent}, unlimited: s.anySender}
}

func (f figures) perSecond() float64 { return float64(f.answers) / max(f.took.Seconds(), 0.001) }

// waits are the causes of waiting that a reader can do something about.
var waits = []struct {
	cause governor.Cause
	name  string // in JSON
	words string
}{
	{governor.Throttled, "throttled", "because the API asked for a pause"},
	{governor.ResourceThrottled, "throttled_resource", "because the API asked for a pause of this kind of request"},
	{governor.Others, "others", "because others used the limit up"},
	{governor.Full, "full", "for answers, with as many requests under way as a window takes"},
	{governor.Paused, "paused", "paused"},
}

// String writes what is worth knowing: nothing of waits that did not happen.
func (f figures) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  speed     %s/s", report.Number(int(f.perSecond()+0.5)))
	if !f.unlimited {
		fmt.Fprintf(&b, "; at most %s per 10 s", report.Number(int(f.Effective)))
	}
	if f.Limit > 0 {
		fmt.Fprintf(&b, " of the API's %s", report.Number(f.Limit))
	}
	if f.MostByOthers > f.Limit/100 { // less is somebody's look-ups
		fmt.Fprintf(&b, ", of which others used up to %s", report.Number(f.MostByOthers))
	}
	b.WriteByte('\n')
	name := "waited"
	for _, w := range waits {
		if d := f.Waits[w.cause]; d >= time.Second {
			fmt.Fprintf(&b, "  %-8s  %s %s\n", name, report.Duration(d.Round(100*time.Millisecond)), w.words)
			name = ""
		}
	}
	name = "again"
	if f.Throttled > 0 {
		fmt.Fprintf(&b, "  %-8s  %s of 429\n", name, count(f.Throttled, "answer"))
		name = ""
	}
	if f.tries.NotSent > 0 {
		fmt.Fprintf(&b, "  %-8s  %s did not leave: the network\n", name, count(f.tries.NotSent, "request"))
	}
	return b.String()
}

// MarshalJSON writes all of it: limits in requests per 10 s, waits in seconds.
func (f figures) MarshalJSON() ([]byte, error) {
	seconds := make(map[string]float64, len(waits))
	for _, w := range waits {
		seconds[w.name] = f.Waits[w.cause].Seconds()
	}
	return json.Marshal(struct {
		PerSecond    float64            `json:"per_second"`
		Limit        int                `json:"limit"`
		Share        float64            `json:"share"`
		Effective    float64            `json:"effective"`
		UsedByUs     int                `json:"used_by_us"`
		UsedByOthers int                `json:"used_by_others"`
		MostByOthers int                `json:"most_by_others"`
		Answers429   int                `json:"answers_429"`
		Again        tries              `json:"again"`
		Waited       map[string]float64 `json:"waited_seconds"`
	}{f.perSecond(), f.Limit, f.share, f.Effective, f.UsedByUs, f.UsedByOthers, f.MostByOthers, f.Throttled, f.tries, seconds})
}

// A speedometer tells how fast something is going now: over the last ten
// seconds. Its methods are called by one goroutine.
type speedometer struct{ marks []mark }

type mark struct {
	at   time.Time
	done int
}

// startSpeedometer returns one that stands at nothing.
func startSpeedometer(at time.Time) speedometer { return speedometer{marks: []mark{{at: at}}} }

// over is how far back the speedometer looks.
const over = 10 * time.Second

// perSecond notes how much is done, and returns the speed.
func (m *speedometer) perSecond(now time.Time, done int) float64 {
	m.marks = append(m.marks, mark{now, done})
	for len(m.marks) > 2 && now.Sub(m.marks[1].at) >= over {
		m.marks = m.marks[1:]
	}
	first := m.marks[0]
	return float64(done-first.done) / max(now.Sub(first.at).Seconds(), 0.001)
}
