package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/herald-campaigns/herald/pkg/report"
)

// checkCase is one body to be checked. Its campaign is that of a sendCase.
type checkCase struct {
	name string
	sendCase
}

// The bodies have about 600 bytes and five variables. The last one has a function
// and a value in a link, so that html/template itself works for each row; the
// others are put together from pieces that it escaped once.
var checkCases = []checkCase{
	{"text", sendCase{source: "contacts.csv", body: "body.txt"}},
	{"text, from JSONL", sendCase{source: "contacts.jsonl", body: "body.txt"}},
	{"HTML", sendCase{source: "contacts.csv", body: "body.html"}},
	{"HTML, executed", sendCase{source: "contacts.csv", body: "executed.html"}},
}

// measureCheck builds herald, checks each body on one core and on two, once a
// round, and prints medians.
func measureCheck(ctx context.Context, o options, out, talk io.Writer) error {
	dir, err := os.MkdirTemp("", "herald-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	herald, err := prepare(ctx, dir, o, talk)
	if err != nil {
		return err
	}
	costs := make([][2][]cost, len(checkCases))
	for round := range o.rounds {
		for i, c := range checkCases {
			fmt.Fprintf(talk, "round %d of %d: check of %s\n", round+1, o.rounds, c.name)
			for cores := range 2 {
				took, err := check(ctx, herald, dir, c, o.workers, cores+1)
				if err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				costs[i][cores] = append(costs[i][cores], took)
			}
		}
	}
	return writeCheckTable(out, o, costs)
}

// check runs one check on some cores, without a token.
func check(ctx context.Context, herald, dir string, c checkCase, workers, cores int) (cost, error) {
	file := filepath.Join(dir, "check.yaml")
	if err := os.WriteFile(file, []byte(c.campaign(workers)), 0o600); err != nil {
		return cost{}, err
	}
	command := exec.CommandContext(ctx, herald, "check", file, "--progress", "none")
	command.Env = append(withoutToken(environment("")), "GOMAXPROCS="+strconv.Itoa(cores), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return spend(command)
}

// withoutToken keeps a check from asking the API.
func withoutToken(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		return v == "INTERCOM_ACCESS_TOKEN=sandbox" || v == "HERALD_BASE_URL="
	})
}

func writeCheckTable(out io.Writer, o options, costs [][2][]cost) error {
	fmt.Fprintf(out, "`herald check` of %s rows, body of 600 bytes with five variables, median of %d:\n\n", report.Number(o.rows), o.rounds)
	speed := func(c cost) float64 { return float64(o.rows) / c.wall.Seconds() }
	var table [][]string
	for i, runs := range costs {
		one, two := middle(runs[0], speed), middle(runs[1], speed)
		table = append(table, []string{
			checkCases[i].name,
			report.Number(int(one)),
			report.Number(int(two)),
			fmt.Sprintf("%.2f", two/one),
			report.Number(int(middle(runs[0], func(c cost) float64 { return float64(o.rows) / c.cpu.Seconds() }))),
			report.Bytes(int64(middle(runs[0], func(c cost) float64 { return float64(c.peak) }))),
		})
	}
	return writeTable(out, []string{"body", "rows/s, 1 core", "2 cores", "times", "rows/CPU s", "peak memory"}, table)
}
