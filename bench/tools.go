package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// A job is what each tool is to do: to send so many messages to an API.
type job struct {
	dir           string // where tools run, with all that they need
	url           string
	workers, rows int
}

// A tool is something that can send messages.
type tool struct {
	name  string
	line  func(job) []string // its command line, to be run in the job's folder
	needs string             // a program of the system
	most  int                // messages that it sends at most, if it is slow
	timed bool               // it sends for a while, and not a number of messages
	swarm bool               // it is many processes: the memory of one says nothing
	only  func(setting) bool // where it has a place; nil is everywhere
}

// messages is how many messages a tool sends for a job.
func (t tool) messages(j job) int {
	if t.most > 0 {
		return min(t.most, j.rows)
	}
	return j.rows
}

// heraldCases are the campaigns that herald sends beside the other tools.
var heraldCases = []struct {
	tool, file string
	sendCase
}{
	{"herald, text", "text.yaml", sendCase{source: "part.csv", body: "body.txt"}},
	{"herald, HTML", "html.yaml", sendCase{source: "part.csv", body: "body.html"}},
	{"herald, HTML executed per row", "executed.yaml", sendCase{source: "part.csv", body: "executed.html"}},
}

// rushed keeps a tool to the API that answers at once.
func rushed(s setting) bool { return s.latency == 0 }

// tools are herald and those it is compared with. The first of the others,
// written in an hour, does the most of what herald does; vegeta sends bodies
// that were rendered before; the others repeat one body.
func tools() []tool {
	var all []tool
	for i, c := range heraldCases {
		t := tool{name: c.tool, line: func(job) []string { return []string{"./herald", "send", c.file, "--yes", "--skip-check"} }}
		if i > 0 {
			t.only = rushed
		}
		all = append(all, t)
	}
	headers := []string{"Content-Type: application/json", "Authorization: Bearer sandbox"}
	return append(all, tool{
		name: "one-hour program",
		line: func(j job) []string {
			return []string{"./onehour", "-source", "part.csv", "-body", "body.txt", "-url", j.url, "-workers", strconv.Itoa(j.workers)}
		},
	}, tool{
		name: "vegeta",
		line: func(j job) []string {
			n := strconv.Itoa(j.workers)
			return []string{"./vegeta", "attack", "-format=json", "-targets=targets.json", "-lazy", "-rate=0",
				"-workers=" + n, "-max-workers=" + n, "-connections=" + n, "-max-body=0", "-output=vegeta.bin"}
		},
	}, tool{
		name: "hey",
		line: func(j job) []string {
			return []string{"./hey", "-n", strconv.Itoa(j.rows), "-c", strconv.Itoa(j.workers), "-m", "POST",
				"-T", "application/json", "-H", headers[1], "-D", "request.json", j.url + "/messages"}
		},
	}, tool{
		name: "wrk", needs: "wrk", timed: true,
		line: func(j job) []string {
			return []string{"wrk", "-t", "2", "-c", strconv.Itoa(j.workers), "-d", "6s", "-s", "post.lua", j.url + "/messages"}
		},
	}, tool{
		name: "xargs with curl", needs: "curl", most: 1000, swarm: true, only: rushed,
		line: func(j job) []string {
			return []string{"xargs", "-a", "lines", "-P", strconv.Itoa(j.workers), "-I{}",
				"curl", "-s", "-o", os.DevNull, "-H", headers[0], "-H", headers[1], "-H", "X-Line: {}", "-d", "@request.json", j.url + "/messages"}
		},
	})
}

// allOf leaves out the tools that have no place in a setting.
func allOf(tools []tool, s setting) []tool {
	var kept []tool
	for _, t := range tools {
		if t.only == nil || t.only(s) {
			kept = append(kept, t)
		}
	}
	return kept
}

// prepareTools builds the tools that can be built, and returns those that there
// are.
func prepareTools(ctx context.Context, dir string, talk io.Writer) (have []tool, err error) {
	fmt.Fprintln(talk, "building the other tools")
	for _, args := range [][]string{
		{"./bench/onehour"},
		{"-modfile=bench/peers/go.mod", "github.com/tsenart/vegeta/v12", "github.com/rakyll/hey"},
	} {
		build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + string(filepath.Separator)}, args...)...)
		build.Stderr = talk
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", strings.Join(args, " "), err)
		}
	}
	for _, t := range tools() {
		if t.needs != "" {
			if _, err := exec.LookPath(t.needs); err != nil {
				fmt.Fprintf(talk, "%s is left out: %s is not installed\n", t.name, t.needs)
				continue
			}
		}
		have = append(have, t)
	}
	return have, nil
}

// command is a tool's command for a job.
func (j job) command(ctx context.Context, t tool) *exec.Cmd {
	line := t.line(j)
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Dir, command.Env = j.dir, environment(j.url)
	return command
}

// prepare writes the files of a job: the first rows of the contacts, the
// campaigns, and for the tools that can't render what they are to send.
func (j job) prepare() error {
	for _, c := range heraldCases {
		if err := j.write(c.file, c.campaign(j.workers)); err != nil {
			return err
		}
	}
	body, err := template.New("body").Parse(bodies["body.txt"])
	if err != nil {
		return err
	}
	source, err := os.Open(filepath.Join(j.dir, "contacts.csv"))
	if err != nil {
		return err
	}
	defer source.Close()
	part, partErr := os.Create(filepath.Join(j.dir, "part.csv"))
	targets, targetsErr := os.Create(filepath.Join(j.dir, "targets.json"))
	if err := errors.Join(partErr, targetsErr); err != nil {
		return err
	}
	err = j.split(csv.NewReader(source), csv.NewWriter(part), bufio.NewWriter(targets), body)
	return errors.Join(err, part.Close(), targets.Close())
}

// split copies the job's rows, and writes the request of each.
func (j job) split(source *csv.Reader, part *csv.Writer, targets *bufio.Writer, body *template.Template) error {
	header, err := source.Read()
	if err != nil {
		return err
	}
	_ = part.Write(header) // Error tells below
	requests := json.NewEncoder(targets)
	var lines, request strings.Builder
	for i := range j.rows {
		cells, err := source.Read()
		if err != nil {
			return err
		}
		_ = part.Write(cells)
		fields := make(map[string]string, len(header))
		for k, name := range header {
			fields[name] = cells[k]
		}
		request.Reset()
		if err := errors.Join(render(&request, fields, body), requests.Encode(j.target(request.String()))); err != nil {
			return err
		}
		fmt.Fprintln(&lines, i+2)
	}
	part.Flush()
	script := fmt.Sprintf("wrk.method = 'POST'\nwrk.body = io.open('request.json'):read('a')\n"+
		"wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Authorization'] = 'Bearer %s'\n", "sandbox")
	few := strings.Join(strings.SplitAfterN(lines.String(), "\n", 1001)[:min(1000, j.rows)], "")
	return errors.Join(part.Error(), targets.Flush(), j.write("request.json", request.String()), j.write("lines", few), j.write("post.lua", script))
}

// render writes the body of a contact's request.
func render(out io.Writer, fields map[string]string, body *template.Template) error {
	var text strings.Builder
	if err := body.Execute(&text, fields); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(map[string]any{
		"message_type": "email", "subject": "Hi " + fields["first_name"] + ", it's here", "body": text.String(), "template": "personal",
		"from": map[string]string{"type": "admin", "id": "394051"},
		"to":   map[string]string{"type": fields["role"], "id": fields["contact_id"]},
	})
}

// target is a request as vegeta reads it.
func (j job) target(request string) any {
	return map[string]any{
		"method": http.MethodPost, "url": j.url + "/messages", "body": []byte(request),
		"header": http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer sandbox"}},
	}
}

func (j job) write(name, text string) error {
	return os.WriteFile(filepath.Join(j.dir, name), []byte(text), 0o600)
}
