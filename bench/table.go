package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// writeTable prints a Markdown table that is also aligned as plain text: the
// first column to the left, numbers to the right.
func writeTable(out io.Writer, header []string, rows [][]string) error {
	width := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(header))
	for i := range header {
		rule[i] = strings.Repeat("-", width[i])
		if i > 0 {
			rule[i] = strings.Repeat("-", max(width[i]-1, 1)) + ":"
		}
	}
	var text strings.Builder
	for _, row := range append([][]string{header, rule}, rows...) {
		for i, cell := range row {
			pad := strings.Repeat(" ", max(width[i]-utf8.RuneCountInString(cell), 0))
			if i == 0 {
				fmt.Fprintf(&text, "| %s%s ", cell, pad)
			} else {
				fmt.Fprintf(&text, "| %s%s ", pad, cell)
			}
		}
		text.WriteString("|\n")
	}
	_, err := fmt.Fprintln(out, text.String())
	return err
}

// median is the middle value, or halfway between the two in the middle; it sorts
// the values. There must be one.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
