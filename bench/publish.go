package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// publish measures and, with -into, keeps what was measured. A run that fails
// leaves the results of the one before.
func publish(ctx context.Context, o options, out, talk io.Writer) error {
	var kept bytes.Buffer
	all := io.MultiWriter(out, &kept)
	fmt.Fprintf(all, "%s\n\n", machine(ctx))
	if err := measure(ctx, o, all, talk); err != nil || o.into == "" {
		return err
	}
	const head = "# What was measured\n\nThe tables of one run of `go run ./bench %s`, as it printed them. Speeds of one table can be compared, and only those.\n\n"
	text := fmt.Sprintf(head, o.args) + kept.String()
	return os.WriteFile(filepath.Join(o.into, "RESULTS.md"), []byte(strings.TrimRight(text, "\n")+"\n"), 0o644)
}

// machine says where and on what the numbers were measured.
func machine(ctx context.Context) string {
	commit := "no commit"
	if hash, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude", "*").Output(); err == nil {
		commit = "commit " + strings.TrimSpace(string(hash))
	}
	return fmt.Sprintf("%s%s/%s, %d CPUs, %s, %s", processor(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), commit)
}

// processor is the processor's name and a comma, where the system tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value) + ", "
		}
	}
	return ""
}
