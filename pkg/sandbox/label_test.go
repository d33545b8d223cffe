package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Tags and segments are those that people have, with names to call them by.
func TestLabels(t *testing.T) {
	s := New(Options{People: []Person{
		{ID: "1", Tags: []string{"press-tag", "beta-tag"}, Segments: []string{"pro-segment"}},
		{ID: "2", Tags: []string{"beta-tag", "old"}},
	}})
	for path, want := range map[string]string{
		"/tags": `{"type":"list","data":[{"type":"tag","id":"beta-tag","name":"beta"},{"type":"tag","id":"old","name":"old"},` +
			`{"type":"tag","id":"press-tag","name":"press"}]}`,
		"/segments": `{"type":"segment.list","segments":[{"type":"segment","id":"pro-segment","name":"pro",` +
			`"created_at":1704067200,"updated_at":1704067200,"person_type":"contact"}]}`,
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer any")
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := strings.TrimSpace(w.Body.String()); got != want || w.Code != http.StatusOK {
			t.Errorf("%s: %d %s\nwant %s", path, w.Code, got, want)
		}
	}
}
