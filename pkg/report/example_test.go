package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/herald-campaigns/herald/pkg/report"
)

// A run appends each outcome to the results file and adds it to a summary.
func Example() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "spring.results.csv")

	results, err := report.OpenResults(path)
	if err != nil {
		panic(err)
	}
	var summary report.Summary
	for _, row := range []report.Row{
		{Key: "user-1", Line: 2, Status: report.Sent, MessageID: "19", HTTPStatus: 200, Attempts: 1, DurationMS: 84},
		{Key: "user-2", Line: 3, Status: report.Failed, Code: "not_found", ErrorMessage: "User not found",
			HTTPStatus: 404, Attempts: 1, DurationMS: 61},
		{Key: "user-1", Line: 4, Status: report.Skipped, Code: "duplicate"},
	} {
		summary.Add(row)
		if err := results.Append(row); err != nil {
			panic(err)
		}
	}
	if err := results.Close(); err != nil {
		panic(err)
	}
	fmt.Println(summary.Equation(4, 1))
	if err := summary.WriteText(os.Stdout); err != nil {
		panic(err)
	}

	for row, err := range report.ReadResults(path) {
		if err != nil {
			panic(err)
		}
		fmt.Println(row.Line, row.Key, row.Status)
	}
	// Output:
	// 4 rows = 1 sent + 1 failed + 1 skipped + 0 unknown + 1 pending
	//   sent     1  33.3 %
	//   failed   1  33.3 %   1 not_found  “User not found”
	//   skipped  1  33.3 %   1 duplicate
	//
	//   answers   half within 61 ms, 90 % within 84 ms, 99 % within 84 ms, slowest 84 ms
	// 2 user-1 sent
	// 3 user-2 failed
	// 4 user-1 skipped
}

func ExampleEquation() {
	e := report.Equation{Rows: 50_000, Sent: 49_310, Failed: 412, Skipped: 12, Unknown: 3, Pending: 263}
	fmt.Println(e)
	fmt.Println(e.Balanced())
	// Output:
	// 50,000 rows = 49,310 sent + 412 failed + 12 skipped + 3 unknown + 263 pending
	// true
}

func ExampleDuration() {
	fmt.Println(report.Duration(200 * time.Second))
	fmt.Println(report.Number(50_000), report.Bytes(1536))
	// Output:
	// 3 min 20 s
	// 50,000 1.5 KiB
}
