package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// tagItem is a tag as a list of them shows it.
type tagItem struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

type tagsAnswer struct {
	Type string    `json:"type"`
	Data []tagItem `json:"data"`
}

// segmentItem is a segment as a list of them shows it.
type segmentItem struct {
	Type       string `json:"type"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	CreatedAt  int64  `json:"created_at"`
	UpdatedAt  int64  `json:"updated_at"`
	PersonType string `json:"person_type"`
}

type segmentsAnswer struct {
	Type     string        `json:"type"`
	Segments []segmentItem `json:"segments"`
}

// tags lists the tags that anybody has. The name of one is its id, without an
// ending -tag.
func (s *Sandbox) tags(request) *answer {
	list := tagsAnswer{Type: "list", Data: []tagItem{}}
	for _, id := range s.labels(func(p *Person) []string { return p.Tags }) {
		list.Data = append(list.Data, tagItem{"tag", id, strings.TrimSuffix(id, "-tag")})
	}
	return jsonAnswer(http.StatusOK, list)
}

// segments lists the segments that anybody is in. The name of one is its id,
// without an ending -segment.
func (s *Sandbox) segments(request) *answer {
	list := segmentsAnswer{Type: "segment.list", Segments: []segmentItem{}}
	for _, id := range s.labels(func(p *Person) []string { return p.Segments }) {
		list.Segments = append(list.Segments, segmentItem{"segment", id, strings.TrimSuffix(id, "-segment"), 1704067200, 1704067200, "contact"})
	}
	return jsonAnswer(http.StatusOK, list)
}

// labels returns the ids that people have, sorted.
func (s *Sandbox) labels(of func(*Person) []string) []string {
	ids := map[string]struct{}{}
	for _, r := range s.people.all {
		for _, id := range of(&r.Person) {
			ids[id] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
