package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
)

// audienceFilter is what the audience is searched by: a tag or segment that is
// called by its name is looked up.
func (s *session) audienceFilter(ctx context.Context) (intercom.Filter, error) {
	switch a := s.campaign.Source.Audience; {
	case a.Tag != "":
		id, err := s.labelID(ctx, "tag", a.Tag, s.client.Tags)
		return intercom.Equal("tag_id", id), err
	case a.Segment != "":
		id, err := s.labelID(ctx, "segment", a.Segment, s.client.Segments)
		return intercom.Equal("segment_id", id), err
	default:
		return *a.Query, nil
	}
}

// labelID returns the id of the tag or segment with a name or an id.
func (s *session) labelID(ctx context.Context, kind, name string, list func(context.Context) ([]intercom.Label, error)) (string, error) {
	var all []intercom.Label
	err := s.ask(ctx, func() (err error) {
		all, err = list(ctx)
		return err
	})
	if err != nil {
		return "", connectError(s.client.BaseURL(), err)
	}
	var names, ids []string
	for _, l := range all {
		if l.ID == name {
			return name, nil
		}
		if strings.EqualFold(l.Name, name) {
			ids = append(ids, l.ID)
		}
		names = append(names, l.Name)
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		r := &refusal{code: exitUsage, what: fmt.Sprintf("the workspace %s has no %s %q", s.me.App.Name, kind, name),
			hint: "correct source." + kind + " in " + s.campaign.File}
		if near := campaign.Nearest(name, names); near != "" {
			r.hint = "did you mean " + near + "?"
		}
		return "", r
	}
	return "", &refusal{code: exitUsage, what: fmt.Sprintf("%d of the workspace's %ss are called %q", len(ids), kind, name),
		hint: "name one by its id: " + strings.Join(ids, ", ")}
}
