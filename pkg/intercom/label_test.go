package intercom

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLabels(t *testing.T) {
	for _, test := range []struct {
		name, tags, segments string
		want                 []Label // nil: an error
	}{
		{"some", `{"type":"list","data":[{"type":"tag","id":"102","name":"beta"},{"type":"tag","id":7,"name":null}]}`,
			`{"type":"segment.list","segments":[{"type":"segment","id":"102","name":"beta","person_type":"contact"},{"id":7}]}`,
			[]Label{{"102", "beta"}, {"7", ""}}},
		{"none", `{"type":"list","data":[]}`, `{"type":"segment.list","segments":[]}`, []Label{}},
		{"no list", `{}`, `{}`, nil},
		{"no JSON", `<html>`, `<html>`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /tags", answering(test.tags))
			mux.HandleFunc("GET /segments", answering(test.segments))
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			c := newClient(t, Options{BaseURL: server.URL})
			tags, err := c.Tags(t.Context())
			if diff := cmp.Diff(test.want, tags); diff != "" || (err != nil) != (test.want == nil) {
				t.Errorf("tags: %v, %s", err, diff)
			}
			segments, err := c.Segments(t.Context())
			if diff := cmp.Diff(test.want, segments); diff != "" || (err != nil) != (test.want == nil) {
				t.Errorf("segments: %v, %s", err, diff)
			}
		})
	}
}
