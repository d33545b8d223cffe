package campaign

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// everything sets each key that there is.
const everything = `name: spring-launch
source: data/contacts.csv
encoding: windows-1252
delimiter: tab
vars: {event: "Spring launch", code: 012, yes: on, none: , n: 1e3}
to: {type: "{{.role}}", id: "{{.contact_id}}"}
key: "{{.contact_id}}"
message:
  type: email
  subject: "Hi {{.first_name}}, it's here"
  body: welcome.html
  template: personal
  from: 394051
  cc: {type: user, id: "{{.boss}}"}
  bcc:
    - {type: user, id: abc}
    - {type: lead, id: def}
  created_at: 2026-11-22T09:30:00Z
  create_conversation_without_contact_reply: true
rate: 1600/10s
share: 80%
workers: 32
timeout: 90s
stop: {failures: 7%, unknown: 3}
expect: {rows: 400..600}
api: {region: eu, base_url: "https://api.example.com/", version: "2.15", workspace: ab12cd}
`

func TestLoadEverything(t *testing.T) {
	c := load(t, map[string]string{"campaign.yaml": everything, "welcome.html": "<p>{{.first_name}}</p>"}, nil)
	want := &Campaign{
		Name:   "spring-launch",
		Source: Source{Path: filepath.Join(filepath.Dir(c.File), "data", "contacts.csv"), Encoding: "windows-1252", Delimiter: '\t'},
		Vars:   map[string]string{"event": "Spring launch", "code": "012", "yes": "on", "none": "", "n": "1e3"},
		Message: Message{
			Type: "email", Template: "personal", OpenConversation: true,
			CreatedAt: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
		},
		Rate: Rate{N: 1600, Per: 10 * time.Second}, Share: 0.8, Workers: 32, Timeout: 90 * time.Second,
		Stop:       Stop{Failures: Limit{Share: 0.07}, Unknown: Limit{Count: 3}},
		API:        API{Region: "eu", BaseURL: "https://api.example.com", Version: "2.15", Workspace: "ab12cd"},
		ExpectRows: Range{400, 600},
	}
	ignore := cmpopts.IgnoreFields(Campaign{}, "File", "To", "Key", "Message.Subject", "Message.Body", "Message.From", "Message.CC", "Message.BCC")
	if diff := cmp.Diff(want, c, ignore, cmpopts.IgnoreUnexported(Campaign{})); diff != "" {
		t.Error(diff)
	}
	texts := map[string]string{}
	for _, tmpl := range append(c.inline(), c.Body) {
		texts[tmpl.Name] = tmpl.Text
	}
	wantTexts := map[string]string{
		"to.type": "{{.role}}", "to.id": "{{.contact_id}}", "key": "{{.contact_id}}",
		"message.subject": "Hi {{.first_name}}, it's here", "message.from": "394051",
		"message.cc[1].type": "user", "message.cc[1].id": "{{.boss}}",
		"message.bcc[1].type": "user", "message.bcc[1].id": "abc",
		"message.bcc[2].type": "lead", "message.bcc[2].id": "def",
		"welcome.html": "<p>{{.first_name}}</p>",
	}
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Error(diff)
	}
}

func TestLoadDefaults(t *testing.T) {
	c := load(t, map[string]string{"campaign.yaml": strings.Replace(inApp("x"), "contacts.csv", `"-"`, 1)}, nil)
	if c.Source.Path != "-" || c.Workers != 64 || c.Timeout != time.Minute || c.Rate != (Rate{}) || c.Share != 0 ||
		c.Stop != (Stop{Failures: Limit{Share: 0.05}, Unknown: Limit{Count: 20}}) || c.Key != nil {
		t.Errorf("defaults: %+v", c)
	}
}

// Every problem of a file is found at once, sorted by place, in these words.
func TestLoadProblems(t *testing.T) {
	const rest = "message: {type: in_app, from: 7, body: b.txt}\n"
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "campaign.yaml: is empty"},
		{"only a comment", "# nothing\n", "campaign.yaml: is empty"},
		{"nothing said", "~\n", "campaign.yaml: is empty"},
		{"a list", "- a\n", "campaign.yaml:1:1: a campaign file must be keys with values"},
		{"nothing required", "rate: auto\n", `
campaign.yaml:1:1: name is missing
campaign.yaml:1:1: source is missing
campaign.yaml:1:1: to is missing
campaign.yaml:1:1: message is missing`},
		{"unknown keys", head + "wrokers: 3\nzzz: 1\n" + "message: {type: in_app, form: 7, body: b.txt}\n", `
campaign.yaml:4:1: unknown key wrokers (did you mean workers?)
campaign.yaml:5:1: unknown key zzz
campaign.yaml:6:25: unknown key message.form (did you mean from?)`},
		{"given twice", head + rest + "rate: auto\nname: again\n", "campaign.yaml:6:1: name is given twice, first in line 1"},
		{"every value wrong", `name: "My Campaign!"
source: ""
delimiter: xx
vars: {a b: 1, c: [1]}
to: {type: usr, id: "  "}
message:
  type: emial
  body: b.txt
  template: personnel
  from: somebody
  cc: {type: user}
  created_at: yesterday
  create_conversation_without_contact_reply: maybe
rate: 1600
share: 80
workers: 2000
timeout: 60
stop: {failures: 0, unknown: -1}
expect: {rows: some, columns: 3}
api: {region: ue, base_url: api.example.com}
`, `
campaign.yaml:1:7: name: "My Campaign!" must be made of letters, digits, dots, dashes and underscores, 100 at most: it names files (did you mean my-campaign?)
campaign.yaml:2:9: source is empty
campaign.yaml:3:12: delimiter: "xx" must be one of , ; | : or tab
campaign.yaml:4:8: vars.a b must be a name of letters, digits and underscores
campaign.yaml:4:19: vars.c must be a single value
campaign.yaml:5:12: to.type: "usr" must be user or lead (did you mean user?)
campaign.yaml:5:21: to.id is empty
campaign.yaml:7:9: message.type: "emial" must be email, in_app or inapp (did you mean email?)
campaign.yaml:9:13: message.template: "personnel" must be plain or personal (did you mean personal?)
campaign.yaml:10:9: message.from: "somebody" must be the id or the email address of an admin
campaign.yaml:11:7: message.cc[1].id is missing
campaign.yaml:12:15: message.created_at: "yesterday" must be unix seconds or a time as in 2026-11-22T09:30:00Z
campaign.yaml:13:46: message.create_conversation_without_contact_reply: "maybe" must be true or false
campaign.yaml:14:7: rate: "1600" must be auto or a number in a time, as in 160/s, 1600/10s or 9000/min
campaign.yaml:15:8: share: "80" must be a percentage above 0% and up to 100%, as in 80%
campaign.yaml:16:10: workers: "2000" must be a whole number from 1 to 1024
campaign.yaml:17:10: timeout: "60" must be a time from 1s to 1h, as in 60s
campaign.yaml:18:18: stop.failures: "0" must be a count, as in 20, a percentage, as in 5%, or none
campaign.yaml:18:30: stop.unknown: "-1" must be a count, as in 20, a percentage, as in 5%, or none
campaign.yaml:19:16: expect.rows: "some" must be a number of rows, as in 500, 400..600, 400.. or ..600
campaign.yaml:19:22: unknown key expect.columns
campaign.yaml:20:15: api.region: "ue" must be us, eu or au
campaign.yaml:20:29: api.base_url: "api.example.com" must be an address that begins with https://`},
		{"an email needs more", head + "message: {type: email, from: 7, body: b.txt}\n", `
campaign.yaml:4:10: message.template is missing
campaign.yaml:4:10: message.subject is missing`},
		{"purpose", head + rest + "purpose: x\n", `campaign.yaml:5:10: purpose: "x" must be marketing or service`},
		{"variants that are none", head + rest + "variants: []\nhold: 100%\n", `
campaign.yaml:5:11: variants must be names, each with what it has of its own, as in a: {subject: Hello}
campaign.yaml:6:7: hold: "100%" must be a percentage above 0% and below 100%, as in 80%`},
		{"variants by weight", head + "message: {type: email, template: plain, from: 7}\nvariants:\n  a: {weight: 0, body: b.txt}\n  b!: {wieght: 3, body: c.txt}\n  a: {}\n", `
campaign.yaml:4:10: message.subject is missing, and variants.a has none of its own
campaign.yaml:6:15: variants.a.weight: "0" must be a number above 0, as in 1, 50 or 50%: weights count relative to each other
campaign.yaml:7:3: variants.b! must be a name of letters, digits, dashes and underscores, 40 at most
campaign.yaml:7:8: unknown key variants.b!.wieght (did you mean weight?)
campaign.yaml:7:25: variants.b!.body: there is no file and no shipped template "c.txt"; a text of its own goes after a pipe (body: |) (did you mean b.txt?)
campaign.yaml:8:3: variants.a is given twice, first in line 6`},
		{"variants by condition", head + rest + "hold: 80%\nvariants:\n  de: {when: '{{eq .lang \"de\"}}', weight: 2}\n  fr: {subject: Bonjour}\n  else: {weight: 1}\n", `
campaign.yaml:5:7: hold keeps rows back until it is known which variant is best: it goes with variants that have weights
campaign.yaml:7:3: variants.de has a weight or a condition (when), not both
campaign.yaml:8:3: variants.fr has no condition (when), and others have one, or are else, which is for all other rows
campaign.yaml:9:3: variants.else is for all other rows: it has neither a condition nor a weight`},
		{"only else", head + rest + "variants: {else: }\nhold: 5%\n", `
campaign.yaml:5:12: variants.else is for all other rows, and there are no others
campaign.yaml:6:7: hold keeps rows back until it is known which variant is best: it goes with variants that have weights`},
		{"hold alone", head + rest + "hold: 5%\n", "campaign.yaml:5:7: hold keeps rows back until it is known which variant is best: it goes with variants that have weights"},
		{"to a group", "name: a\nsource: \"-\"\nto: [{type: user, id: a}]\n" + rest, "campaign.yaml:3:5: to as a list, one shared message for a group, is not supported by this version"},
		{"unquoted braces", head + "message: {type: in_app, from: 7, body: b.txt}\nkey: {{.id}}\n", "campaign.yaml:5:6: key begins with {{ and must be in quotes"},
		{"a colon", "name: a: b\n", "campaign.yaml:1:8: a colon can't stand here: put a value that has one in quotes, or check the indentation"},
		{"a tab", "name: a\n\tsource: b\n", "campaign.yaml:2:1: indent with blanks, not tabs"},
		{"an at sign", "name: @a\n", "campaign.yaml:1:7: a value can't begin with this character: put it in quotes; indent with blanks, not tabs"},
		{"a bare dash", "name: a\nsource: -\n", `campaign.yaml:2:9: a dash can't stand here: put it in quotes ("-")`},
		{"an open quote", "name: a\nsource: \"b\n", "campaign.yaml:2:9: the quote that opens here is never closed"},
		{"an open list", "name: [a\nb: 2", "campaign.yaml:2:2: the list [ ... ] that this belongs to is not closed"},
		{"a quote in quotes", "name: 'it's'\n", "campaign.yaml:1:11: quotes or indentation don't match here"},
		{"two documents", "name: a\n---\nname: b\n", "campaign.yaml: the file has more than one document (---): one file is one campaign"},
		{"unknown anchor", "name: *a\n", "campaign.yaml:1:7: this is not YAML: unknown anchor 'a' referenced"},
		{"not UTF-8", "name: a\nsource: M\xfcller.csv\n", "campaign.yaml:2: is not UTF-8 text: save the file as UTF-8"},
		{"no such body", head + "message: {type: in_app, from: 7, body: c.txt}\n", `campaign.yaml:4:40: message.body: there is no file and no shipped template "c.txt"; a text of its own goes after a pipe (body: |) (did you mean b.txt?)`},
		{"no such shipped template", head + "message: {type: in_app, from: 7, body: notise}\n", `campaign.yaml:4:40: message.body: there is no file and no shipped template "notise"; a text of its own goes after a pipe (body: |) (did you mean notice?)`},
		{"empty body", head + "message: {type: in_app, from: 7, body: empty.txt}\n", "campaign.yaml:4:40: message.body: DIR/empty.txt is empty"},
		{"a body that is a folder", head + "message: {type: in_app, from: 7, body: dir.txt}\n", "campaign.yaml:4:40: message.body: DIR/dir.txt can't be read: is a folder"},
		{"body as a list", head + "message: {type: in_app, from: 7, body: [a]}\n", "campaign.yaml:4:40: message.body must be a single value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, map[string]string{"campaign.yaml": tt.file, "b.txt": "Hi", "empty.txt": "\n", "dir.txt/x": ""})
			_, err := Load(path, Options{Shipped: fstest.MapFS{"notice.html": {Data: []byte("<p>x</p>")}}})
			checkProblems(t, path, err, tt.want)
		})
	}
}

// checkProblems compares an error, without the folder that it happened in.
func checkProblems(t *testing.T, path string, err error, want string) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want problems", err)
	}
	dir := filepath.Dir(path)
	got := strings.ReplaceAll(err.Error(), path, "campaign.yaml")
	got = strings.ReplaceAll(got, dir+string(filepath.Separator), "DIR/")
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadUnreadable(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big, Options{}); !errors.Is(err, errTooLong) {
		t.Errorf("a big file: %v", err)
	}
}

func TestBodyIsFoundByName(t *testing.T) {
	shipped := fstest.MapFS{
		"notice.html": {Data: []byte("<p>shipped</p>")},
		"plain.txt":   {Data: []byte("shipped")},
	}
	own := map[string]string{"notice.html": "<p>own</p>", "sub/b.md": "own", "two words.txt": "own"}
	for _, tt := range []struct{ body, text, file string }{
		{"notice", "<p>own</p>", "notice.html"},
		{"notice.html", "<p>own</p>", "notice.html"},
		{"plain", "shipped", "shipped:plain.txt"},
		{"sub/b.md", "own", "b.md"},
		{"two words.txt", "own", "two words.txt"},
		{"just text", "just text", "campaign.yaml"},
		{"\"{{.id}}\"", "{{.id}}", "campaign.yaml"},
		{"\"a\\nb.txt\"", "a\nb.txt", "campaign.yaml"},
		{"|\n    notice", "notice\n", "campaign.yaml"},
	} {
		own["campaign.yaml"] = head + "message:\n  type: in_app\n  from: 7\n  body: " + tt.body + "\n"
		c := load(t, own, shipped)
		if c.Body.Text != tt.text || !strings.HasSuffix(c.Body.File, tt.file) {
			t.Errorf("body %q: %q from %s", tt.body, c.Body.Text, c.Body.File)
		}
	}
}

func TestLiteralBodyIsHTMLIfItHasATag(t *testing.T) {
	for text, want := range map[string]Format{
		"Hi {{.id}}":          Plain,
		"1 < 2 and 3 > 2":     Plain,
		"I <3 you {{.id}} >":  Plain,
		"<p>Hi</p>":           HTML,
		"Hi<br>you":           HTML,
		`<a href="x">Hi</a>`:  HTML,
		"<wow@example.com> x": HTML, // looks like one: escaping is the safe side
	} {
		if c := load(t, map[string]string{"campaign.yaml": inApp(text)}, nil); c.Body.Format != want {
			t.Errorf("%q: format %d, want %d", text, c.Body.Format, want)
		}
	}
}

func TestParseRateAndString(t *testing.T) {
	for in, want := range map[string]string{
		"auto": "auto", "160/s": "160/s", "1600/10s": "1600/10s", "9000/min": "9000/min", "9000/m": "9000/min",
		"5 / 1m30s": "5/1m30s", "10/h": "10/h", "7/2m": "7/2m",
	} {
		r, err := ParseRate(in)
		if err != nil || r.String() != want {
			t.Errorf("%q: %v, %v", in, r, err)
		}
		if again, err := ParseRate(r.String()); err != nil || again != r {
			t.Errorf("%q does not come back: %v, %v", in, again, err)
		}
	}
	for _, in := range []string{"", "0/s", "-1/s", "x/s", "1/", "1/ms", "1/48h", "1.5/s"} {
		if r, err := ParseRate(in); err == nil {
			t.Errorf("%q is %v", in, r)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"name", "first_name", "Last Name", "email"}
	for in, want := range map[string]string{
		"frist_name": "first_name", "FIRST_NAME": "first_name", "emial": "email", "last name": "Last Name",
		"nmae": "name", "x": "", "firstname": "first_name", "telephone": "",
	} {
		if got := Nearest(in, words); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
