package source

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

func TestSpool(t *testing.T) {
	path, err := Spool(t.Context(), strings.NewReader("id,name\n1,Ann\n"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the file's mode is %o", mode)
	}
	r, err := Open(path, Options{Name: "standard input", Format: Content})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := dump(t, r); len(got) != 1 || got[0] != `2 ["1" "Ann"]` {
		t.Errorf("got %q", got)
	}
}

func TestSpoolFails(t *testing.T) {
	broken := errors.New("the line is cut")
	dir := t.TempDir()
	_, err := Spool(t.Context(), io.MultiReader(strings.NewReader("id\n"), iotest.ErrReader(broken)), dir)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	checkEmpty(t, dir)
}

// TestSpoolStops ends the context while standard input is silent.
func TestSpoolStops(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, typing := io.Pipe()
		defer typing.Close()
		result := make(chan error)
		go func() {
			_, err := Spool(ctx, in, dir)
			result <- err
		}()
		io.WriteString(typing, "id,name\n")
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	checkEmpty(t, dir)
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
