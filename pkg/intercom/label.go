package intercom

import "context"

// A Label is a tag or a segment of the workspace. Searches take its id.
type Label struct {
	ID   string
	Name string
}

// wireLabel is a label on the wire.
type wireLabel struct {
	ID   text `json:"id"`
	Name text `json:"name"`
}

// Tags asks for all tags of the workspace (GET /tags). Its error is always an
// *Error.
func (c *Client) Tags(ctx context.Context) ([]Label, error) {
	const op = "list tags"
	var w struct {
		Data []wireLabel `json:"data"`
	}
	if err := c.get(ctx, op, c.listTags, &w); err != nil {
		return nil, err
	}
	if w.Data == nil {
		return nil, c.unreadable(op, errNoList)
	}
	return c.labels(w.Data), nil
}

// Segments asks for all segments of contacts of the workspace (GET /segments). Its
// error is always an *Error.
func (c *Client) Segments(ctx context.Context) ([]Label, error) {
	const op = "list segments"
	var w struct {
		Segments []wireLabel `json:"segments"`
	}
	if err := c.get(ctx, op, c.listSegments, &w); err != nil {
		return nil, err
	}
	if w.Segments == nil {
		return nil, c.unreadable(op, errNoList)
	}
	return c.labels(w.Segments), nil
}

func (c *Client) labels(list []wireLabel) []Label {
	all := make([]Label, len(list))
	for i, l := range list {
		all[i] = Label{c.tidy.name(l.ID), c.tidy.name(l.Name)}
	}
	return all
}
