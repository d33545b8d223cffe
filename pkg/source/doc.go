// Package source reads the people a campaign is sent to from a file, one at a
// time and in constant memory.
//
// A source is CSV, TSV, or JSON with one object a line (JSONL, NDJSON), each
// also compressed with gzip or zstd. [Open] returns a [Reader] for all of
// them; its Next returns one [Recipient] after the other:
//
//	r, err := source.Open("contacts.csv.gz", source.Options{})
//	if err != nil {
//		return err // *source.Error: nothing can be read
//	}
//	defer r.Close()
//	for {
//		recipient, err := r.Next()
//		var bad *source.RowError
//		switch {
//		case err == io.EOF:
//			return nil
//		case errors.As(err, &bad):
//			continue // this row is unusable, the next ones are not
//		case err != nil:
//			return err // *source.Error: the rest can't be read
//		}
//		name, ok := recipient.Value("first_name")
//	}
//
// # What is read, and what is refused
//
// Text is UTF-8, or UTF-16 if a byte order mark says so. Any other encoding
// has to be named in [Options]: bytes that don't fit are an [Error] that shows
// how their line would read as Windows-1252, and no text is ever guessed.
//
// CSV is what RFC 4180 describes and encoding/csv accepts without LazyQuotes:
// cells may be quoted and then hold delimiters, doubled quotes and line breaks
// (a CRLF within a cell becomes LF). The delimiter is the one of comma,
// semicolon and tab that cuts the first rows into equal numbers of columns,
// unless [Options] or Excel's own first line, sep=;, say which. Columns that
// have no name at the end of the header, as a delimiter at the end of each
// line makes them, must be empty in every row. Rows without any value are
// passed over and counted.
//
// JSON numbers keep their digits (json.Number), and nested values arrive as
// they are. A line that is not exactly one object is unusable, and so is one
// that has a name twice, since readers disagree about which of the two counts.
//
// A row that can't be read is a [RowError] and reading goes on at the next
// physical line, so a quote that is opened and never closed costs one row, not
// the rest of the file. A record is never longer than Options.MaxRecord.
//
// # Rows that are known
//
// Whoever reads a source for the second time may know rows that need not be looked
// at again. A Reader tells of the text in blocks, each with its SHA-256 sum and the
// line up to which rows end in it: see Options.Block. Given those blocks and lines
// as Options.Known, a later Reader passes over such rows while the text is the same
// as it was, without taking them apart, and says so when it no longer is.
//
// # Places
//
// Lines are physical lines, whatever a quoted cell holds, and columns are
// characters from 1, as an editor shows both; neither counts a byte order mark.
package source
