package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sandbox"
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

func TestRig(t *testing.T) {
	box := sandbox.New(sandbox.Options{})
	server, err := sandbox.Listen(t.Context(), "", box)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r, err := newRig(t.TempDir(), options{workers: 4}, 50, server.URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, fs := range []ledger.FS{ledger.Disk, forgetful{ledger.Disk}} {
		r.fs = fs
		ride, err := r.run(t.Context())
		if err != nil || ride.progress.SentNow != 50 || ride.fsyncs < 1 {
			t.Errorf("%T: %+v, %v", fs, ride, err)
		}
	}
	if w := box.Witness(); w.Messages != 100 || w.Recipients != 50 {
		t.Errorf("%d messages to %d people arrived, want each twice: a run begins anew", w.Messages, w.Recipients)
	}
}

func TestOpenHere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ledger")
	if _, err := ledger.Adopt(path, ledger.Header{}, settled(1000), ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var o opening
	if err := openHere(path, &out); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &o); err != nil || o.Keys != 1000 || o.Took <= 0 {
		t.Errorf("%+v, %v of %s", o, err, out.String())
	}
}

func TestClaim(t *testing.T) {
	perSecond, perFsync, err := claim(t.Context(), filepath.Join(t.TempDir(), "a.ledger"), 8, 50*time.Millisecond)
	if err != nil || perSecond <= 0 || perFsync < 1 {
		t.Errorf("%v claims/s, %v an fsync, %v", perSecond, perFsync, err)
	}
}
