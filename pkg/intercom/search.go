package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
)

// ErrRepeated is within the error of a search whose pages lead in a circle.
var ErrRepeated = errors.New("a page's cursor comes back a second time")

// errNoList: an answer like {} must not be taken for "nobody found".
var errNoList = errors.New("there is no list in it")

// maxPage is how many bytes of a page are read. A page has up to MaxPerPage
// contacts with all their attributes, or as many conversations with the bodies
// of their first messages.
const maxPage = 64 << 20

// search checks a query, sends it once, and decodes the page into what v points
// to.
func (c *Client) search(ctx context.Context, op string, m model, q Query, cursor string, v any) error {
	if err := q.Check(); err != nil {
		return &Error{Op: op, Class: Refused, Message: c.tidy.message(err.Error()), Err: err}
	}
	fill := func(dst []byte) []byte { return appendSearch(dst, q, cursor) }
	return c.read(ctx, op, m, fill, maxPage, v)
}

// wirePage is what the pages of all searches have in common.
type wirePage struct {
	Total int `json:"total_count"`
	Pages struct {
		Next follower `json:"next"`
	} `json:"pages"`
}

func (p wirePage) next() string { return string(p.Pages.Next) }

// A follower is the cursor of the next page: an object that has it, null, or
// nothing. Anything else is an error, since to read it as "no more" would lose
// people.
type follower string

func (f *follower) UnmarshalJSON(b []byte) error {
	var w struct {
		StartingAfter *text `json:"starting_after"`
	}
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.StartingAfter == nil {
		return errors.New("a next page without its cursor")
	}
	*f = follower(*w.StartingAfter)
	return nil
}

// pages yields page after page until there is no next one, or an error.
func pages[P any](op, cursor string, ask func(cursor string) (page P, next string, err error)) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		seen := map[string]bool{}
		for {
			seen[cursor] = true
			page, next, err := ask(cursor)
			if err == nil && next != "" && seen[next] {
				page = *new(P)
				err = &Error{Op: op, Status: http.StatusOK, Message: ErrRepeated.Error(), Err: ErrRepeated}
			}
			if !yield(page, err) || err != nil || next == "" {
				return
			}
			cursor = next
		}
	}
}
