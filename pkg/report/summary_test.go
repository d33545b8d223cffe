package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func addMany(s *Summary, n int, row Row) {
	for range n {
		s.Add(row)
	}
}

// spring is the summary of a campaign of 50,000.
func spring() *Summary {
	var s Summary
	random := rand.New(rand.NewPCG(1, 2))
	for range 49_310 {
		s.Add(Row{Status: Sent, Attempts: 1, DurationMS: 60 + int64(30*random.ExpFloat64())})
	}
	addMany(&s, 380, Row{Status: Failed, Code: "not_found", ErrorMessage: "User not found", Attempts: 3, DurationMS: 70})
	addMany(&s, 31, Row{Status: Failed, Code: "parameter_invalid", ErrorMessage: "Body is\nrequired\x1b[31m", Attempts: 1, DurationMS: 50})
	addMany(&s, 1, Row{Status: Failed, ErrorMessage: strings.Repeat("<html>very long ", 50), Attempts: 1, DurationMS: 2100})
	addMany(&s, 12, Row{Status: Skipped, Code: "duplicate"})
	addMany(&s, 3, Row{Status: Unknown, Code: "timeout", ErrorMessage: "no answer within 60 s", Attempts: 1, DurationMS: 60_000})
	addMany(&s, 263, Row{Status: Pending})
	return &s
}

func TestWriteText(t *testing.T) {
	var b strings.Builder
	if err := spring().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `  sent     49,310   98.6 %
  failed      412    0.8 %   380 not_found          “User not found”
                              31 parameter_invalid  “Body is required [31m”
                               1 no code            “<html>very long <html>very long <html>very long <html>very …”
  skipped      12  < 0.1 %    12 duplicate
  unknown       3  < 0.1 %     3 timeout            “no answer within 60 s”
  pending     263    0.5 %

  answers   half within 80 ms, 90 % within 128 ms, 99 % within 199 ms, slowest 1 min
  requests  50,485, because 380 rows needed more than one
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, b.String())
	}
}

func TestWriteTextOfLittle(t *testing.T) {
	for want, rows := range map[string][]Row{
		"": nil,
		"  sent  1  100 %\n\n  answers   half within 84 ms, 90 % within 84 ms, 99 % within 84 ms, slowest 84 ms\n": {
			{Status: Sent, Attempts: 1, DurationMS: 84}},
		"  skipped  2  100 %   2 unsubscribed\n": {
			{Status: Skipped, Code: "unsubscribed"}, {Status: Skipped, Code: "unsubscribed"}},
	} {
		var s Summary
		for _, row := range rows {
			s.Add(row)
		}
		var b strings.Builder
		if err := s.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	}
}

func TestManyCodesStayFew(t *testing.T) {
	var s Summary
	for i := range 10_000 {
		s.Add(Row{Status: Failed, Code: fmt.Sprint("code-", i), ErrorMessage: "x"})
	}
	s.Add(Row{Status: Failed, Code: "code-7"})
	if n := len(s.codes); n > maxCodes+len(statuses) {
		t.Errorf("%d codes are kept", n)
	}
	codes := s.Codes()
	if codes[0].Code != OtherCode || codes[0].Count != 10_000-maxCodes || codes[1].Code != "code-7" || codes[1].Count != 2 {
		t.Errorf("most frequent: %+v", codes[:2])
	}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(b.String(), "\n"); lines != shownCodes {
		t.Errorf("%d lines, want %d:\n%s", lines, shownCodes, &b)
	}
	if !strings.Contains(b.String(), "94 other reasons") {
		t.Errorf("the rest is not mentioned:\n%s", &b)
	}
}

func TestMergeIsAddingAll(t *testing.T) {
	var all, merged Summary
	var parts [3]Summary
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 5000 {
		row := Row{
			Status: statuses[random.IntN(len(statuses))], Code: fmt.Sprint(random.IntN(9)),
			ErrorMessage: "x", Attempts: random.IntN(3), DurationMS: random.Int64N(5000),
		}
		all.Add(row)
		parts[i%3].Add(row)
	}
	for i := range parts {
		merged.Merge(&parts[i])
	}
	want, got := asJSON(t, &all), asJSON(t, &merged)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func asJSON(t *testing.T, s *Summary) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRemoveTakesBackAnOutcomeNotItsRequests(t *testing.T) {
	var s Summary
	early := Row{Status: Failed, Code: "not_found", ErrorMessage: "User not found", Attempts: 1, DurationMS: 9}
	s.Add(early)
	s.Remove(early)
	s.Add(Row{Status: Sent, Attempts: 1, DurationMS: 7})
	if got, want := s.Equation(1, 0), (Equation{Rows: 1, Sent: 1}); got != want {
		t.Errorf("equation %v, want %v", got, want)
	}
	if s.Rows() != 1 || s.Requests() != 2 || len(s.Codes()) != 0 {
		t.Errorf("rows %d, requests %d, codes %v", s.Rows(), s.Requests(), s.Codes())
	}
}

func TestSummaryJSON(t *testing.T) {
	var s Summary
	const nothing = `{"counts":{"failed":0,"pending":0,"sent":0,"skipped":0,"unknown":0},"codes":[],"requests":0,"retried":0}`
	if got := asJSON(t, &s); got != nothing {
		t.Errorf("nothing is\n%s", got)
	}
	s.Add(Row{Status: Sent, Attempts: 2, DurationMS: 84})
	s.Add(Row{Status: Failed, Code: "not_found", ErrorMessage: "User not found", Attempts: 1, DurationMS: 12})
	const two = `{"counts":{"failed":1,"pending":0,"sent":1,"skipped":0,"unknown":0},` +
		`"codes":[{"status":"failed","code":"not_found","count":1,"sample":"User not found"}],` +
		`"requests":3,"retried":1,"latency_ms":{"p50":12,"p90":84,"p99":84,"max":84}}`
	if got := asJSON(t, &s); got != two {
		t.Errorf("two rows are\n%s", got)
	}
}

func TestLatencyIsExactToOnePercent(t *testing.T) {
	var s Summary
	var all []int64
	random := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		ms := 20 + int64(200*random.ExpFloat64())
		all = append(all, ms)
		s.Add(Row{Status: Sent, Attempts: 1, DurationMS: ms})
	}
	s.Add(Row{Status: Skipped, DurationMS: 5000}) // no request, no figure
	slices.Sort(all)
	got, _ := s.Latency()
	for _, want := range []struct {
		got   time.Duration
		exact int64
	}{{got.P50, all[4999]}, {got.P90, all[8999]}, {got.P99, all[9899]}, {got.Max, all[9999]}} {
		if off := float64(want.got.Milliseconds())/float64(want.exact) - 1; off < -0.01 || off > 0.01 {
			t.Errorf("got %v for %d ms: off by %.1f %%", want.got, want.exact, 100*off)
		}
	}
}

func TestOddDurationsAreCounted(t *testing.T) {
	var s Summary
	for _, ms := range []int64{-5, 0, slowest, 1 << 62} {
		s.Add(Row{Status: Sent, Attempts: 1, DurationMS: ms})
	}
	l, ok := s.Latency()
	if !ok || s.latency.TotalCount() != 4 || l.Max < time.Hour || l.Max > time.Hour*101/100 {
		t.Errorf("%d counted, %+v", s.latency.TotalCount(), l)
	}
}

func TestEquation(t *testing.T) {
	whole := Equation{Rows: 50_000, Sent: 49_310, Failed: 412, Skipped: 12, Unknown: 3, Pending: 263}
	lost, twice := whole, whole
	lost.Sent--
	twice.Pending += 1200
	for _, test := range []struct {
		Equation
		balanced bool
		text     string
	}{
		{Equation{}, true, "0 rows = 0 sent + 0 failed + 0 skipped + 0 unknown + 0 pending"},
		{Equation{Rows: 1, Sent: 1}, true, "1 row = 1 sent + 0 failed + 0 skipped + 0 unknown + 0 pending"},
		{whole, true, "50,000 rows = 49,310 sent + 412 failed + 12 skipped + 3 unknown + 263 pending"},
		{lost, false, "50,000 rows ≠ 49,309 sent + 412 failed + 12 skipped + 3 unknown + 263 pending (1 not accounted for)"},
		{twice, false, "50,000 rows ≠ 49,310 sent + 412 failed + 12 skipped + 3 unknown + 1,463 pending (1,200 too many)"},
	} {
		if test.Balanced() != test.balanced || test.String() != test.text {
			t.Errorf("%v %s\nwant %v %s", test.Balanced(), test.Equation, test.balanced, test.text)
		}
	}
	if got := spring().Equation(50_000, 0); got != whole {
		t.Errorf("summary gives %v", got)
	}
	if got := spring().Equation(50_010, 10); got.Pending != 273 || !got.Balanced() {
		t.Errorf("with 10 more pending: %v", got)
	}
}
