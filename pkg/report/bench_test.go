package report

import (
	"path/filepath"
	"testing"
	"time"
)

func sentRow() Row {
	return Row{
		Key: "6762c1f3b3a4f0d7e9a1b2c3", Line: 31_415, Status: Sent, MessageID: "403918276", MessageType: "email",
		CreatedAt: time.Unix(1_800_000_000, 0), HTTPStatus: 200, RequestID: "0038v2qf4gmk1n2q7u50", Attempts: 1,
		DurationMS: 184, FinishedAt: time.Unix(1_800_000_000, 123e6),
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, name := range []string{"r.csv", "r.jsonl"} {
		b.Run(filepath.Ext(name)[1:], func(b *testing.B) {
			results, err := OpenResults(filepath.Join(b.TempDir(), name))
			if err != nil {
				b.Fatal(err)
			}
			row := sentRow()
			b.ReportAllocs()
			for b.Loop() {
				if err := results.Append(row); err != nil {
					b.Fatal(err)
				}
			}
			if err := results.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"r.csv", "r.jsonl"} {
		b.Run(filepath.Ext(name)[1:], func(b *testing.B) {
			path := filepath.Join(b.TempDir(), name)
			rows := make([]Row, 10_000)
			for i := range rows {
				rows[i] = sentRow()
			}
			if err := WriteResults(path, sequence(rows...)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range ReadResults(path) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkSummaryAdd(b *testing.B) {
	var s Summary
	row := sentRow()
	b.ReportAllocs()
	for b.Loop() {
		s.Add(row)
	}
}

// What a row costs is bounded without a clock: a guard against gocsv's habit of
// copying every cell.
func TestAllocationsPerRow(t *testing.T) {
	for name, most := range map[string]float64{"r.csv": 8, "r.jsonl": 6} {
		l := newLines(name, &writes{})
		row := sentRow()
		got := testing.AllocsPerRun(1000, func() {
			if err := l.add(row); err != nil {
				t.Fatal(err)
			}
			l.buf.Reset()
		})
		if got > most {
			t.Errorf("%s: %.0f allocations a row, want at most %.0f", name, got, most)
		}
	}
	var s Summary
	row := sentRow()
	s.Add(row)
	if got := testing.AllocsPerRun(1000, func() { s.Add(row) }); got != 0 {
		t.Errorf("%.0f allocations a row in a summary", got)
	}
}
