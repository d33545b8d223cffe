package governor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUse(t *testing.T) {
	const windows = 6
	for _, style := range []style{aligned, anchored, sliding} {
		for _, limit := range []int{83, 167, 1000} {
			for _, ms := range []int{5, 50, 100, 300} {
				name := fmt.Sprintf("%v/%d/%dms", style, limit, ms)
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { use(t, style, limit, time.Duration(ms)*time.Millisecond, windows) })
				})
			}
		}
	}
}

// use sends at a share of all for some windows: none is answered with 429, and
// hardly any place stays unused.
func use(t *testing.T, style style, limit int, latency time.Duration, windows int) {
	m := &model{style: style, limit: limit, there: around(latency / 2), back: around(latency / 2)}
	o := Options{Share: 1}
	c := &crew{g: New(o), m: m, workers: 64, claim: func() { time.Sleep(time.Millisecond) }}
	resp, err := c.g.Transport(m).RoundTrip(request(http.MethodGet, "/me"))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal("GET /me failed")
	}
	length := time.Duration(windows) * Window
	ctx, cancel := context.WithTimeout(t.Context(), length+Window)
	defer cancel()
	began := time.Now().Add(Window)
	c.run(ctx)

	most := m.fullest(t, func(time.Time) int { return limit })
	// What the workers can do at most, each being busy for latency and claim.
	possible := min(float64(limit)*float64(windows), 64*float64(length)/float64(latency+time.Millisecond))
	got := float64(m.between(began, began.Add(length))) / possible
	t.Logf("use %.2f %%, fullest window %d of %d, 429s %d, turned back %d, waits %v",
		100*got, most, limit, m.refused, c.g.Status().TurnedBack, c.g.Status().Waits)
	if m.refused > 0 {
		t.Errorf("%d answers of 429", m.refused)
	}
	want := 0.97
	if latency > 100*time.Millisecond {
		want = 0.96
	}
	if got < want {
		t.Errorf("use of %.2f %%, want %.0f %%", 100*got, 100*want)
	}
}

func TestTwoClientsShareABudget(t *testing.T) {
	for _, style := range []style{aligned, anchored, sliding} {
		for _, share := range []float64{0.8, 1} {
			for _, ms := range []int{5, 300} {
				t.Run(fmt.Sprintf("%v/%v/%dms", style, share, ms), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { twoClients(t, style, share, time.Duration(ms)*time.Millisecond) })
				})
			}
		}
	}
}

func twoClients(t *testing.T, style style, share float64, latency time.Duration) {
	const limit, windows = 800, 12
	m := &model{style: style, limit: limit, there: around(latency / 2), back: around(latency / 2)}
	c := &crew{g: New(Options{Share: share}), m: m, workers: 64}
	c.g.Transport(m).RoundTrip(request(http.MethodGet, "/me"))
	ctx, cancel := context.WithTimeout(t.Context(), windows*Window)
	defer cancel()
	go m.others(ctx, limit/2/Window.Seconds())
	c.run(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	s := c.g.Status()
	ours, refused := len(m.spans)-m.refused, float64(m.refused)/float64(len(m.spans))
	t.Logf("ours %d, theirs %d, 429s %d = %.2f %%, waits %v, by others %d", ours, m.foreign, m.refused, 100*refused, s.Waits, s.UsedByOthers)
	if refused >= 0.01 {
		t.Errorf("%.2f %% of the requests were answered with 429", 100*refused)
	}
	if least := windows * limit / 4; ours < least || m.foreign < least {
		t.Errorf("%d of ours and %d of the others in %d windows", ours, m.foreign, windows)
	}
}

func TestEffective(t *testing.T) {
	tests := []struct {
		options Options
		limit   int
		want    float64
	}{
		{Options{}, 0, DefaultRate},
		{Options{}, 1667, AutoShare * 1667},
		{Options{Share: 0.5}, 1000, 500},
		{Options{Rate: 100}, 0, 100},
		{Options{Rate: 100}, 1667, 100},
		{Options{Rate: 5000}, 1667, 1667},
		{Options{Rate: 5000, Share: 0.5}, 1000, 500},
	}
	for _, test := range tests {
		g := New(test.options)
		g.setLimit(test.limit)
		if got := g.Status().Effective; math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%+v with a limit of %d: %v, want %v", test.options, test.limit, got, test.want)
		}
	}
}

func TestPaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 1})
		g.Pause()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if err := g.Pace(ctx); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("Pace returned %v after %v", err, time.Since(start))
		}
	})
}

// readAll is what a client reads of an answer.
func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
