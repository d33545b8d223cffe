package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	shownCodes  = 8  // of each status; the rest is one line
	shownSample = 60 // characters of a sample message
)

// WriteText writes the summary as a table for people: one line a status, beside
// it the reasons with an example each, then variants if there are any, then how long the API took to answer. It
// writes nothing if no row was added.
func (s *Summary) WriteText(w io.Writer) error {
	var t table
	for _, status := range statuses {
		if s.Count(status) != 0 {
			t.addStatus(status, s.Count(status), s.Rows(), s.codesOf(status))
		}
	}
	text := t.String()
	if variants := s.Variants(); len(variants) > 0 {
		text += "\n" + VariantLines(variants)
	}
	if l, ok := s.Latency(); ok {
		text += fmt.Sprintf("\n  answers   half within %s, 90 %% within %s, 99 %% within %s, slowest %s\n",
			answerTime(l.P50), answerTime(l.P90), answerTime(l.P99), answerTime(l.Max))
	}
	if s.retried > 0 {
		text += fmt.Sprintf("  requests  %s, because %s needed more than one\n",
			Number(s.requests), plural(s.retried, "row"))
	}
	_, err := io.WriteString(w, text)
	return err
}

// answerTime writes a time that was measured in whole milliseconds.
func answerTime(d time.Duration) string {
	if d == 0 {
		return "1 ms"
	}
	return Duration(d)
}

// codesOf lists the codes of one status, what is beyond the shown ones added up.
func (s *Summary) codesOf(status string) []CodeCount {
	var list []CodeCount
	for _, c := range s.Codes() {
		if c.Status == status {
			list = append(list, c)
		}
	}
	if len(list) <= shownCodes {
		return list
	}
	rest := CodeCount{Code: plural(len(list)-shownCodes+1, "other reason")}
	for _, c := range list[shownCodes-1:] {
		rest.Count += c.Count
	}
	return append(list[:shownCodes-1], rest)
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// table is status, count, share, number of a code, code, sample: the first three
// on the first line of each status only.
type table struct{ lines [][6]string }

func (t *table) addStatus(status string, n, rows int, codes []CodeCount) {
	head := [6]string{status, Number(n), share(n, rows)}
	if len(codes) == 0 {
		t.lines = append(t.lines, head)
	}
	for _, c := range codes {
		line := head
		head = [6]string{}
		line[3], line[4] = Number(c.Count), printable(c.Code, shownSample)
		if c.Code == "" {
			line[4] = "no code"
		}
		if c.Sample != "" {
			line[5] = "“" + shorten(c.Sample, shownSample) + "”"
		}
		t.lines = append(t.lines, line)
	}
}

// String aligns the columns: numbers to the right, words to the left.
func (t *table) String() string {
	var width [6]int
	for _, line := range t.lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, line := range t.lines {
		text := fmt.Sprintf("  %-*s  %*s  %*s   %*s %-*s  %s", width[0], line[0], width[1], line[1],
			width[2], line[2], width[3], line[3], width[4], line[4], line[5])
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}
