package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// resultsName is the file of what was measured last.
const resultsName = "RESULTS.md"

const resultsHead = `# What was measured

Each part as the command below its title printed it when it was run last. Speeds
of one table can be compared, and only those: a machine's own speed drifts.
`

// publish measures the parts that were asked for, in the order of parts, and
// keeps what it printed, with -into. A part that fails leaves what is there.
func publish(ctx context.Context, o options, out, talk io.Writer) error {
	asked := strings.FieldsFunc(o.only, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range asked {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("-only %s: must be of %s", name, strings.Join(partNames(), ", "))
		}
	}
	where := machine(ctx)
	fmt.Fprintf(out, "%s\n\n", where)
	for _, p := range parts() {
		if !slices.Contains(asked, p.name) && (len(asked) > 0 || !p.always) {
			continue
		}
		var printed bytes.Buffer
		if err := p.measure(ctx, o, io.MultiWriter(out, &printed), talk); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if o.into == "" {
			continue
		}
		text := fmt.Sprintf("    go run ./bench -only %s%s\n\n%s\n\n%s", p.name, o.sizes(), where, strings.TrimSpace(printed.String()))
		if err := keep(filepath.Join(o.into, resultsName), p.name, text); err != nil {
			return err
		}
	}
	return nil
}

// sizes are the flags that are not as they are by themselves.
func (o options) sizes() string {
	var b strings.Builder
	var usual options
	usual.flags(io.Discard)
	for _, f := range []struct {
		name    string
		is, was int
	}{{"rows", o.rows, usual.rows}, {"rounds", o.rounds, usual.rounds}, {"workers", o.workers, usual.workers}, {"keys", o.keys, usual.keys}} {
		if f.is != f.was {
			fmt.Fprintf(&b, " -%s %d", f.name, f.is)
		}
	}
	return b.String()
}

// keep puts the text of a part in its place in a results file.
func keep(path, part, text string) error {
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	texts := map[string]string{}
	for _, section := range strings.Split(string(before), "\n## ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		texts[name] = strings.Trim(rest, "\n")
	}
	texts[part] = text
	var b strings.Builder
	b.WriteString(resultsHead)
	for _, name := range partNames() {
		if texts[name] != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", name, texts[name])
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
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
