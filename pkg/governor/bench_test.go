package governor

import (
	"net/http"
	"testing"
)

// static answers at once, always the same.
type static struct{ resp *http.Response }

func (s static) RoundTrip(*http.Request) (*http.Response, error) { return s.resp, nil }

// BenchmarkPaceAndAdmit is what the governor costs a message, at a rate that
// holds nobody back.
func BenchmarkPaceAndAdmit(b *testing.B) {
	for _, workers := range []int{1, 128} { // for each core
		b.Run(map[int]string{1: "one", 128: "many"}[workers], func(b *testing.B) {
			g := New(Options{Rate: 1e12})
			transport := g.Transport(static{&http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{
				"Date":                  {"Sun, 22 Nov 2026 12:00:00 GMT"},
				"X-Ratelimit-Remaining": {"1000"},
				"X-Ratelimit-Reset":     {"1795348807"},
			}}})
			b.ReportAllocs()
			b.SetParallelism(workers)
			b.RunParallel(func(pb *testing.PB) {
				r := request(http.MethodPost, "/messages")
				for pb.Next() {
					if err := g.Pace(b.Context()); err != nil {
						b.Fatal(err)
					}
					if _, err := transport.RoundTrip(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func TestAllocations(t *testing.T) {
	g := New(Options{Rate: 1e12})
	transport := g.Transport(static{&http.Response{StatusCode: http.StatusOK, Body: http.NoBody}})
	r := request(http.MethodPost, "/messages")
	if n := testing.AllocsPerRun(1000, func() {
		_ = g.Pace(t.Context())
		_, _ = transport.RoundTrip(r)
	}); n > 1 {
		t.Errorf("%v allocations a message", n)
	}
}
