// Package suppression knows lists of people who must not be written to, and
// finds out whether somebody is on one.
//
// A list is a file. What is in it is compared by [Identity]: email addresses
// without regard to capitals, everything else as it is written, both without
// blanks around them.
//
//	.csv .tsv .jsonl .ndjson    also .gz and .zst, in any encoding that pkg/source
//	                            notices. Of each row count all values that are
//	                            email addresses, and the columns that name a
//	                            person (see [PersonColumns], and who and key). A
//	                            file with one column needs no header
//	anything else               one address or id a line; empty lines, and those
//	                            that begin with #, are passed over
//	with the columns who and    a log as [Append] writes it: the last line of each
//	action, whatever its name   who counts, and "remove" takes it off the list
//
// A list that can't be read to its end, or that names nobody in any of its rows, is an
// error: whoever stands there would be written to. An empty file is a list that
// nobody is on.
//
//	list, err := suppression.Read("unsubscribed.csv")
//	...
//	line, ok := list.Find(suppression.Identify("Ann@Example.com"))
//
// A list takes 16 bytes of memory for each identity.
package suppression
