package report

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// maxCodes is how many codes a summary tells apart; a bug in somebody's
	// gateway may put something different into each answer.
	maxCodes = 100
	// OtherCode stands for all codes beyond those.
	OtherCode = "other"
	// slowest is the longest answer that the histogram can tell, in ms.
	slowest = int64(time.Hour / time.Millisecond)
	// maxSample is the most bytes kept of a sample message.
	maxSample = 200
)

// Summary counts rows: by status, by status and code, by variant, requests, and how long the
// API took to answer. The zero value is ready for use. Its size does not depend
// on the number of rows. It is not safe for concurrent use: let each goroutine
// have its own and Merge them.
type Summary struct {
	statuses map[string]int
	codes    map[statusCode]*CodeCount
	variants VariantCounts
	requests int
	retried  int
	latency  *hdrhistogram.Histogram // in ms
}

type statusCode struct{ status, code string }

// CodeCount is how often one code occurred with one status.
type CodeCount struct {
	Status string `json:"status"`
	Code   string `json:"code"`
	Count  int    `json:"count"`
	// Sample is the error message of the first row with this code, made fit for
	// one line of a terminal.
	Sample string `json:"sample,omitempty"`
}

// Latency says how long the API took to answer: half of the requests within
// P50, nine of ten within P90, and so on. Figures are exact to 1 %.
type Latency struct {
	P50, P90, P99, Max time.Duration
}

// Add counts one row. Where a key has several rows only the last one counts:
// take back the former with Remove.
func (s *Summary) Add(row Row) {
	s.count(row.Status, 1)
	s.countCode(row, 1)
	s.variants.Add(row.Variant, row.Status, 1)
	s.requests += row.Attempts
	if row.Attempts > 1 {
		s.retried++
	}
	if row.Attempts > 0 {
		s.record(row.DurationMS)
	}
}

// Remove takes back a row that was added, because the key has a newer outcome.
// The requests made for it, and how long they took, stay counted.
func (s *Summary) Remove(row Row) {
	s.count(row.Status, -1)
	s.countCode(row, -1)
	s.variants.Add(row.Variant, row.Status, -1)
}

// Merge adds everything that other has counted.
func (s *Summary) Merge(other *Summary) {
	for status, n := range other.statuses {
		s.count(status, n)
	}
	for at, c := range other.codes {
		s.countCode(Row{Status: at.status, Code: at.code, ErrorMessage: c.Sample}, c.Count)
	}
	for at, n := range other.variants.counts {
		s.variants.Add(at.variant, at.status, n)
	}
	s.requests += other.requests
	s.retried += other.retried
	if other.latency != nil {
		s.histogram().Merge(other.latency) // same range, so nothing is dropped
	}
}

func (s *Summary) count(status string, n int) {
	if s.statuses == nil {
		s.statuses = make(map[string]int, len(statuses))
	}
	s.statuses[status] += n
}

// countCode counts n rows like this one under its code, or under OtherCode when
// there are too many codes already.
func (s *Summary) countCode(row Row, n int) {
	if row.Code == "" && row.Status != Failed && row.Status != Unknown {
		return // sent rows need no reason
	}
	if s.codes == nil {
		s.codes = make(map[statusCode]*CodeCount)
	}
	at := statusCode{row.Status, row.Code}
	if s.codes[at] == nil && len(s.codes) >= maxCodes {
		at.code = OtherCode
	}
	c := s.codes[at]
	if c == nil {
		c = &CodeCount{Status: at.status, Code: at.code}
		s.codes[at] = c
	}
	c.Count += n
	if c.Sample == "" {
		c.Sample = printable(row.ErrorMessage, maxSample)
	}
}

func (s *Summary) record(ms int64) {
	// Within the range of the histogram, so it can't fail.
	_ = s.histogram().RecordValue(min(max(ms, 0), slowest))
}

func (s *Summary) histogram() *hdrhistogram.Histogram {
	if s.latency == nil {
		s.latency = hdrhistogram.New(1, slowest, 2)
	}
	return s.latency
}

// Count is how many rows have this status.
func (s *Summary) Count(status string) int { return s.statuses[status] }

// Rows is how many rows were added and not removed.
func (s *Summary) Rows() int {
	rows := 0
	for _, n := range s.statuses {
		rows += n
	}
	return rows
}

// Requests is how many requests were made for the rows.
func (s *Summary) Requests() int { return s.requests }

// Retried is how many rows needed more than one request.
func (s *Summary) Retried() int { return s.retried }

// Equation is the account over a source of so many rows, with the counts of this
// summary. Rows that were never added, because a run stopped before them, are
// counted by the caller and passed as pending.
func (s *Summary) Equation(rows, pending int) Equation {
	return Equation{
		Rows:    rows,
		Sent:    s.Count(Sent),
		Failed:  s.Count(Failed),
		Skipped: s.Count(Skipped),
		Unknown: s.Count(Unknown),
		Pending: s.Count(Pending) + pending,
	}
}

// Variants lists the rows by variant; nil if none has one.
func (s *Summary) Variants() []VariantCount { return s.variants.List() }

// Codes lists why rows failed, were skipped or are unknown: by status in the
// order of the equation, the most frequent first.
func (s *Summary) Codes() []CodeCount {
	list := make([]CodeCount, 0, len(s.codes))
	for _, c := range s.codes {
		if c.Count > 0 {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b CodeCount) int {
		return cmp.Or(
			cmp.Compare(slices.Index(statuses[:], a.Status), slices.Index(statuses[:], b.Status)),
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Code, b.Code))
	})
	return list
}

// Latency returns the figures over all rows for which a request was made, and
// false if there is none.
func (s *Summary) Latency() (Latency, bool) {
	if s.latency == nil {
		return Latency{}, false
	}
	at := func(percent float64) time.Duration {
		return time.Duration(s.latency.ValueAtPercentile(percent)) * time.Millisecond
	}
	return Latency{P50: at(50), P90: at(90), P99: at(99), Max: at(100)}, true
}

// MarshalJSON writes the summary as one object: counts (an object with all five
// statuses), codes (a list of CodeCount), variants (a list of VariantCount, absent
// if no row has one), requests, retried, and latency_ms (p50, p90, p99, max), which
// is absent if nothing was requested.
func (s *Summary) MarshalJSON() ([]byte, error) {
	type latencyMS struct {
		P50 int64 `json:"p50"`
		P90 int64 `json:"p90"`
		P99 int64 `json:"p99"`
		Max int64 `json:"max"`
	}
	object := struct {
		Counts   map[string]int `json:"counts"`
		Codes    []CodeCount    `json:"codes"`
		Variants []VariantCount `json:"variants,omitempty"`
		Requests int            `json:"requests"`
		Retried  int            `json:"retried"`
		Latency  *latencyMS     `json:"latency_ms,omitempty"`
	}{Counts: map[string]int{}, Codes: s.Codes(), Variants: s.Variants(), Requests: s.requests, Retried: s.retried}
	for _, status := range statuses {
		object.Counts[status] = s.Count(status)
	}
	if l, ok := s.Latency(); ok {
		object.Latency = &latencyMS{l.P50.Milliseconds(), l.P90.Milliseconds(), l.P99.Milliseconds(), l.Max.Milliseconds()}
	}
	return json.Marshal(object)
}
