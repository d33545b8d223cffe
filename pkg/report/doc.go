// Package report turns the outcomes of a campaign into what people read: a
// results file, counts, latency figures, and numbers written the way people
// write them. It is an observer: nothing here decides what is sent, and a
// results file may be lost or spoilt without any harm to the ledger.
//
// # Results files
//
// A results file has one [Row] an outcome or skip. It is CSV with a header, or
// one JSON object a line when its name ends in .jsonl or .ndjson. The columns
// and their order are those of [Columns]. What is zero or absent is an empty
// cell (CSV) or left out (JSON); times are RFC 3339 in UTC, to the millisecond.
//
// [OpenResults] appends while a run is going on, [WriteResults] writes a whole
// file anew and puts it in place atomically, [ReadResults] streams one back,
// also after a spreadsheet has had it: other column order, semicolons, BOM.
//
// A value comes back from a file as it went in, with these exceptions, made so
// that every program reads the same value: line breaks are single line feeds,
// bytes that are not UTF-8 become U+FFFD, and a text longer than [MaxText] bytes
// is cut.
//
// # Counts
//
// A [Summary] is a fold: Add each row, then write it as text or JSON. It keeps
// counts and a histogram, never rows, so its size does not depend on how many
// rows there are. An [Equation] is the account over the rows of a source: every
// row is sent, failed, skipped, unknown or pending, and nothing is lost.
package report
