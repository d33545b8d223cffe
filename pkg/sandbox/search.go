package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// maxPerPage is the most results a page, as documented.
const maxPerPage = 150

// search is a search request, read and found well-formed.
type search struct {
	where   condition
	perPage int
	after   *place // nil for the first page
	page    int    // its number, from 1
}

// readSearch decodes the body of a search.
func readSearch(body []byte, s *schema, maxValues int) (*search, *refusal) {
	members, err := parseObject(body)
	if err != nil {
		return nil, &refusal{400, "bad_request", err.Error(), ""}
	}
	r := &reader{members: members}
	r.known("query", "pagination")
	q := &search{perPage: s.perPage, page: 1}
	q.where = r.condition("query", members.get("query"), s, maxValues, 0)
	if value := members.get("pagination"); value != nil && !isNull(value) {
		q.readPagination(r, value)
	}
	return q, r.refused
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// readPagination reads {"per_page":…,"starting_after":…}, each of which may be
// absent; starting_after may be null.
func (q *search) readPagination(r *reader, value json.RawMessage) {
	part := r.part("pagination", value)
	if part == nil {
		return
	}
	defer r.adopt(part)
	part.known("per_page", "starting_after")
	if part.members.get("per_page") != nil {
		q.perPage = int(part.integer("per_page"))
	}
	if q.perPage < 1 || q.perPage > maxPerPage {
		part.invalid("per_page", "must be from 1 to 150")
	}
	if value := part.members.get("starting_after"); value == nil || isNull(value) {
		return
	}
	var ok bool
	if q.after, q.page, ok = parseCursor(part.text("starting_after")); !ok {
		part.refuse(400, "client_error", "Invalid starting_after param", "starting_after")
	}
}

// place is where a record stands in a search's result: the newest first, of
// those created in the same second the greatest id first.
type place struct {
	created int64
	id      string
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(q.created, p.created), strings.Compare(q.id, p.id))
}

// cursor is the starting_after of the page with this number that begins after
// p, in the form that the API's cursors have: [milliseconds, id, page] in base64.
func (p place) cursor(page int) string {
	// Strings and integers: can't fail.
	parts, _ := json.Marshal([]any{p.created * 1000, p.id, page})
	return base64.StdEncoding.EncodeToString(parts)
}

func parseCursor(cursor string) (*place, int, bool) {
	parts, err := base64.StdEncoding.DecodeString(cursor)
	var list []json.RawMessage
	if err != nil || json.Unmarshal(parts, &list) != nil || len(list) != 3 {
		return nil, 0, false
	}
	created, ok1 := asInteger(list[0])
	id, ok2 := asString(list[1])
	page, ok3 := asInteger(list[2])
	p := place{created / 1000, id}
	if !ok1 || !ok2 || !ok3 || page < 2 || p.cursor(int(page)) != cursor {
		return nil, 0, false
	}
	return &p, int(page), true
}

// pagesItem is the documented "pages" of an answer.
type pagesItem struct {
	Type       string    `json:"type"`
	Page       int       `json:"page"`
	PerPage    int       `json:"per_page"`
	TotalPages int       `json:"total_pages"`
	Next       *nextItem `json:"next,omitempty"`
}

type nextItem struct {
	PerPage       int    `json:"per_page"`
	StartingAfter string `json:"starting_after"`
}

// placed is a record that has its place in results.
type placed interface {
	record
	place() place
}

// hit is a record that matched.
type hit[R any] struct {
	place
	record R
}

// pick returns one page of those records that a search describes, and how many
// there are on all pages.
func pick[R placed](q *search, candidates []R) (page []R, total int, pages pagesItem) {
	hits := hitsAmong(q, candidates)
	total = len(hits)
	pages = pagesItem{Type: "pages", Page: q.page, PerPage: q.perPage, TotalPages: (total + q.perPage - 1) / q.perPage}
	if q.after != nil {
		i, exact := slices.BinarySearchFunc(hits, *q.after, func(h hit[R], p place) int { return h.compare(p) })
		if exact {
			i++
		}
		hits = hits[i:]
	}
	if len(hits) > q.perPage {
		hits = hits[:q.perPage]
		pages.Next = &nextItem{q.perPage, hits[q.perPage-1].cursor(q.page + 1)}
	}
	for _, h := range hits {
		page = append(page, h.record)
	}
	return page, total, pages
}

// hitsAmong returns the records that match, each once, in their order.
func hitsAmong[R placed](q *search, candidates []R) (hits []hit[R]) {
	for _, candidate := range candidates {
		if q.where.match(candidate) {
			hits = append(hits, hit[R]{candidate.place(), candidate})
		}
	}
	slices.SortFunc(hits, func(a, b hit[R]) int { return a.compare(b.place) })
	return slices.CompactFunc(hits, func(a, b hit[R]) bool { return a.place == b.place })
}

// index finds records by the texts of some fields.
type index[R any] map[string]map[string][]R

func newIndex[R any](fields ...string) index[R] {
	x := index[R]{}
	for _, field := range fields {
		x[field] = map[string][]R{}
	}
	return x
}

func (x index[R]) add(field, value string, r R) {
	if value != "" {
		x[field][value] = append(x[field][value], r)
	}
}

// candidates returns records among which are all that match; false if it takes
// a look at every one. A record may be there twice.
func (x index[R]) candidates(c *condition) ([]R, bool) {
	if c.all {
		for i := range c.group {
			if found, ok := x.candidates(&c.group[i]); ok {
				return found, true
			}
		}
	}
	values, ok := x[c.field]
	if !ok || c.operator != "=" || c.negate {
		return nil, false
	}
	var found []R
	for _, want := range c.values {
		found = append(found, values[want.text]...)
	}
	return found, true
}
