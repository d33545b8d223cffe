package calendar

import (
	"testing"
	"time"
)

// BenchmarkEnter is what the calendar costs each message.
func BenchmarkEnter(b *testing.B) {
	g := NewGate(Rules{Window: window(b, "mon-sun", "00:00", "24:00"), Zone: zone(b, "Europe/Berlin"), MaxPerDay: 1 << 40}, nil)
	for b.Loop() {
		g.Enter(nil)
	}
}

// BenchmarkForecast is one of a long campaign: a year, forty changes a day.
func BenchmarkForecast(b *testing.B) {
	r := Rules{Window: window(b, "mon-fri", "09:00", "17:00"), MaxPerDay: 1000, ByRow: true}
	rows := map[*time.Location]int{}
	for _, name := range ZoneNames()[:40] {
		rows[zone(b, name)] = 10_000
	}
	for b.Loop() {
		r.Forecast(time.Unix(1_790_000_000, 0), rows, 16, 0)
	}
}
