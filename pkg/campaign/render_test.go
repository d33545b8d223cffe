package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

func TestRenderEverything(t *testing.T) {
	c := load(t, map[string]string{"campaign.yaml": everything, "welcome.html": "<p>{{.first_name}}</p>"}, nil)
	h := header(t, "contact_id", "role", "First Name", "boss")
	r := compile(t, c, h)
	row := source.NewRecipient(h, 2, []string{" abc ", "lead", "Anna & Co", "boss1"})
	want := &intercom.Message{
		Type: intercom.Email, Subject: "Hi Anna & Co, it's here", Body: "<p>Anna &amp; Co</p>", Template: "personal", From: 394051,
		To:        intercom.Recipients{{Type: "lead", ID: "abc"}},
		CC:        intercom.Recipients{{Type: "user", ID: "boss1"}},
		BCC:       intercom.Recipients{{Type: "user", ID: "abc"}, {Type: "lead", ID: "def"}},
		CreatedAt: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), OpenConversation: true,
	}
	got, err := r.Render(row)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if key, err := r.Key(row); key != "abc" || err != nil {
		t.Errorf("key %q, %v", key, err)
	}
	got, err = r.Render(source.NewRecipient(h, 3, []string{"abc", "user", "Anna", " "}))
	if err != nil || len(got.CC) != 0 {
		t.Errorf("a copy without an id is left out: %+v, %v", got, err)
	}
}

// Each field of a row that can't be rendered is named, with its place.
func TestRenderErrors(t *testing.T) {
	const email = `name: test
source: contacts.csv
to: {type: "{{.type}}", id: "{{.id}}"}
message: {type: email, template: plain, subject: "{{.subject}}", body: b.html, from: "{{.from}}", cc: {type: "{{.cctype}}", id: cc}}
`
	good := map[string]any{"id": "42", "type": "user", "subject": "Hi", "from": "7", "cctype": "lead", "name": "Anna", "link": "https://x.example", "n": json.Number("3")}
	for _, tt := range []struct {
		name, body string
		change     map[string]any
		want       string
		kind       Kind
	}{
		{"empty id", "x", map[string]any{"id": " "}, "campaign.yaml:3:30: to.id: is empty", KindEmpty},
		{"control character in id", "x", map[string]any{"id": "a\x00b"}, `campaign.yaml:3:30: to.id: an id can't have control characters: "a\x00b"`, KindInvalid},
		{"bad type", "x", map[string]any{"type": "admin"}, `campaign.yaml:3:13: to.type: "admin" must be user or lead`, KindInvalid},
		{"bad copy", "x", map[string]any{"cctype": ""}, `campaign.yaml:4:111: message.cc[1].type: is empty`, KindEmpty},
		{"empty subject", "x", map[string]any{"subject": "\n"}, "campaign.yaml:4:51: message.subject: is empty", KindEmpty},
		{"bad sender", "x", map[string]any{"from": "0"}, `campaign.yaml:4:87: message.from: "0" must be the id or the email address of an admin`, KindInvalid},
		{"unknown admin", "x", map[string]any{"from": "a@example.com"}, `campaign.yaml:4:87: message.from: no admin of the workspace has the address a@example.com`, KindAdmin},
		{"empty body", "{{.name}}", map[string]any{"name": " "}, "b.html:1:1: message.body: is empty", KindEmpty},
		{"missing", "Hi\n {{.nam}}", nil, "b.html:2:4: message.body: field nam: the row has no such field, or null", KindMissing},
		{"null", "Hi {{.name}}", map[string]any{"name": nil}, "b.html:1:6: message.body: field name: the row has no such field, or null", KindMissing},
		{"missing in an object", "{{.name.first}}", nil, "b.html:1:3: message.body: field name.first: the row has no such field, or null", KindMissing},
		{"a list", "{{.name}}", map[string]any{"name": []any{"a"}}, "b.html:1:3: message.body: field name: is a list or an object: use join, range or a field of it", KindInvalid},
		{"an object in a list", "{{range .name}}{{.}}{{end}}", map[string]any{"name": []any{map[string]any{}}}, "b.html:1:18: message.body: is a list or an object: use join, range or a field of it", KindInvalid},
		{"unsafe link", "<a href=\"{{.name}}\">\n<a href=\"{{.link}}\">", map[string]any{"link": "javascript:alert(1)"},
			"b.html:2:12: message.body: field link: the value can't stand in this place of the HTML: a link must begin with https:, http: or mailto:", KindUnsafe},
		{"no value", "x{{.name}}", map[string]any{"name": "<no value>"}, "b.html:1:4: message.body: field name: the result says <no value>", KindNoValue},
		{"no date", "\n{{.name | date \"long\"}}", nil, `b.html:2:11: message.body: date: "Anna" is no date such as 2026-11-22 or 2026-11-22T09:30:00Z`, KindTemplate},
		{"no zone", "{{date \"long\" \"Europe/Atlantis\" .n}}", nil, `b.html:1:3: message.body: date: there is no time zone "Europe/Atlantis"; zones are named as in Europe/Berlin`, KindTemplate},
		{"no number", "{{number .name}}", nil, `b.html:1:3: message.body: number: "Anna" is no number such as 1234.5`, KindTemplate},
		{"no element", "{{index .name 3}}", map[string]any{"name": []any{}}, "b.html:1:3: message.body: index: the list has no such element", KindTemplate},
		{"no range", "{{range .name}}{{end}}", nil, "b.html:1:9: message.body: can't be worked out for this row", KindTemplate},
		{"in a partial", "{{template \"p\" .}}", nil, "p.html:1:3: message.body: field nope: the row has no such field, or null", KindMissing},
		{"in Markdown", "{{template \"m\" .}}", nil, "m.md:3:5: message.body: truncate: the length must be 1 or more", KindTemplate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, map[string]string{"campaign.yaml": email, "b.html": tt.body, "p.html": "{{.nope}}", "m.md": "a\n\n* {{truncate 0 .id}}\n"})
			c, err := Load(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.Compile(nil, CompileOptions{Admin: func(string) (int64, bool) { return 0, false }})
			if err != nil {
				t.Fatal(err)
			}
			object := maps.Clone(good)
			maps.Copy(object, tt.change)
			_, err = r.Render(source.NewObject(1, object))
			var re *RenderError
			if !errors.As(err, &re) {
				t.Fatalf("got %v", err)
			}
			got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), "")
			if got != tt.want || re.Kind != tt.kind {
				t.Errorf("\n got %s (%s)\nwant %s (%s)", got, re.Kind, tt.want, tt.kind)
			}
		})
	}
}

func TestKey(t *testing.T) {
	c := load(t, map[string]string{"campaign.yaml": inApp("x") + "key: \"{{.k}}\"\n"}, nil)
	h := header(t, "id", "k")
	r := compile(t, c, h)
	for in, want := range map[string]string{
		" a b ": "a b", "Ä": "Ä", strings.Repeat("k", 256): strings.Repeat("k", 256),
		"": "", " \t": "", "a\nb": "", "a\u0085b": "", "a\xffb": "", strings.Repeat("k", 257): "",
	} {
		key, err := r.Key(source.NewRecipient(h, 2, []string{"1", in}))
		var re *RenderError
		if key != want || (want == "") != errors.As(err, &re) {
			t.Errorf("%q: %q, %v", in, key, err)
		}
	}
}

func TestSender(t *testing.T) {
	for _, tt := range []struct {
		from  string
		fixed Sender
		row   Sender
		id    int64
	}{
		{"7", Sender{ID: 7}, Sender{ID: 7}, 7},
		{"anna@example.com", Sender{Email: "anna@example.com"}, Sender{Email: "anna@example.com"}, 9},
		{"\"{{.owner}}\"", Sender{}, Sender{Email: "anna@example.com"}, 9},
		{"\"{{.vars.a}}\"", Sender{ID: 5}, Sender{ID: 5}, 5},
	} {
		c := load(t, map[string]string{"campaign.yaml": strings.Replace(inApp("x"), "from: 7", "from: "+tt.from, 1) + "vars: {a: 5}\n"}, nil)
		h := header(t, "id", "owner")
		row := source.NewRecipient(h, 2, []string{"1", "anna@example.com"})
		r, err := c.Compile(h, CompileOptions{Admin: func(email string) (int64, bool) { return 9, email == "anna@example.com" }})
		if err != nil {
			t.Fatal(err)
		}
		fixed, ok := r.FixedSender()
		s, err := r.Sender(row)
		m, err2 := r.Render(row)
		if fixed != tt.fixed || ok != (tt.fixed != Sender{}) || s != tt.row || err != nil || err2 != nil || m.From != tt.id {
			t.Errorf("%s: fixed %v, row %v %v, message %+v %v", tt.from, fixed, s, err, m, err2)
		}
		if m, err := compile(t, c, h).Render(row); err != nil || (m.From != 0) != (tt.row.ID != 0) {
			t.Errorf("%s offline: %+v, %v", tt.from, m, err)
		}
	}
}

func TestRenderJSONL(t *testing.T) {
	object := func() map[string]any {
		return map[string]any{
			"First Name": "Anna", "n": json.Number("12345678901234567890.10"), "on": true, "empty": "", "none": nil,
			"company": map[string]any{"name": "Acme", "plan": map[string]any{"seats": json.Number("3")}},
			"tags":    []any{"a", json.Number("2"), "c"}, "items": []any{map[string]any{"sku": "x", "n": json.Number("1")}, map[string]any{"sku": "y"}},
		}
	}
	for _, tt := range []struct{ body, want string }{
		{"{{.first_name}} {{col \"First Name\"}} {{.n}} {{.on}}", "Anna Anna 12345678901234567890.10 true"},
		{"{{.company.name}}: {{.company.plan.seats}}", "Acme: 3"},
		{"{{join \", \" .tags}}; {{.tags | join \", \" \" and \"}}", "a, 2, c; a, 2 and c"},
		{"{{range .items}}{{.sku}}={{.n | default \"-\"}} {{$.first_name}};{{end}}", "x=1 Anna;y=- Anna;"},
		{"{{range $i, $x := .items}}{{$i}}{{$x.sku}}{{end}}", "0x1y"},
		{"{{range .tags}}{{.}}{{end}}{{range $t := .tags}}{{$t}}{{end}}", "a2ca2c"},
		{"{{.nick | default \"you\"}} {{default \"you\" .company.nick}} {{.none | default 3}}", "you you 3"},
		{"{{.nick | default \"you\" | upper}}", "YOU"},
		{"{{if .nick}}a{{else}}b{{end}}{{with .company.nick}}c{{else}}d{{end}}{{range .nick}}e{{else}}f{{end}}", "bdf"},
		{"{{if and .on (not .nick)}}a{{end}}{{if or .nick .none}}b{{end}}", "a"},
		{"{{with .company}}{{.name}}{{with .plan}}{{.seats}}{{end}}{{end}}", "Acme3"},
		{"{{(index .items 1).sku}} {{(index .items 0).nope | default \"z\"}}", "y z"},
		{"{{if gt .company.plan.seats 2}}many{{end}} {{if eq .on \"true\"}}on{{end}} {{if eq .first_name \"Bob\" \"Anna\"}}her{{end}}", "many on her"},
		{"{{$n := .first_name}}{{$n}} {{$n | upper}}", "Anna ANNA"},
		{"{{len .tags}} {{plural \"tag\" \"tags\" .tags}} {{slice .tags 1 2 | join \"\"}}", "3 tags 2"},
		{"{{printf \"%s!\" .first_name}} {{urlquery .first_name \"&\"}} {{html \"<\"}}", "Anna! Anna%26 &lt;"},
		{"{{.vars.nope | default \"n\"}}{{if and .on .vars.nope}}x{{end}}", "n"},
		{"{{if .vars.nope}}{{.vars.nope}}{{else}}y{{end}}{{with .vars.event}}{{.}}{{else}}{{.vars.nope}}{{end}}", "ySpring"},
		{"{{if .vars.event}}x{{end}}{{if eq .vars.event \"Spring\"}}y{{else}}z{{end}}", "xy"},
	} {
		got, err := renderJSON(t, withFile("b.txt", tt.body), object())
		if err != nil || got != tt.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", tt.body, got, err, tt.want)
		}
	}
}

// A CSV and a JSONL source with the same texts and numbers give the same
// messages, whether the program is flat or executed.
func TestCSVAndJSONLRenderAlike(t *testing.T) {
	h := header(t, "id", "First Name", "n", "day", "blank")
	values := []string{"42", "O'Neill <x>", "1234567.5", "2026-11-22", ""}
	csv := source.NewRecipient(h, 2, values)
	jsonl := source.NewObject(1, map[string]any{"id": "42", "First Name": "O'Neill <x>", "n": json.Number("1234567.5"), "day": "2026-11-22", "blank": ""})
	for _, file := range []string{"b.txt", "b.html", "b.md"} {
		for _, body := range []string{
			"{{.first_name}} {{.n}} {{.blank | default \"none\"}}",
			"{{.first_name | title}} {{number .n}} {{money \"EUR\" .n}} {{date \"day\" .day}} {{.blank | default \"none\" | upper}}",
			"{{if gt .n 1000}}rich{{end}} {{with .first_name}}{{.}}{{end}} <i title=\"{{.first_name}}\">{{if .blank}}x{{else}}y{{end}}</i>",
		} {
			c := load(t, withFile(file, body), nil)
			a, errA := compile(t, c, h).Render(csv)
			b, errB := compile(t, c, nil).Render(jsonl)
			if diff := cmp.Diff(a, b); diff != "" || errA != nil || errB != nil {
				t.Errorf("%s %s: %v %v\n%s", file, body, errA, errB, diff)
			}
		}
	}
}

// The two ways to render give the same bytes for any value: a flat program
// against the executor that it was made from.
func TestFlatEqualsExecuted(t *testing.T) {
	var all strings.Builder
	for r := rune(0); r < 0x180; r++ {
		all.WriteRune(r)
	}
	for _, value := range append(hostile, all.String(), "\xff\xfe", "�", "\ufdd0\ufffe", "") {
		got, err := renderCSV(t, withFile("b.html", `<p title="{{.x}}">{{.x}}{{.x | default "n & n"}}</p><title>{{.x}}</title>`), "x", value)
		want, err2 := renderCSV(t, withFile("b.html", `{{$k := ""}}<p title="{{.x}}">{{.x}}{{.x | default "n & n"}}</p><title>{{.x}}</title>`), "x", value)
		if got != want || (err == nil) != (err2 == nil) {
			t.Errorf("%q:\n got %q, %v\nwant %q, %v", value, got, err, want, err2)
		}
	}
}

// What ought to be flat is, and what must not be is not.
func TestFlat(t *testing.T) {
	for _, tt := range []struct {
		file, body string
		flat       bool
	}{
		{"b.txt", "just text", true},
		{"b.txt", "{{.x}} {{$.x}} {{col \"x\"}} {{.x | default \"y\"}} {{.vars.event | upper}}{{/* why */}}", true},
		{"b.txt", "{{if .vars.event}}{{.x}}{{end}}{{template \"p\" .}}{{template \"p\" $}}", true},
		{"b.html", "<a href=\"{{.vars.link}}\" title=\"{{.x}}\">{{.x}}</a>", true},
		{"b.md", "# {{.x}}\n\n[{{.x}}]({{.vars.link}} \"{{.x}}\")", true},
		{"b.txt", "{{upper .x}}", false},
		{"b.txt", "{{if .x}}a{{end}}", false},
		{"b.txt", "{{.x | default .id}}", false},
		{"b.html", "<a href=\"{{.x}}\">", false},
		{"b.html", "<p style=\"color: {{.x}}\">", false},
		{"b.html", "<p title={{.x}}>", false},
		{"b.html", "{{html .x}}", false},
	} {
		files := withFile(tt.file, tt.body)
		files["p.txt"] = "({{.x}})"
		r := compile(t, load(t, files, nil), header(t, "id", "x"))
		if r.body.flat != tt.flat {
			t.Errorf("%s: flat is %v", tt.body, r.body.flat)
		}
	}
}

// A constant or a text that looks like a token of the probe is none.
func TestTokensAreNotMistaken(t *testing.T) {
	files := withFile("b.txt", "{{.x}} {{.vars.event}} heraldactionxq0z {{col \"id\"}}")
	files["campaign.yaml"] = strings.Replace(files["campaign.yaml"], "event: Spring", "event: heraldactionx0z", 1)
	got, err := renderCSV(t, files, "x", "heraldactionx1z")
	if want := "heraldactionx1z heraldactionx0z heraldactionxq0z 42"; got != want || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRenderIsDeterministicAndConcurrent(t *testing.T) {
	for _, bb := range benchBodies {
		row := benchRow(t)
		r := compile(t, load(t, withFile(bb.file, bb.body), nil), row.Header())
		want, err := r.Render(row)
		if err != nil {
			t.Fatal(err)
		}
		var workers sync.WaitGroup
		for w := range 8 {
			workers.Go(func() {
				other := source.NewRecipient(row.Header(), 3, []string{fmt.Sprint(w), "Bob", "Lee", "Bonn", "Free", "X"})
				for range 50 {
					got, err := r.Render(row)
					if err != nil || cmp.Diff(want, got) != "" {
						t.Errorf("%s: %v %v", bb.name, got, err)
						return
					}
					if m, err := r.Render(other); err != nil || strings.Contains(m.Body, "Anna") {
						t.Errorf("%s: %v %v", bb.name, m, err)
					}
					if key, err := r.Key(other); err != nil || key != fmt.Sprint(w) {
						t.Errorf("%s: key %q, %v", bb.name, key, err)
					}
				}
			})
		}
		workers.Wait()
	}
}

// Rendering a flat text costs the message, its recipients and its body.
func TestRenderAllocations(t *testing.T) {
	row := benchRow(t)
	for _, bb := range benchBodies {
		if strings.HasSuffix(bb.name, "executed") {
			continue
		}
		r := compile(t, load(t, withFile(bb.file, bb.body), nil), row.Header())
		n := testing.AllocsPerRun(100, func() {
			if _, err := r.Render(row); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Key(row); err != nil {
				t.Fatal(err)
			}
		})
		if n > 6 { // it is 3; the race detector empties pools now and then
			t.Errorf("%s: %v allocations", bb.name, n)
		}
	}
}
