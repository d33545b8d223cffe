package source

import (
	"encoding/csv"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// The benchmarks report rows/s of files with 100,000 rows of five columns, read
// from the page cache.
const benchRows = 100_000

const (
	plainRow = "6762f0dd1bb69f9f2193bb7f,Ann,ann.example@example.com,Professional,2026-11-02\n"
	jsonRow  = `{"contact_id":"6762f0dd1bb69f9f2193bb7f","first_name":"Ann","email":"ann.example@example.com","plan":"Professional","since":"2026-11-02"}` + "\n"
	head     = "contact_id,first_name,email,plan,since\n"
)

func plainCSV() string  { return head + strings.Repeat(plainRow, benchRows) }
func quotedCSV() string { return strings.ReplaceAll(quoted(plainCSV()), ",", "\t") }

// quoted puts each value into quotes.
func quoted(s string) string {
	return `"` + strings.TrimSuffix(strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(s), `"`)
}

func BenchmarkCSV(b *testing.B)       { benchmark(b, "a.csv", plainCSV()) }
func BenchmarkTSVQuoted(b *testing.B) { benchmark(b, "a.tsv", quotedCSV()) }
func BenchmarkJSONL(b *testing.B)     { benchmark(b, "a.jsonl", strings.Repeat(jsonRow, benchRows)) }
func BenchmarkGzip(b *testing.B)      { benchmark(b, "a.csv.gz", gzipped(b, plainCSV())) }
func BenchmarkZstd(b *testing.B)      { benchmark(b, "a.csv.zst", zstandard(b, plainCSV())) }

func benchmark(b *testing.B, name, content string) {
	path := filepath.Join(b.TempDir(), name)
	writeFile(b, path, content)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(path, Options{})
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF || r.Rows() != benchRows {
			b.Fatal(err)
		}
		r.Close()
	}
	report(b)
}

func report(b *testing.B) {
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEncodingCSV is what to compare BenchmarkCSV with: the standard
// library's reader alone, over bytes in memory.
func BenchmarkEncodingCSV(b *testing.B) {
	content := plainCSV()
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(strings.NewReader(content))
		var err error
		for err == nil {
			_, err = r.Read()
		}
	}
	report(b)
}
