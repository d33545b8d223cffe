package source

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Spool copies in, usually standard input, to a new file in dir that only its
// owner can read (0600), so that it can be read more than once, and returns the
// file's path. An empty dir is the system's folder for temporary files. The
// caller removes the file.
//
// When ctx ends, Spool removes the file and returns the context's error at
// once. A Read of in that is under way then can't be interrupted; what it
// returns is dropped.
func Spool(ctx context.Context, in io.Reader, dir string) (path string, err error) {
	file, err := os.CreateTemp(dir, "herald-*.spool")
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	err = copyUntil(ctx, file, in)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(file.Name())
		return "", fmt.Errorf("spool: %w", err)
	}
	return file.Name(), nil
}

// copyUntil copies in to out until its end or until ctx ends.
func copyUntil(ctx context.Context, out io.Writer, in io.Reader) error {
	r, w := io.Pipe()
	defer r.Close()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	defer stop()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	if _, err := io.Copy(out, r); err != nil {
		return err
	}
	return ctx.Err()
}
