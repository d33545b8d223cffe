package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/bench/target"
)

func TestPeerTable(t *testing.T) {
	second := func(cpu time.Duration, messages int) trip {
		return trip{cost: cost{wall: time.Second, cpu: cpu, peak: 20 << 20}, messages: messages}
	}
	all := []tool{{name: "herald, text"}, {name: "one-hour program"}, {name: "vegeta"}, {name: "a swarm", swarm: true}}
	trips := [][]trip{
		{second(time.Second, 10_000), second(time.Second, 30_000), second(time.Second, 20_000)},
		{second(2*time.Second, 20_000)}, {second(time.Second, 10_000)}, {second(time.Second, 100)},
	}
	want := [][]string{
		{"herald, text", "20,000", "2.00", "5.00", "0.50", "20 MiB"},
		{"one-hour program", "20,000", "2.00", "10.00", "1.00", "20 MiB"},
		{"vegeta", "10,000", "1.00", "10.00", "1.00", "20 MiB"},
		{"a swarm", "100", "0.01", "1000.00", "100.00", "-"},
	}
	if diff := cmp.Diff(want, peerTable(all, trips)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := peerTable(all[:1], trips[:1])[0]; got[2] != "-" || got[4] != "-" {
		t.Errorf("without the others: %q", got)
	}
}

func TestSettingRows(t *testing.T) {
	for _, tt := range []struct {
		s          setting
		most, want int
	}{
		{setting{0, 64}, 1000, 960},
		{setting{50 * time.Millisecond, 64}, 100_000, 160 * 64},
		{setting{50 * time.Millisecond, 1024}, 10, 1024},
	} {
		if got := tt.s.rows(tt.most); got != tt.want {
			t.Errorf("%s, at most %d: %d rows, want %d", tt.s, tt.most, got, tt.want)
		}
	}
}

// TestJob: every tool gets the same rows, those that can't render as requests.
func TestJob(t *testing.T) {
	dir := t.TempDir()
	if err := generate(filepath.Join(dir, "contacts.csv"), 100, 1); err != nil {
		t.Fatal(err)
	}
	j := job{dir: dir, url: "http://127.0.0.1:1", workers: 8, rows: 40}
	if err := j.prepare(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	targets := json.NewDecoder(strings.NewReader(read("targets.json")))
	people := map[string]bool{}
	for {
		var request struct {
			Method, URL string
			Body        []byte
		}
		err := targets.Decode(&request)
		if errors.Is(err, io.EOF) {
			break
		}
		var message struct {
			To   struct{ ID string }
			Body string
		}
		if err != nil || json.Unmarshal(request.Body, &message) != nil || request.URL != j.url+"/messages" || len(message.Body) < 400 {
			t.Fatalf("%+v, %v", request, err)
		}
		people[message.To.ID] = true
		if !strings.Contains(read("part.csv"), message.To.ID) {
			t.Errorf("%s is not of these rows", message.To.ID)
		}
	}
	if len(people) != 40 || strings.Count(read("lines"), "\n") != 40 || !json.Valid([]byte(read("request.json"))) {
		t.Errorf("%d people, lines %q", len(people), read("lines"))
	}
	for _, c := range heraldCases {
		if !strings.Contains(read(c.file), "workers: 8") {
			t.Errorf("%s: %s", c.file, read(c.file))
		}
	}
	for _, tool := range tools() {
		if line := tool.line(j); len(line) < 3 || tool.messages(j) != 40 {
			t.Errorf("%s: %q, %d messages", tool.name, line, tool.messages(j))
		}
	}
}

func TestQuoted(t *testing.T) {
	if got := strings.Join(quoted([]string{"hey", "-H", "A: b", "-I{}"}), " "); got != "hey -H 'A: b' '-I{}'" {
		t.Error(got)
	}
}

func TestPlot(t *testing.T) {
	curves := []curve{
		{0, []float64{2000, 5000, 10_000, 20_000, 20_000, 19_000}, nil},
		{50 * time.Millisecond, []float64{19, 78, 310, 1250, 4900, 19_500}, nil},
		{300 * time.Millisecond, []float64{0, 13, 53, 212, 850, 3400}, nil},
	}
	picture := plot(curves)
	decoder := xml.NewDecoder(strings.NewReader(picture))
	dots, labels := 0, map[string]bool{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch at := map[string]string{}; element.Name.Local {
		case "circle":
			dots++
		case "text":
			for _, a := range element.Attr {
				at[a.Name.Local] = a.Value
			}
			if at["fill"] != "" && labels[at["y"]] {
				t.Errorf("two labels are at %s", at["y"])
			}
			labels[at["y"]] = at["fill"] != ""
		}
	}
	if dots != 18 || !strings.Contains(picture, "latency 50 ms") || strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
		t.Errorf("%d dots in %s", dots, picture)
	}
}

func TestSyscallTable(t *testing.T) {
	const summary = `    calls syscall
--------- ----------------
     4000 write
     2000 read
        3 openat
--------- ----------------
     6003 total
`
	want := [][]string{{"write", "2.00"}, {"read", "1.00"}, {"all", "3.00"}}
	if diff := cmp.Diff(want, syscallTable([]byte(summary), 2000)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestKeep: a part takes its place, and the others keep theirs.
func TestKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), resultsName)
	for _, kept := range [][2]string{{"scaling", "old\n\n| a |"}, {"peers", "    b\n\n| c |"}, {"scaling", "new"}} {
		if err := keep(path, kept[0], kept[1]); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if want := resultsHead + "\n## peers\n\n    b\n\n| c |\n\n## scaling\n\nnew\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	o := options{keys: 5}
	o.flags(io.Discard)
	if o.keys = 5; o.sizes() != " -keys 5" {
		t.Error(o.sizes())
	}
}

// TestPublish: a run that fails leaves the results of the one before.
func TestPublish(t *testing.T) {
	o := options{into: t.TempDir(), only: "nothing"}
	path := filepath.Join(o.into, resultsName)
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publish(t.Context(), o, io.Discard, io.Discard); err == nil {
		t.Error("a part that there is not was measured")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "before" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestFinalTab: what comes until the last connection is closed is counted.
func TestFinalTab(t *testing.T) {
	c := &canned{in: nopCloser{io.Discard}, lines: bufio.NewScanner(strings.NewReader("3 100 2\n3 100 1\n4 120 0\n5 150 0\n"))}
	if got, err := c.finalTab(t.Context()); err != nil || got != (tab{4, 120, 0}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := (&canned{in: nopCloser{io.Discard}, lines: bufio.NewScanner(strings.NewReader(""))}).finalTab(t.Context()); err == nil {
		t.Error("a target that has ended told a number")
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestTab: a target in another process counts.
func TestTab(t *testing.T) {
	in, end := io.Pipe()
	said, out := io.Pipe()
	go func() { _ = target.Serve(in, out, target.Options{}) }()
	var url [64]byte
	n, err := said.Read(url[:])
	if err != nil || !bytes.HasPrefix(url[:n], []byte("http://127.0.0.1:")) {
		t.Fatalf("%q, %v", url[:n], err)
	}
	c := &canned{in: end, lines: bufio.NewScanner(said)}
	if got, err := c.tab(); err != nil || got != (tab{}) {
		t.Errorf("%+v, %v", got, err)
	}
	end.Close()
	if _, err := c.tab(); err == nil {
		t.Error("a target that has ended told a number")
	}
}
