package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPackagesTable(t *testing.T) {
	const printed = `goos: linux
goarch: amd64
pkg: example.org/x/pkg/source
cpu: Some CPU
BenchmarkRead/csv-2     	      56	  20000000 ns/op	  12.5 MB/s	    500000 rows/s	11600000 B/op	  200000 allocs/op
BenchmarkRead/csv-2     	      56	  40000000 ns/op	   6.2 MB/s	    250000 rows/s	11600000 B/op	  200000 allocs/op
BenchmarkRead/csv-2     	      56	  10000000 ns/op	  25.0 MB/s	   1000000 rows/s	11600000 B/op	  200000 allocs/op
PASS
ok  	example.org/x/pkg/source	6.317s
pkg: example.org/x/pkg/campaign
BenchmarkRender-16      	  408110	      2500 ns/op	     346 B/op	       2 allocs/op
PASS
`
	var got bytes.Buffer
	if err := writeTable(&got, []string{"benchmark", "per s", "ns each", "B each", "allocations each"}, benchTable(parseBench([]byte(printed)))); err != nil {
		t.Fatal(err)
	}
	const want = `
| benchmark       |        per s | ns each | B each | allocations each |
| --------------- | -----------: | ------: | -----: | ---------------: |
| source Read/csv | 500,000 rows |   2,000 |  1,160 |             20.0 |
| campaign Render |  400,000 ops |   2,500 |    346 |              2.0 |

`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{"-rows", "0"}, {"-rounds", "-1"}, {"stray"}, {"-only", "everything"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
