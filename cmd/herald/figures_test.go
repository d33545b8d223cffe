package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/governor"
)

func TestFigures(t *testing.T) {
	busy := figures{share: 0.8, took: 10 * time.Second, answers: 1250, tries: tries{Throttled: 3, NotSent: 2}}
	busy.Limit, busy.Effective, busy.MostByOthers, busy.Throttled = 1667, 1333.6, 420, 3
	busy.Waits[governor.Throttled], busy.Waits[governor.Others] = 3200*time.Millisecond, 12*time.Second
	busy.Waits[governor.Pacing] = time.Hour // is what is wanted, and no news
	for _, test := range []struct {
		name string
		figures
		want string
	}{
		{"nothing to tell", figures{Status: governor.Status{Effective: 160}, took: time.Second, answers: 16},
			"  speed     16/s; at most 160 per 10 s\n"},
		{"busy", busy, "  speed     125/s; at most 1,333 per 10 s of the API's 1,667, of which others used up to 420\n" +
			"  waited    3.2 s because the API asked for a pause\n" +
			"            12 s because others used the limit up\n" +
			"  again     3 answers of 429\n" +
			"            2 requests did not leave: the network\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.figures.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
	text, err := json.Marshal(busy)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if waited := got["waited_seconds"].(map[string]any); got["per_second"] != 125.0 || got["answers_429"] != 3.0 || waited["others"] != 12.0 {
		t.Errorf("%s", text)
	}
}

func TestSpeedometer(t *testing.T) {
	at := time.Now()
	m := startSpeedometer(at)
	speed := 0.0
	for second := range 60 { // 100/s for half a minute, then 10/s
		done := 100 * min(second, 30)
		done += 10 * max(0, second-30)
		speed = m.perSecond(at.Add(time.Duration(second)*time.Second), done)
		switch {
		case second == 1 && speed != 100, second == 30 && speed != 100, second == 59 && speed != 10:
			t.Errorf("after %d s: %v/s", second, speed)
		}
	}
	if len(m.marks) > 13 {
		t.Errorf("it keeps %d marks", len(m.marks))
	}
}
