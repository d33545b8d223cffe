package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	emailTo = `{"message_type":"email","subject":"Hi","body":"<p>Hello</p>","template":"plain",` +
		`"from":{"type":"admin","id":394051},"to":{"type":"user","id":"%s"}}`
	inAppTo = `{"message_type":"in_app","body":"Hello",` +
		`"from":{"type":"admin","id":394051},"to":{"type":"lead","id":"%s"}}`
)

// newRequest is a POST /messages with everything in order.
func newRequest(base, body string) *http.Request { return newRequestTo(base+"/messages", body) }

func newRequestTo(url, body string) *http.Request {
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer secret", "Accept": "application/json",
		"Content-Type": "application/json", "Intercom-Version": "2.15",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// ask serves one request without a socket.
func ask(s *Sandbox, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func post(s *Sandbox, body string) *httptest.ResponseRecorder { return ask(s, newRequest("", body)) }

func get(s *Sandbox, path string) *httptest.ResponseRecorder {
	r := newRequest("", "")
	r.Method, r.URL.Path = "GET", path
	path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.URL.Path = path
	return ask(s, r)
}

func at(unix int64) func() time.Time { return func() time.Time { return time.Unix(unix, 0) } }

func wantJSON(t *testing.T, w *httptest.ResponseRecorder, status int, want string) {
	t.Helper()
	var got, expected any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("answer %d is not JSON: %q", w.Code, w.Body)
	}
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, got); diff != "" || w.Code != status {
		t.Errorf("status %d, want %d; (-want +got)\n%s", w.Code, status, diff)
	}
	if media := w.Header().Get("Content-Type"); media != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", media)
	}
}

const owner = `{"type":"admin","id":"394051","name":"Anna Arndt","email":"anna@example.com",` +
	`"away_mode_enabled":false,"has_inbox_seat":true,"team_ids":[]}`

func TestMessageAnswers(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"email": {fmt.Sprintf(emailTo, "a"), `{"type":"admin_message","id":"1","created_at":1734537786,"subject":"Hi",
			"body":"<p>Hello</p>","message_type":"email","owner":` + owner + `}`},
		"in_app": {fmt.Sprintf(inAppTo, "a"), `{"type":"admin_message","id":"1","created_at":1734537786,
			"body":"Hello","message_type":"inapp","owner":` + owner + `}`},
		"inapp with conversation, cc and time": {
			`{"message_type":"inapp","body":"Hello","from":{"type":"admin","id":394051},"to":[{"type":"lead","id":"a"}],
			"cc":{"type":"user","id":"b"},"bcc":[{"type":"user","id":"c"},{"type":"lead","id":"d"}],
			"created_at":1734537000,"create_conversation_without_contact_reply":true}`,
			`{"type":"admin_message","id":"1","created_at":1734537786,"body":"Hello","message_type":"inapp",
			"conversation_id":"600000001","owner":` + owner + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			wantJSON(t, post(New(Options{Now: at(1734537786)}), test.body), 200, test.want)
		})
	}
}

func TestAdminAnswers(t *testing.T) {
	s := New(Options{Admins: []Admin{{394051, "Anna Arndt", "anna@example.com"}}})
	wantJSON(t, get(s, "/admins"), 200, `{"type":"admin.list","admins":[`+owner+`]}`)
	wantJSON(t, get(s, "/admins/394051"), 200, owner)
	wantJSON(t, get(s, "/me"), 200, `{"type":"admin","id":"394051","name":"Anna Arndt","email":"anna@example.com",
		"email_verified":true,"has_inbox_seat":true,"app":{"type":"app","id_code":"sandbox","name":"Sandbox",
		"region":"US","timezone":"America/Los_Angeles","created_at":1577836800,"identity_verification":false}}`)
	for path, code := range map[string]string{
		"/admins/7": "admin_not_found", "/admins/x": "admin_not_found", "/admins/0": "admin_not_found",
		"/contacts": "not_found", "/messages": "not_found", "/me/": "not_found",
	} {
		wantRefusal(t, get(s, path), 404, code, "", "")
	}
}

// wantRefusal checks an error.list; an empty message is not compared.
func wantRefusal(t *testing.T, w *httptest.ResponseRecorder, status int, code, message, field string) {
	t.Helper()
	var got struct {
		Type      string
		RequestID string `json:"request_id"`
		Errors    []struct {
			Code    *string
			Message string
			Field   *string
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Errors) != 1 || got.Errors[0].Code == nil {
		t.Fatalf("answer %d: %s", w.Code, w.Body)
	}
	e := got.Errors[0]
	if e.Field == nil {
		e.Field = new(string)
	}
	if got.Type != "error.list" || !strings.HasPrefix(got.RequestID, "sandbox-") {
		t.Errorf("envelope %+v", got)
	}
	if w.Code != status || *e.Code != code || *e.Field != field || message != "" && e.Message != message {
		t.Errorf("got %d %q %q field %q, want %d %q %q field %q",
			w.Code, *e.Code, e.Message, *e.Field, status, code, message, field)
	}
}

func TestHeaderRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		header, value string // "" removes it
		status        int
		code, field   string
	}{
		"no token":      {"Authorization", "", 401, "missing_authorization", ""},
		"wrong token":   {"Authorization", "Bearer other", 401, "unauthorized", ""},
		"no bearer":     {"Authorization", "secret", 401, "unauthorized", ""},
		"no Accept":     {"Accept", "", 406, "media_type_not_acceptable", ""},
		"wrong Accept":  {"Accept", "text/html", 406, "media_type_not_acceptable", ""},
		"form":          {"Content-Type", "application/x-www-form-urlencoded", 415, "media_type_not_supported", ""},
		"no type":       {"Content-Type", "", 415, "media_type_not_supported", ""},
		"wrong version": {"Intercom-Version", "2.99", 400, "intercom_version_invalid", "intercom_version"},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Token: "secret"})
			r := newRequest("", fmt.Sprintf(inAppTo, "a"))
			r.Header.Set(test.header, test.value)
			if test.value == "" {
				r.Header.Del(test.header)
			}
			wantRefusal(t, ask(s, r), test.status, test.code, "", test.field)
			if w := s.Witness(); w.Messages != 0 || w.Requests != 1 {
				t.Errorf("witness %+v", w)
			}
		})
	}
}

func TestRestrictedPlan(t *testing.T) {
	wantRefusal(t, get(New(Options{Restricted: true}), "/me"), 403, "api_plan_restricted", "Active subscription needed.", "")
}

func TestOldVersionHasNoCopies(t *testing.T) {
	r := newRequest("", strings.Replace(fmt.Sprintf(inAppTo, "a"), `{`, `{"cc":{"type":"user","id":"b"},`, 1))
	r.Header.Set("Intercom-Version", "2.13")
	wantRefusal(t, ask(New(Options{}), r), 400, "parameter_invalid", "cc is not supported before version 2.14", "cc")
}

func TestBodyRefusals(t *testing.T) {
	email := fmt.Sprintf(emailTo, "a")
	for name, test := range map[string]struct {
		old, new             string // of a good email
		status               int
		code, message, field string
	}{
		"no body":             {`"body":"<p>Hello</p>",`, ``, 400, "parameter_invalid", "Body is required", "body"},
		"empty body":          {`<p>Hello</p>`, ``, 400, "parameter_invalid", "Body is required", "body"},
		"body null":           {`"<p>Hello</p>"`, `null`, 400, "type_mismatch", "body must be a string", "body"},
		"no subject":          {`"subject":"Hi",`, ``, 422, "parameter_not_found", "No subject supplied for email message", "subject"},
		"no template":         {`"template":"plain",`, ``, 422, "parameter_not_found", "", "template"},
		"odd template":        {`"plain"`, `"fancy"`, 400, "parameter_invalid", "", "template"},
		"empty template":      {`"plain"`, `""`, 400, "parameter_invalid", "", "template"},
		"unknown type":        {`"email"`, `"sms"`, 400, "parameter_invalid", "", "message_type"},
		"no type":             {`"message_type":"email",`, ``, 400, "parameter_invalid", "", "message_type"},
		"unknown member":      {`{"message_type"`, `{"titel":1,"message_type"`, 400, "parameter_invalid", "titel is not a parameter", "titel"},
		"capital member":      {`"subject"`, `"Subject"`, 400, "parameter_invalid", "", "Subject"},
		"member twice":        {`"subject":"Hi"`, `"subject":"Hi","subject":"Ho"`, 400, "bad_request", "subject is given twice", ""},
		"no sender":           {`"from":{"type":"admin","id":394051},`, ``, 400, "parameter_invalid", "from is required", "from"},
		"sender as string":    {`394051`, `"394051"`, 400, "type_mismatch", "from.id must be an integer", "from.id"},
		"sender no admin":     {`"admin"`, `"user"`, 400, "parameter_invalid", "", "from.type"},
		"sender without id":   {`,"id":394051`, ``, 400, "parameter_invalid", "", "from.id"},
		"sender unknown":      {`394051`, `7`, 404, "admin_not_found", "", "from"},
		"no recipient":        {`,"to":{"type":"user","id":"a"}`, ``, 400, "parameter_invalid", "to is required", "to"},
		"empty list":          {`{"type":"user","id":"a"}`, `[]`, 400, "parameter_invalid", "", "to"},
		"recipient as string": {`{"type":"user","id":"a"}`, `"a"`, 400, "type_mismatch", "to must be an object", "to"},
		"list of strings":     {`{"type":"user","id":"a"}`, `["a"]`, 400, "type_mismatch", "to must be an object", "to"},
		"recipient contact":   {`"user"`, `"contact"`, 400, "parameter_invalid", "", "to.type"},
		"empty id":            {`"a"`, `""`, 400, "parameter_invalid", "to.id is required", "to.id"},
		"number as id":        {`"a"`, `1`, 400, "type_mismatch", "", "to.id"},
		"extra in recipient":  {`"a"}`, `"a","email":"x@example.com"}`, 400, "parameter_invalid", "", "to.email"},
		"flag as string":      {`{"message`, `{"create_conversation_without_contact_reply":"true","message`, 400, "type_mismatch", "", "create_conversation_without_contact_reply"},
		"time as text":        {`{"message`, `{"created_at":"2024-12-18","message`, 400, "type_mismatch", "", "created_at"},
		"time with fraction":  {`{"message`, `{"created_at":1.5,"message`, 400, "type_mismatch", "", "created_at"},
		"bad copy":            {`{"message`, `{"cc":{"type":"user"},"message`, 400, "parameter_invalid", "", "cc.id"},
		"cut":                 {`"a"}}`, `"a"}`, 400, "bad_request", "the body is not valid JSON", ""},
		"something after":     {`"a"}}`, `"a"}} {}`, 400, "bad_request", "the body is not valid JSON", ""},
		"bad UTF-8":           {`Hi`, "H\xff", 400, "bad_request", "the body is not valid UTF-8", ""},
		"array":               {email, `[]`, 400, "bad_request", "the body is not a JSON object", ""},
		"nothing":             {email, ``, 400, "bad_request", "the body is not valid JSON", ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(email, test.old, test.new, 1)
			if body == email {
				t.Fatal("the test changes nothing")
			}
			s := New(Options{})
			wantRefusal(t, post(s, body), test.status, test.code, test.message, test.field)
			if w := s.Witness(); w.Messages != 0 || len(w.Refused) != 1 {
				t.Errorf("witness %+v", w)
			}
		})
	}
}

func TestBodyTooLong(t *testing.T) {
	wantRefusal(t, post(New(Options{}), strings.Repeat(" ", maxBody+1)), 400, "bad_request", "", "")
}

func TestContactStates(t *testing.T) {
	s := New(Options{Contacts: Contacts{States: map[string]State{
		"unknown": Unknown, "archived": Archived, "merged": Merged, "out": Unsubscribed, "new": TooNew,
	}}})
	for _, id := range []string{"unknown", "archived", "new"} {
		wantRefusal(t, post(s, fmt.Sprintf(emailTo, id)), 404, "not_found", "", "")
	}
	wantRefusal(t, post(s, fmt.Sprintf(emailTo, "merged")), 410, "client_error", "", "")
	wantRefusal(t, post(s, fmt.Sprintf(emailTo, "out")), 403, "", "This user is unsubscribed from emails", "")
	for _, body := range []string{fmt.Sprintf(inAppTo, "out"), fmt.Sprintf(emailTo, "new"), fmt.Sprintf(emailTo, "anyone")} {
		if w := post(s, body); w.Code != 200 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	want := map[string]int64{"404 not_found": 3, "410 client_error": 1, "403": 1}
	if diff := cmp.Diff(want, s.Witness().Refused); diff != "" {
		t.Error(diff)
	}
}

func TestTooNewByTime(t *testing.T) {
	now := time.Unix(1000, 0)
	s := New(Options{
		Now:      func() time.Time { return now },
		Contacts: Contacts{TooNew: 1, NewFor: time.Minute},
	})
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 404}, {59 * time.Second, 404}, {time.Second, 200}} {
		now = now.Add(step.after)
		if w := post(s, fmt.Sprintf(emailTo, "a")); w.Code != step.want {
			t.Errorf("at %v: %d, want %d", now, w.Code, step.want)
		}
	}
}

func TestGroupMessageIsOne(t *testing.T) {
	s := New(Options{Contacts: Contacts{States: map[string]State{"gone": Unknown}}})
	group := func(ids string) string {
		return strings.Replace(fmt.Sprintf(inAppTo, "a"), `{"type":"lead","id":"a"}`, ids, 1)
	}
	if w := post(s, group(`[{"type":"lead","id":"a"},{"type":"user","id":"b"}]`)); w.Code != 200 {
		t.Fatal(w.Body)
	}
	wantRefusal(t, post(s, group(`[{"type":"lead","id":"a"},{"type":"user","id":"gone"}]`)), 404, "not_found", "", "")
	if w := s.Witness(); w.Messages != 1 || w.Recipients != 2 || w.Duplicates != 0 {
		t.Errorf("witness %+v", w)
	}
}

func TestSharesAreRepeatable(t *testing.T) {
	contacts := Contacts{Unknown: .1, TooNew: .1, Unsubscribed: .1, Archived: .05, Merged: .05}
	var counts [Merged + 1]int
	differ := false
	for i := range 20_000 {
		id := fmt.Sprintf("contact-%d", i)
		state := contacts.state(1, id)
		if state != contacts.state(1, id) {
			t.Fatal("not repeatable")
		}
		differ = differ || state != contacts.state(2, id)
		counts[state]++
	}
	for state, want := range []int{12_000, 2000, 2000, 2000, 1000, 1000} {
		if got := counts[state]; got < want*9/10 || got > want*11/10 {
			t.Errorf("state %d: %d contacts, want about %d", state, got, want)
		}
	}
	if !differ {
		t.Error("the seed changes nothing")
	}
}

func TestLatencyAndJitter(t *testing.T) {
	s := New(Options{Latency: time.Second, Jitter: time.Second})
	least, most := time.Hour, time.Duration(0)
	for n := range int64(1000) {
		least, most = min(least, s.latency(n)), max(most, s.latency(n))
	}
	if least < time.Second || least > 1100*time.Millisecond || most < 1900*time.Millisecond || most >= 2*time.Second {
		t.Errorf("latency between %v and %v", least, most)
	}
}

func TestClientThatLeavesHasSent(t *testing.T) {
	s := New(Options{Latency: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ask(s, newRequest("", fmt.Sprintf(emailTo, "a")).WithContext(ctx))
	if s.Delivered("a") != 1 {
		t.Error("the message got lost")
	}
}

func TestConcurrentPosts(t *testing.T) {
	const workers, each = 32, 100
	s := New(Options{KeepMessages: 10, Faults: []Fault{{Kind: FaultStatus, Status: 503, First: 7}}})
	server, err := Listen(t.Context(), "", s)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", worker, i/2) // everyone twice
				answer, err := http.DefaultClient.Do(newRequest(server.URL(), fmt.Sprintf(emailTo, id)))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
		})
	}
	wait.Wait()
	w := s.Witness()
	total, people := int64(0), int64(0)
	for delivery := range s.Deliveries() {
		total += int64(delivery.Count)
		people++
	}
	if w.Requests != workers*each || w.Messages != workers*each-7 || total != w.Messages ||
		people != w.Recipients || w.Recipients+w.Duplicates != w.Messages || w.Faults["503"] != 7 {
		t.Errorf("%d delivered to %d people; witness %+v", total, people, w)
	}
	if got := len(s.inbox.latest("")); got != 10 {
		t.Errorf("%d messages kept", got)
	}
}

func BenchmarkMessage(b *testing.B) {
	s := New(Options{})
	body := strings.Replace(fmt.Sprintf(emailTo, "x"), "Hello", strings.Repeat("Hello you. ", 55), 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := newRequest("", strings.Replace(body, `"x"`, fmt.Sprintf(`"%024d"`, i), 1))
		s.ServeHTTP(discard{http.Header{}}, r)
	}
}

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestAnySender(t *testing.T) {
	for _, any := range []bool{false, true} {
		s := New(Options{AnySender: any})
		if found := s.findAdmin(7) != nil; found != any {
			t.Errorf("AnySender %t: sender 7 found: %t", any, found)
		}
	}
}
