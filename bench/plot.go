package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/herald-campaigns/herald/pkg/report"
)

// The plot's size and the place of its axes, in pixels. Both axes are
// logarithmic.
const (
	plotWidth, plotHeight = 720, 440
	plotLeft, plotRight   = 72, 560
	plotTop, plotBottom   = 44, 384
	plotLeast, plotMost   = 1.0, 100_000.0 // messages a second
)

var plotColours = []string{"#0072b2", "#d55e00", "#009e73"} // told apart by everybody

// plot draws curves as SVG: measured speeds as lines with dots, what the latency
// alone would allow as dashes.
func plot(curves []curve) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#222">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	text(&b, plotLeft, 24, "start", "messages a second against workers; dashed: workers / latency")
	drawAxes(&b)
	var labels []float64
	for i, c := range curves {
		colour := plotColours[i%len(plotColours)]
		var ideal, line []string
		for k, workers := range scalingWorkers {
			if c.latency > 0 {
				ideal = append(ideal, at(workers, float64(workers)/c.latency.Seconds()))
			}
			line = append(line, at(workers, c.speeds[k]))
		}
		polyline(&b, ideal, colour, ` stroke-dasharray="3 5"`)
		polyline(&b, line, colour, ` stroke-width="2"`)
		for _, point := range line {
			x, y, _ := strings.Cut(point, ",")
			fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="3.5" fill="%s"/>`+"\n", x, y, colour)
		}
		name := "answers at once"
		if c.latency > 0 {
			name = "latency " + report.Duration(c.latency)
		}
		y := free(labels, plotY(c.speeds[len(c.speeds)-1])+4)
		labels = append(labels, y)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="%s">%s</text>`+"\n", plotRight+12, y, colour, name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// free is the place nearest to y, upwards, where no label is.
func free(labels []float64, y float64) float64 {
	for _, taken := range labels {
		if math.Abs(taken-y) < 16 {
			return free(labels, taken-16)
		}
	}
	return y
}

func drawAxes(b *strings.Builder) {
	for _, workers := range scalingWorkers {
		x := plotX(workers)
		rule(b, x, plotTop, x, plotBottom)
		text(b, x, plotBottom+20, "middle", report.Number(workers))
	}
	for speed := plotLeast; speed <= plotMost; speed *= 10 {
		y := plotY(speed)
		rule(b, plotLeft, y, plotRight, y)
		text(b, plotLeft-8, y+4, "end", report.Number(int(speed)))
	}
	text(b, (plotLeft+plotRight)/2, plotBottom+42, "middle", "workers")
}

func plotX(workers int) float64 {
	last := float64(scalingWorkers[len(scalingWorkers)-1])
	return plotLeft + (plotRight-plotLeft)*math.Log(float64(workers))/math.Log(last)
}

func plotY(speed float64) float64 {
	speed = min(max(speed, plotLeast), plotMost)
	return plotBottom - (plotBottom-plotTop)*math.Log(speed/plotLeast)/math.Log(plotMost/plotLeast)
}

func at(workers int, speed float64) string {
	return fmt.Sprintf("%.1f,%.1f", plotX(workers), plotY(speed))
}

func polyline(b *strings.Builder, points []string, colour, style string) {
	if len(points) > 0 {
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s"%s/>`+"\n", strings.Join(points, " "), colour, style)
	}
}

func rule(b *strings.Builder, x1, y1, x2, y2 float64) {
	fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", x1, y1, x2, y2)
}

func text(b *strings.Builder, x, y float64, anchor, what string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, what)
}
