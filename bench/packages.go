package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/pkg/report"
)

// measured are the packages that a message passes, in that order: a row is read,
// rendered, paced, claimed, posted and written to the results.
var measured = []string{
	"./pkg/source", "./pkg/campaign", "./pkg/lint", "./pkg/governor", "./pkg/ledger", "./pkg/intercom", "./pkg/report",
}

// measurePackages runs the packages' benchmarks and prints medians.
func measurePackages(ctx context.Context, o options, out, talk io.Writer) error {
	fmt.Fprintln(talk, "running the benchmarks of", strings.Join(measured, " "))
	args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchmem", "-count", strconv.Itoa(o.rounds)}, measured...)
	test := exec.CommandContext(ctx, "go", args...)
	test.Stderr = talk
	text, err := test.Output()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	fmt.Fprintf(out, "The packages alone, median of %d:\n\n", o.rounds)
	return writeTable(out, []string{"benchmark", "per s", "ns each", "B each", "allocations each"}, benchTable(parseBench(text)))
}

// benchmark is one benchmark's results by unit, one value a round.
type benchmark struct {
	name   string
	values map[string][]float64
}

// parseBench reads what go test -bench prints, in the order of its printing.
func parseBench(text []byte) []*benchmark {
	var list []*benchmark
	byName := make(map[string]*benchmark)
	pkg := ""
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == "pkg:" {
			pkg = fields[1][strings.LastIndex(fields[1], "/")+1:]
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := pkg + " " + strings.TrimPrefix(withoutProcs(fields[0]), "Benchmark")
		b := byName[name]
		if b == nil {
			b = &benchmark{name: name, values: make(map[string][]float64)}
			byName[name], list = b, append(list, b)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				b.values[fields[i+1]] = append(b.values[fields[i+1]], value)
			}
		}
	}
	return list
}

// withoutProcs drops the number of CPUs that go test puts behind a name.
func withoutProcs(name string) string {
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			return name[:i]
		}
	}
	return name
}

// benchTable has a line for each benchmark. One whose operation is a whole file
// reports a rate of its own, rows/s or the like: its other numbers are then for
// one of those.
func benchTable(list []*benchmark) [][]string {
	var table [][]string
	for _, b := range list {
		unit, perSecond, part := b.rate()
		table = append(table, []string{
			b.name,
			report.Number(int(perSecond)) + " " + unit,
			report.Number(int(math.Round(1e9 / perSecond))),
			report.Number(int(math.Round(b.median("B/op") * part))),
			strconv.FormatFloat(b.median("allocs/op")*part, 'f', 1, 64),
		})
	}
	return table
}

// rate says how many of what a benchmark does in a second, and which part of an
// operation one of them is.
func (b *benchmark) rate() (unit string, perSecond, part float64) {
	operations := 1e9 / b.median("ns/op")
	for name := range b.values {
		if unit, ok := strings.CutSuffix(name, "/s"); ok && name != "MB/s" {
			return unit, b.median(name), operations / b.median(name)
		}
	}
	return "ops", operations, 1
}

// median is NaN for a unit that the benchmark doesn't report.
func (b *benchmark) median(unit string) float64 {
	if len(b.values[unit]) == 0 {
		return math.NaN()
	}
	return median(b.values[unit])
}
