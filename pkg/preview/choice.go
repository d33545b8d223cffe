package preview

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/herald-campaigns/herald/pkg/source"
)

// sampled is how many rows the page's sample has.
const sampled = 12

// A choice is what the page's address asks for.
type choice struct{ url.Values }

func (c choice) line() int {
	n, _ := strconv.Atoi(c.Get("line"))
	return max(n, 0)
}

// with returns the address of the page with another value; what led to the row
// does not go with it.
func (c choice) with(name, value string) string {
	next := url.Values{}
	for _, kept := range []string{"line", "width", "theme", "variant", "sample"} {
		if v := c.Get(kept); v != "" {
			next.Set(kept, v)
		}
	}
	next.Set(name, value)
	return "?" + next.Encode()
}

// of returns the value for a name, the first one allowed if it is none of them.
func (c choice) of(name string, allowed ...string) string {
	if v := c.Get(name); slices.Contains(allowed, v) {
		return v
	}
	return allowed[0]
}

// resolve finds the row that is asked for otherwise than by its line, and
// returns the address of the page that shows it; empty if the address asks for a
// line. Where there is no such row, it says so.
func (s *state) resolve(ctx context.Context, c choice) (address, note string, err error) {
	ctx, release, err := s.take(ctx)
	if err != nil {
		return "", "", err
	}
	defer release()
	var row *source.Recipient
	switch what, pick := c.Get("find"), c.Get("pick"); {
	case what != "" && c.Get("in") == "line":
		return c.with("line", what), "", nil
	case what != "":
		row, note, err = s.search(ctx, c, what)
	case pick == "sample":
		row, err = s.firstOfSample(ctx)
		if row != nil {
			c = choice{url.Values{"line": c.Values["line"], "width": c.Values["width"], "theme": c.Values["theme"], "variant": c.Values["variant"], "sample": {"1"}}}
		}
	case pick != "":
		row, err = s.extreme(ctx, pick)
		note = "No row's message can be rendered."
	}
	if row == nil || err != nil {
		return "", note, err
	}
	return c.with("line", strconv.Itoa(row.Line)), "", nil
}

// search finds the row with a key or a field. "next" goes on behind the row that
// is shown.
func (s *state) search(ctx context.Context, c choice, what string) (*source.Recipient, string, error) {
	q := Query{Value: what}
	switch in := c.Get("in"); in {
	case "", "any":
	case "key":
		q = Query{Key: what}
	default:
		q.Field = in[min(len(in), len("field:")):]
	}
	after, note := 0, "No row has that."
	if c.Get("next") != "" {
		after, note = c.line(), "No row after this one has that."
	}
	row, err := s.cursor.find(ctx, after, func(row *source.Recipient) bool { return s.view.matches(q, row) })
	return row, note, err
}

func (s *state) extreme(ctx context.Context, pick string) (*source.Recipient, error) {
	if s.found == nil {
		found, err := s.view.Extremes(ctx)
		if err != nil {
			return nil, err
		}
		s.found = &found
	}
	switch pick {
	case "longest":
		return s.found.Longest, nil
	case "shortest":
		return s.found.Shortest, nil
	case "sparsest":
		return s.found.Sparsest, nil
	}
	return nil, nil
}

func (s *state) firstOfSample(ctx context.Context) (*source.Recipient, error) {
	rows, err := s.samples(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// samples returns the page's sample.
func (s *state) samples(ctx context.Context) ([]*source.Recipient, error) {
	if s.sample == nil {
		rows, err := Sample(ctx, s.view.Open, sampled)
		if err != nil {
			return nil, err
		}
		s.sample = rows
	}
	return s.sample, nil
}
