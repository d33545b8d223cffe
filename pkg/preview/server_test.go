package preview

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// token is the access token of the tests' environment. No answer may have it.
const token = "dG9rOm5vdC1oZXJl_77aa"

// serve serves the campaign in a folder, as it is by then.
func serve(t *testing.T, load func() (*View, error)) *Server {
	t.Helper()
	t.Setenv("INTERCOM_ACCESS_TOKEN", token)
	s, err := Listen(t.Context(), Options{
		Load:  func(context.Context) (*View, error) { return load() },
		Every: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func serveFolder(t *testing.T, dir string) *Server {
	t.Helper()
	return serve(t, func() (*View, error) { return load(dir) })
}

// get asks for an address as a program does, and follows redirections.
func get(t *testing.T, address string, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range change {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var headers strings.Builder
	_ = answer.Header.Write(&headers)
	if all := headers.String() + string(body); strings.Contains(all, token) {
		t.Errorf("%s tells the token", address)
	}
	return answer, string(body)
}

func TestOnlyItsOwnPageIsAnswered(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	_, port, _ := strings.Cut(s.host, ":")
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"as it is", func(*http.Request) {}, 200},
		{"its own Origin", header("Origin", "http://"+s.host), 200},
		{"a person's hand", header("Sec-Fetch-Site", "none"), 200},
		{"its own page", header("Sec-Fetch-Site", "same-origin"), 200},
		{"HEAD", func(r *http.Request) { r.Method = http.MethodHead }, 200},
		{"another Host", host("evil.example:" + port), 403},
		{"another Host that ends alike", host("evil." + s.host), 403},
		{"a name for this machine", host("localhost:" + port), 403},
		{"no port", host("127.0.0.1"), 403},
		{"another port", host("127.0.0.1:1"), 403},
		{"another Origin", header("Origin", "http://evil.example"), 403},
		{"the Origin of a sandbox", header("Origin", "null"), 403},
		{"an empty Origin", header("Origin", ""), 403},
		{"https", header("Origin", "https://"+s.host), 403},
		{"two Origins", func(r *http.Request) { r.Header["Origin"] = []string{"http://" + s.host, "http://evil.example"} }, 403},
		{"another site", header("Sec-Fetch-Site", "cross-site"), 403},
		{"another port of this machine", header("Sec-Fetch-Site", "same-site"), 403},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, 405},
		{"OPTIONS", func(r *http.Request) { r.Method = http.MethodOptions }, 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"", "message?line=2", "request?line=2", "page.js"} {
				answer, body := get(t, s.URL(0)+path, test.change)
				if answer.StatusCode != test.want {
					t.Errorf("%q answers %d, want %d", path, answer.StatusCode, test.want)
				}
				if test.want >= 400 && (strings.Contains(body, "Name2") || strings.Contains(body, s.secret)) {
					t.Errorf("%q refuses, and says %s", path, body)
				}
				if h := answer.Header.Get("Access-Control-Allow-Origin"); h != "" {
					t.Errorf("%q may be read from %s", path, h)
				}
			}
		})
	}
}

func TestThePathIsSecret(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	if len(s.secret) < 26 { // 128 bits in base 32
		t.Errorf("the secret %q can be guessed", s.secret)
	}
	for _, path := range []string{
		"/", "/favicon.ico", "/page.js", "/message?line=2", "/" + s.secret, "/" + s.secret[1:] + "/", "/" + s.secret + "x/",
		"/" + strings.ToLower(s.secret) + "/", "//" + s.secret + "/", "/" + s.secret + "/../", "/" + s.secret + "/page/page.html", "/" + s.secret + "/none",
	} {
		answer, body := get(t, "http://"+s.host+path)
		if answer.StatusCode != http.StatusNotFound || strings.Contains(body, "Name2") {
			t.Errorf("%s answers %d: %s", path, answer.StatusCode, body)
		}
	}
	other := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	if other.secret == s.secret {
		t.Error("two servers have one secret")
	}
}

func TestATicketIsGoodForOnce(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	ticket := s.Ticket(3)
	if strings.Contains(ticket, s.secret) {
		t.Fatal("a ticket has the secret in it")
	}
	_, _ = get(t, ticket, func(r *http.Request) { r.Host = "evil.example" }) // does not spend it
	answer, body := get(t, ticket)
	if got := answer.Request.URL.String(); got != s.URL(3) || !strings.Contains(body, "Name3") {
		t.Errorf("the ticket leads to %s", got)
	}
	if answer, _ := get(t, ticket); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a second time the ticket answers %d", answer.StatusCode)
	}
	old, latest := s.Ticket(0), s.Ticket(0)
	if answer, _ := get(t, old); answer.StatusCode != http.StatusNotFound {
		t.Errorf("an older ticket answers %d", answer.StatusCode)
	}
	if answer, _ := get(t, latest); answer.StatusCode != http.StatusOK {
		t.Errorf("the latest ticket answers %d", answer.StatusCode)
	}
}

func TestPolicies(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(3)}))
	_, page := get(t, s.URL(2))
	if !strings.Contains(page, `<iframe sandbox="" `) {
		t.Error("the frame has no empty sandbox attribute")
	}
	for path, want := range map[string][]string{
		"":                {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"},
		"message?line=2":  {"default-src 'none'", "; sandbox", "img-src data:;", "form-action 'none'", "frame-ancestors 'self'"},
		"message?line=99": {"default-src 'none'", "; sandbox"},
		"request?line=2":  {"default-src 'none'"},
		"none":            {"default-src 'none'"},
	} {
		answer, _ := get(t, s.URL(0)+path)
		policy := answer.Header.Get("Content-Security-Policy")
		for _, part := range want {
			if !strings.Contains(policy, part) {
				t.Errorf("%q: the policy lacks %s: %s", path, part, policy)
			}
		}
		if strings.HasPrefix(path, "message") && strings.Contains(policy, "script-src") {
			t.Errorf("%q: the policy speaks of scripts: %s", path, policy)
		}
		for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
			if got := answer.Header.Get(name); got != value {
				t.Errorf("%q: %s: %q, want %q", path, name, got, value)
			}
		}
	}
}

func TestPages(t *testing.T) {
	dir := folder(t, map[string]string{
		"contacts.csv": "id,first_name,country\nc2,Anna,DE\nc3,<b>Bert</b>,FR\n broken\n,Nobody,FR\nc6,,US\nc7,Charlotte Wilhelmina,DE\n",
		"body.html":    "<p>Hello {{.first_name | default \"you\"}}</p>",
	})
	s := serveFolder(t, dir)
	for _, test := range []struct {
		name, query string
		want        []string // the address that it ends at, and what the page says
	}{
		{"the first row", "", []string{"", "Line 2", "Hi Anna", `src="message?line=2&amp;theme=light`, "user c2", "admin 394051", `rel="next" href="?line=3"`}},
		{"the last one", "?line=7", []string{"?line=7", "Line 7", `rel="prev" href="?line=6"`, "Next →</span>"}},
		{"a row that can't be read", "?line=4", []string{"?line=4", "This row can't be sent", "contacts.csv:4", "1 column, the header has 3", `href="?line=5"`}},
		{"a row that can't be rendered", "?line=5", []string{"?line=5", "campaign.yaml:3:23</code> to.id: is empty"}},
		{"contact data is text", "?line=3", []string{"?line=3", "&lt;b&gt;Bert&lt;/b&gt;"}},
		{"an optional field", "?line=6", []string{"?line=6", "Hi there", "empty, and used"}},
		{"no such line", "?line=40", []string{"?line=40", "No row starts on line 40", "Line 7"}},
		{"no line", "?line=x", []string{"?line=x", "Line 2"}},
		{"by key", "?in=key&find=c6", []string{"?line=6", "Hi there"}},
		{"by a field", "?in=field:country&find=fr", []string{"?line=3"}},
		{"the next one", "?in=field:country&find=de&line=2&next=1", []string{"?line=7"}},
		{"by anything", "?in=any&find=charlotte+wilhelmina", []string{"?line=7"}},
		{"by line", "?in=line&find=3", []string{"?line=3"}},
		{"nobody", "?in=any&find=zzz", []string{"?in=any&find=zzz", "No row has that", `value="zzz"`}},
		{"longest", "?pick=longest", []string{"?line=7"}},
		{"shortest", "?pick=shortest", []string{"?line=2"}},
		{"sparsest", "?pick=sparsest", []string{"?line=6"}},
		{"sample", "?pick=sample&theme=dark", []string{"?line=2&sample=1&theme=dark", "Sample, line", `<a href="?line=5&amp;sample=1&amp;theme=dark"`}},
		{"phone and dark stay", "?line=2&width=phone&theme=dark", []string{"?line=2&width=phone&theme=dark", "theme=dark&amp;version", `class="screen phone dark"`, `href="?line=3&amp;theme=dark&amp;width=phone"`}},
		{"nonsense", "?width=%22&theme=x&pick=y&in=field", []string{"?width=%22&theme=x&pick=y&in=field", `class="screen desktop light"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, body := get(t, s.URL(0)+test.query)
			if got, want := answer.Request.URL.String(), s.URL(0)+test.want[0]; got != want {
				t.Errorf("ends at %s, want %s", got, want)
			}
			for _, part := range test.want[1:] {
				if !strings.Contains(body, part) {
					t.Errorf("lacks %s:\n%s", part, body)
				}
			}
		})
	}
}

func TestTheRequestIsExact(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": "id,first_name\nc2,\"J\u00fcrgen <3\"\n"}))
	answer, body := get(t, s.URL(0)+"request?line=2")
	want := `{"message_type":"email","subject":"Hi Jürgen <3","body":"<p>Hello Jürgen &lt;3</p>\n","template":"personal","from":{"type":"admin","id":394051},"to":{"type":"user","id":"c2"}}`
	if body != want || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s, want %s", body, want)
	}
	if !json.Valid([]byte(body)) {
		t.Error("it is no JSON")
	}
}

func TestProblemsAreAskedFor(t *testing.T) {
	dir := folder(t, map[string]string{"contacts.csv": "id,first_name\nc2,ANNA\n,Bert\n"})
	s := serve(t, func() (*View, error) {
		v, err := load(dir)
		if err == nil {
			v.Problems = func(row *source.Recipient, _ string, m *intercom.Message) []Problem {
				if m == nil {
					return []Problem{{Text: "no message to look at"}}
				}
				return []Problem{{Place: "contacts.csv:2:4", Text: "ANNA shouts", Warning: true}}
			}
		}
		return v, err
	})
	if _, body := get(t, s.URL(2)); !strings.Contains(body, "contacts.csv:2:4</code> ANNA shouts") || !strings.Contains(body, "Worth a look") {
		t.Errorf("the warning is not shown:\n%s", body)
	}
	if _, body := get(t, s.URL(3)); !strings.Contains(body, "no message to look at") || !strings.Contains(body, "to.id: is empty") {
		t.Errorf("the problems are not shown:\n%s", body)
	}
}

func TestInAppSaysWhatItIs(t *testing.T) {
	campaign := strings.NewReplacer("type: email", "type: in_app", "  template: personal\n", "").Replace(emailCampaign)
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(1), "campaign.yaml": campaign}))
	_, body := get(t, s.URL(2))
	for _, part := range []string{"no push", "next visit", "can't be recalled"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page does not say %q", part)
		}
	}
	if _, body := get(t, s.URL(0)+"message?line=2"); !strings.Contains(body, `<div class="in-app">`) {
		t.Errorf("the message is not in the messenger: %s", body)
	}
}

func TestDisarm(t *testing.T) {
	for body, want := range map[string]string{
		`<p>a link, <b>base</b></p>`:               `<p>a link, <b>base</b></p>`,
		"<a href=x><svg><a xlink:HREF\n='y'>":      "<a data-href=x><svg><a xlink:data-href\n='y'>",
		`<iframe src=x><OBJECT><embed/src=x>`:      `<x-iframe src=x><x-OBJECT><x-embed/src=x>`,
		`<LINK rel=preconnect href=//x>`:           `<x-LINK rel=preconnect data-href=//x>`,
		"<link/rel=x><meta\nhttp-equiv=x><base\t>": "<x-link/rel=x><x-meta\nhttp-equiv=x><x-base\t>",
		`<metadata><linker>`:                       `<metadata><linker>`,
	} {
		if got := disarm(body); got != want {
			t.Errorf("disarm %q: got %q, want %q", body, got, want)
		}
	}
}

// follow returns the versions that the server announces to a page.
func follow(t *testing.T, s *Server) func() string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL(0)+"events?have=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("events are of type %s", got)
	}
	events := bufio.NewScanner(answer.Body)
	return func() string {
		for events.Scan() {
			if version, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				return version
			}
		}
		t.Fatalf("the events ended: %v", events.Err())
		return ""
	}
}

func TestThePageFollowsWhatIsSaved(t *testing.T) {
	dir := folder(t, map[string]string{"contacts.csv": csv(3)})
	s := serveFolder(t, dir)
	next := follow(t, s)
	for i, step := range []struct {
		file, text string
		want       string // on the page afterwards
	}{
		{"body.html", "<p>Dear {{.first_name}}</p>", "Dear Name2"},
		{"contacts.csv", "id,first_name\nc2,Zoe\n", "Dear Zoe"},
		{"campaign.yaml", strings.Replace(emailCampaign, "Hi ", "Good day ", 1), "Good day Zoe"},
		{"body.html", "<p>Dear {{.last_name}}</p>", "last_name"},
		{"body.html", "<p>Dear {{template \"sign\" .}}</p>", "sign"},
		{"sign.html", "from Anna", "Dear from Anna"},
		{"sign.html", "from Bert", "Dear from Bert"},
	} {
		write(t, dir, map[string]string{step.file: step.text})
		next()
		_, page := get(t, s.URL(0))
		_, message := get(t, s.URL(0)+"message?line=2")
		for !strings.Contains(page+message, step.want) {
			// a save may have been seen half done
			next()
			_, page = get(t, s.URL(0))
			_, message = get(t, s.URL(0)+"message?line=2")
		}
		if strings.Contains(page, "This can't be shown") != (i == 3 || i == 4) {
			t.Errorf("step %d: the page is\n%s", i, page)
		}
	}
}

func TestListenReportsTheFirstLoad(t *testing.T) {
	cause := errors.New("no campaign")
	_, err := Listen(t.Context(), Options{Load: func(context.Context) (*View, error) { return nil, cause }})
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	dir := folder(t, map[string]string{"contacts.csv": csv(3)})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Listen(ctx, Options{Load: func(context.Context) (*View, error) { return load(dir) }})
	if err != nil {
		t.Fatal(err)
	}
	follow(t, s) // a page is open
	cancel()
	if err := s.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	if _, err := http.Get(s.URL(0)); !errors.As(err, new(*url.Error)) {
		t.Errorf("afterwards it answers: %v", err)
	}
}

func TestFilesAreToldApart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	absent := stampsOf([]string{path})
	write(t, dir, map[string]string{"f": "one"})
	first := stampsOf([]string{path})
	write(t, dir, map[string]string{"f": "three"})
	second := stampsOf([]string{path})
	if sameStamps(absent, first) || sameStamps(first, second) || sameStamps(second, absent) {
		t.Error("a change is not seen")
	}
	if !sameStamps(second, stampsOf([]string{path})) || !sameStamps(absent, absent) {
		t.Error("a change is seen where there is none")
	}
}

func TestVariantsCanBeChosen(t *testing.T) {
	s := serveFolder(t, folder(t, map[string]string{"contacts.csv": csv(2), "campaign.yaml": emailCampaign +
		"variants: {plain: {weight: 0.001}, loud: {weight: 1000000, subject: \"HELLO\"}}\n"}))
	for query, want := range map[string][]string{
		"?line=2":               {"<dd>loud</dd>", "HELLO", `<a class="button" href="?line=2&amp;variant=plain">plain</a>`, "theme=light&amp;version=1\""},
		"?line=2&variant=plain": {"<dd>plain</dd>", "Hi ", `href="?line=3&amp;variant=plain"`, "version=1&amp;variant=plain", `name="variant" value="plain"`},
		"?line=2&variant=x":     {"<dd>loud</dd>"},
	} {
		_, body := get(t, s.URL(0)+query)
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %s:\n%s", query, part, body)
			}
		}
	}
	if _, body := get(t, s.URL(0)+"request?line=2&variant=plain"); !strings.Contains(body, `"subject":"Hi `) {
		t.Errorf("the request is of another variant: %s", body)
	}
}
