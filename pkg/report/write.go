package report

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
)

// WriteResults writes a results file anew, in the format of its name. It is
// written aside as path.new, readable by its owner only, made durable and then
// put in place in one step: at any moment, and after a crash, path is either the
// old file or the whole new one. An error among the rows ends it and leaves the
// old file alone; other errors are *FileError. Without rows the file has just
// its header.
func WriteResults(path string, rows iter.Seq2[Row, error]) error {
	return Replace(path, func(out io.Writer) error { return writeRows(out, path, rows) })
}

// Replace puts a file in the place of path in one step, with what write writes.
// It is written aside as path.new, readable by its owner only, and made durable
// before: at any moment, and after a crash, path is either the old file or the
// whole new one. An error of write leaves the old file alone and is returned as
// it is; other errors are *FileError.
func Replace(path string, write func(io.Writer) error) error {
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unreachable("write", path, err)
	}
	file, err := os.OpenFile(aside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return unreachable("write", path, err)
	}
	err = write(file)
	if err == nil {
		if synced := file.Sync(); synced != nil {
			err = unreachable("write", path, synced)
		}
	}
	if closed := file.Close(); closed != nil && err == nil {
		err = unreachable("write", path, closed)
	}
	if err == nil {
		err = rename(path, aside)
	}
	if err != nil {
		_ = os.Remove(aside) // the next writer removes it too
	}
	return err
}

func writeRows(file io.Writer, path string, rows iter.Seq2[Row, error]) error {
	l := newLines(path, file)
	l.header()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := l.add(row); err != nil {
			return unreachable("write", path, err)
		}
	}
	if err := l.flush(); err != nil {
		return unreachable("write", path, err)
	}
	return nil
}

// rename puts the new file in place and makes the folder remember it.
func rename(path, aside string) error {
	if err := os.Rename(aside, path); err != nil {
		return unreachable("replace", path, err)
	}
	if runtime.GOOS == "windows" { // where a folder can't be synced
		return nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return unreachable("sync the folder of", path, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return unreachable("sync the folder of", path, err)
	}
	return nil
}
