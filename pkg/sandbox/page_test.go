package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`, `</iframe><script>alert(1)</script>`,
	`</title><script>alert(1)</script>`, `{{.Witness}}`, `javascript:alert(1)`, `&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;`,
}

// TestPageIsSafe looks at the page as a browser would: whatever a message says,
// the page's own elements stay what they are.
func TestPageIsSafe(t *testing.T) {
	s := New(Options{})
	for _, evil := range hostile {
		text, err := json.Marshal(evil)
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(`{"message_type":"email","template":"plain","subject":%[1]s,"body":%[1]s,`+
			`"from":{"type":"admin","id":394051},"to":{"type":"user","id":%[1]s}}`, text)
		if w := post(s, body); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	for i := range len(hostile) {
		path := fmt.Sprintf("/?message=%d", i+1)
		w := get(s, path)
		frame := checkPage(t, path, w.Body.String())
		if !strings.HasSuffix(frame, hostile[i]) {
			t.Errorf("%s shows %q", path, frame)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") ||
			strings.Contains(policy, "script") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
	w := get(s, "/")
	checkPage(t, "/", w.Body.String())
	if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") {
		t.Errorf("the list has the policy %q", policy)
	}
}

// checkPage refuses scripts, event handlers, foreign addresses and frames that
// are not sandboxed, and returns the frame's document.
func checkPage(t *testing.T, path, page string) (frame string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		token := tokens.Token()
		if token.Data == "script" || token.Data == "img" {
			t.Errorf("%s has an element %s", path, token)
		}
		sandboxed := false
		for _, a := range token.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				t.Errorf("%s has an attribute in %s", path, token)
			case a.Key == "href" && !strings.HasPrefix(a.Val, "/"):
				t.Errorf("%s has a link to %s", path, a.Val)
			case a.Key == "sandbox" && a.Val == "":
				sandboxed = true
			case a.Key == "srcdoc":
				frame = a.Val
			}
		}
		if token.Type == html.StartTagToken && token.Data == "iframe" && !sandboxed {
			t.Errorf("%s has an open frame", path)
		}
	}
	return frame
}

func TestPageShowsWhatMatters(t *testing.T) {
	s := New(Options{KeepMessages: 2, Limit: 100})
	for _, id := range []string{"first", "maria", "maria"} {
		post(s, fmt.Sprintf(emailTo, id))
	}
	post(s, fmt.Sprintf(inAppTo, "lead"))
	for path, want := range map[string][]string{
		"/":           {`http-equiv="refresh"`, `<div class="bad"><dt>written to twice</dt><dd>1</dd>`, ">lead<", ">maria<", "in-app", "Choose a message"},
		"/?to=maria":  {"Messages to <b>maria</b>", "/?message=3&amp;to=maria#m3"},
		"/?to=nobody": {"No message to this contact"},
		"/?message=3": {"Anna Arndt &lt;anna@example.com&gt;", "plain template", "sandbox=\"\""},
		"/?message=1": {"Message 1 is not kept here"},
	} {
		page := get(s, path).Body.String()
		for _, part := range want {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %s", path, part)
			}
		}
		if strings.Contains(page, ">first<") {
			t.Errorf("%s shows more than the latest two", path)
		}
	}
	if s.Reset(); !strings.Contains(get(s, "/").Body.String(), "No message yet") {
		t.Error("the reset left something")
	}
	if css := get(s, "/_sandbox/inbox.css"); css.Code != 200 || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %v", css.Code, css.Header())
	}
}

func TestTitles(t *testing.T) {
	for body, want := range map[string]string{
		"Hi\n Maria":                           "Hi Maria",
		"<style>p{}</style><p>Hi &amp; ho</p>": "Hi & ho",
		strings.Repeat("é", 81):                strings.Repeat("é", 80) + "…",
	} {
		if got := (&letter{Body: body}).Title(); got != want {
			t.Errorf("%q: %q", body, got)
		}
	}
}
