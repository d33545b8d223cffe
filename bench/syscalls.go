package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/bench/target"
	"github.com/herald-campaigns/herald/pkg/report"
)

// syscallRows is how many messages are sent under strace, which makes each
// system call slow.
const syscallRows = 20_000

// measureSyscalls counts herald's system calls with strace, from start to end of
// a campaign, and prints how many there are to a message.
func measureSyscalls(ctx context.Context, o options, out, talk io.Writer) error {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return errors.New("needs strace (Debian: apt-get install strace)")
	}
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o.rows = min(o.rows, syscallRows)
	if _, err := prepare(ctx, dir, o, talk); err != nil {
		return err
	}
	api, err := startCanned(ctx, target.Options{})
	if err != nil {
		return err
	}
	defer api.stop()
	j := job{dir: dir, url: api.url, workers: o.workers, rows: o.rows}
	if err := j.prepare(); err != nil {
		return err
	}
	fmt.Fprintln(talk, "sending under strace")
	command := j.command(ctx, tools()[0])
	command.Path, command.Args = strace, append([]string{"strace", "-f", "-c", "-U", "calls,name", "-o", "calls.txt"}, command.Args...)
	if _, err := spendFresh(j, command); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "calls.txt"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "System calls of `herald send` to a message, of %s messages with %d workers, start and end of the program included\n"+
		"(counted under strace, which slows it down: more waiting, fewer messages an fsync than otherwise):\n\n", report.Number(j.rows), o.workers)
	return writeTable(out, []string{"system call", "to a message"}, syscallTable(text, j.rows))
}

// syscallTable reads strace's summary, the commonest calls first, and shows those
// that a message pays for.
func syscallTable(summary []byte, rows int) (table [][]string) {
	total := 0
	for lines := bufio.NewScanner(bytes.NewReader(summary)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 2 {
			continue
		}
		calls, err := strconv.Atoi(fields[0])
		if err != nil || fields[1] == "total" {
			continue
		}
		total += calls
		if each := float64(calls) / float64(rows); each >= 0.005 {
			table = append(table, []string{fields[1], fmt.Sprintf("%.2f", each)})
		}
	}
	return append(table, []string{"all", fmt.Sprintf("%.2f", float64(total)/float64(rows))})
}
