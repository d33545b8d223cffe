package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxTorn is the longest end that is believed to be a write torn by a crash.
// Whatever is longer was not torn by us, and cutting it could lose many rows.
const maxTorn = maxWrite + maxRecord

// openExisting opens a results file for appending and cuts off a torn end. It
// returns no file if there is none, and the size that is left.
func openExisting(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file") // never wait for the other end of a pipe
	}
	if err != nil {
		return nil, 0, unreachable("open", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, 0, unreachable("open", path, err)
	}
	size, err := mendEnd(file, path)
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, 0, err
	}
	return file, size, nil
}

// mendEnd checks that the file is ours and cuts it back to whole rows.
func mendEnd(file *os.File, path string) (int64, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, unreachable("read", path, err)
	}
	if err := checkBeginning(file, path); err != nil {
		return 0, err
	}
	end, err := endOfRows(io.NewSectionReader(file, 0, size), !isJSONL(path))
	switch {
	case err != nil:
		return 0, unreachable("read", path, err)
	case end == size:
		return size, nil
	case size-end > maxTorn:
		return 0, &FileError{Op: "open", Path: path, Kind: Damaged}
	}
	if err := file.Truncate(end); err != nil {
		return 0, unreachable("truncate", path, err)
	}
	return end, nil
}

// checkBeginning accepts an empty file, one that begins as ours do, and one in
// which a crash tore the very first line.
func checkBeginning(file io.ReaderAt, path string) error {
	start := make([]byte, 64<<10) // more than any first line of ours has
	n, err := file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return unreachable("read", path, err)
	}
	first, _, whole := bytes.Cut(start[:n], []byte("\n"))
	if n == 0 || isJSONL(path) && isJSONRow(first, whole) || !isJSONL(path) && isHeader(first, whole) {
		return nil
	}
	return &FileError{Op: "open", Path: path, Kind: NotResults, Got: printable(string(first), 80)}
}

// isHeader says whether a first line is our header, or a torn beginning of it.
func isHeader(first []byte, whole bool) bool {
	header := bytes.TrimSuffix(csvHeader(), []byte("\n"))
	if whole {
		return bytes.Equal(first, header)
	}
	return bytes.HasPrefix(header, first)
}

// isJSONRow says whether a first line is a row, or a torn one. A file of
// somebody's contacts may well begin with a key too: it must neither be appended
// to nor cut.
func isJSONRow(first []byte, whole bool) bool {
	const start = `{"key":"`
	if !whole && len(first) < len(start) {
		return bytes.HasPrefix([]byte(start), first)
	}
	var r Row
	err := json.Unmarshal(first, &r)
	if err != nil {
		return !whole && bytes.HasPrefix(first, []byte(start))
	}
	return bytes.HasPrefix(first, []byte(start)) && knownStatus(r.Status)
}

// endOfRows returns the offset after the last line that ends a row. In CSV a
// line break inside quotes does not; it is inside if an odd number of quotes
// has come before it.
func endOfRows(file io.Reader, quoted bool) (int64, error) {
	var end, offset int64
	inside := false
	chunk := make([]byte, 128<<10)
	for {
		n, err := io.ReadFull(file, chunk)
		part := chunk[:n]
		if quoted && bytes.Count(part, []byte{'"'})%2 == 1 {
			inside = !inside
		}
		if i := lastRowEnd(part, quoted, inside); i >= 0 {
			end = offset + int64(i) + 1
		}
		offset += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return end, nil
		}
		if err != nil {
			return 0, fmt.Errorf("at byte %d: %w", offset, err)
		}
	}
}

// lastRowEnd finds the last line feed in part that ends a row, or -1. inside
// says whether part ends inside quotes.
func lastRowEnd(part []byte, quoted, inside bool) int {
	for i := len(part) - 1; i >= 0; i-- {
		switch {
		case part[i] == '"' && quoted:
			inside = !inside
		case part[i] == '\n' && !inside:
			return i
		}
	}
	return -1
}
