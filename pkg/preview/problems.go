package preview

import (
	"errors"
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
)

// problemsOf takes apart what keeps a row, or all rows, from being shown.
func problemsOf(err error) []Problem {
	var (
		several  campaign.Problems
		rendered *campaign.RenderError
		row      *source.RowError
		file     *source.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		var all []Problem
		for _, p := range several {
			text := p.Message
			if p.Suggestion != "" {
				text += fmt.Sprintf(" (did you mean %s?)", p.Suggestion)
			}
			all = append(all, Problem{Place: at(p.File, p.Line, p.Column), Text: text})
		}
		return all
	case errors.As(err, &rendered):
		text := rendered.Template
		if rendered.Field != "" {
			text += ": field " + rendered.Field
		}
		return []Problem{{Place: at(rendered.File, rendered.Line, rendered.Column), Text: text + ": " + rendered.Reason}}
	case errors.As(err, &row):
		return []Problem{{Place: at(row.File, row.Line, row.Column), Text: row.Reason}}
	case errors.As(err, &file):
		return []Problem{{Text: file.Error()}}
	}
	return []Problem{{Text: err.Error()}}
}

// at is a place in a file, as far as it is known.
func at(file string, line, column int) string {
	var b strings.Builder
	b.WriteString(file)
	for _, n := range []int{line, column} {
		if n == 0 {
			break
		}
		fmt.Fprintf(&b, ":%d", n)
	}
	return b.String()
}
