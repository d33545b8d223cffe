package governor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/herald-campaigns/herald/pkg/governor"
)

func Example() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "1667")
		fmt.Fprintln(w, "{}")
	}))
	defer api.Close()

	// Four fifths of what the API allows, and never more than 1,000 in 10 s.
	g := governor.New(governor.Options{Rate: 1000, Share: 0.8})
	client := &http.Client{Transport: g.Transport(http.DefaultTransport)}

	ctx := context.Background()
	for range 3 {
		if err := g.Pace(ctx); err != nil {
			fmt.Println(err)
			return
		}
		resp, err := client.Post(api.URL+"/messages", "application/json", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
	}
	s := g.Status()
	fmt.Printf("%d of %.0f used, the limit is %d\n", s.UsedByUs, s.Effective, s.Limit)
	// Output: 3 of 1000 used, the limit is 1667
}
