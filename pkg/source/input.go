package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow is how far back zstd data may refer, in bytes, and so the
// memory that reading it takes: as much as zstd -d allows without --long.
const maxZstdWindow = 128 << 20

// openFile opens a regular file and returns its size.
func openFile(path string) (*os.File, int64, *Error) {
	// Looked at before it is opened: opening a pipe waits for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, systemError(err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, 0, &Error{Kind: NotAFile, Reason: "is a folder"}
	case !mode.IsRegular():
		return nil, 0, &Error{Kind: NotAFile, Reason: "is a pipe or a device, not a file"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, systemError(err)
	}
	return file, info.Size(), nil
}

// systemError returns the error for what the operating system refused.
func systemError(err error) *Error {
	if errors.Is(err, fs.ErrNotExist) {
		return &Error{Kind: NotFound, Reason: "does not exist", Err: err}
	}
	cause := err
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		cause = pathError.Err
	}
	return &Error{Kind: Unreadable, Reason: "can't be read: " + cause.Error(), Err: err}
}

// decompress returns what in holds, and the name of the compression if its
// first bytes show one. The closer may be nil.
func decompress(in *bufio.Reader) (out *bufio.Reader, compression string, closer io.Closer, err error) {
	head, _ := in.Peek(4) // in fails again at its next read
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, "gzip", nil, err
		}
		return bufio.NewReader(z), "gzip", z, nil
	case isZstd(head):
		// One decoder without read-ahead: constant memory, no goroutines.
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, "zstd", nil, err
		}
		return bufio.NewReader(z), "zstd", z.IOReadCloser(), nil
	}
	return in, "", nil, nil
}

// isZstd reports whether data starts with a frame of RFC 8878, which may be
// one to be skipped.
func isZstd(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")) {
		return true
	}
	return len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte("\x2a\x4d\x18"))
}

// foreign are the first bytes of files that people take for a table.
var foreign = []struct {
	start  string
	kind   Kind
	reason string
}{
	{"PK\x03\x04", Workbook, "is a workbook (.xlsx, .ods) or another zip file, not text"},
	{"\xd0\xcf\x11\xe0", Workbook, "is a workbook (.xls), not text"},
	{"%PDF-", Binary, "is a PDF file, not text"},
	{"BZh9", Binary, "is compressed with bzip2; only gzip and zstd are read"},
	{"\xfd7zXZ\x00", Binary, "is compressed with xz; only gzip and zstd are read"},
	{"7z\xbc\xaf\x27\x1c", Binary, "is a 7z archive; only gzip and zstd are read"},
	{"Rar!\x1a", Binary, "is a RAR archive; only gzip and zstd are read"},
	{"PAR1\x15", Binary, "is a Parquet file, not text"},
	{"<!doctype", Markup, "is a web page, not a table"},
	{"<html", Markup, "is a web page, not a table"},
	{"<?xml", Markup, "is XML, not a table"},
}

// checkForeign refuses files that are known to be something else.
func checkForeign(head []byte) error {
	for _, f := range foreign {
		start := head[:min(len(head), len(f.start))]
		if string(start) == f.start || f.kind == Markup && strings.EqualFold(string(start), f.start) {
			return &Error{Kind: f.kind, Reason: f.reason}
		}
	}
	return nil
}

// compressionNamed returns the compression that a file name promises, and the
// name without it.
func compressionNamed(name string) (compression, rest string) {
	suffix := filepath.Ext(name)
	switch strings.ToLower(suffix) {
	case ".gz", ".gzip":
		return "gzip", strings.TrimSuffix(name, suffix)
	case ".zst", ".zstd":
		return "zstd", strings.TrimSuffix(name, suffix)
	}
	return "", name
}

// corruptError returns the error for compressed data that can't be read on.
func corruptError(compression string, err error) *Error {
	what := "damaged"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		what = "cut off"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		what = "compressed with too large a window (--long)"
	}
	return &Error{Kind: Corrupt, Reason: fmt.Sprintf("the %s data is %s", compression, what)}
}
