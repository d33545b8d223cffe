package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const openTo = `{"message_type":"email","subject":"Hi","body":"Hello Maria,\n\ntea & cake?","template":"plain",` +
	`"from":{"type":"admin","id":394052},"to":{"type":"user","id":"%s"},"create_conversation_without_contact_reply":true}`

func TestConversationAnswer(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := New(Options{Now: func() time.Time { return now }, People: village()})
	if w := post(s, fmt.Sprintf(openTo, "1")); !strings.Contains(w.Body.String(), `"conversation_id":"600000001"`) {
		t.Fatal(w.Body)
	}
	answer := func(updated int64, waiting, first, statistics string) string {
		return fmt.Sprintf(`{"type":"conversation.list","total_count":1,
		"pages":{"type":"pages","page":1,"per_page":20,"total_pages":1},"conversations":[{"type":"conversation","id":"600000001",
		"title":null,"created_at":1700000000,"updated_at":%d,"waiting_since":%s,"snoozed_until":null,"open":true,"state":"open",
		"read":false,"priority":"not_priority","source":{"type":"email","id":"1","delivered_as":"admin_initiated","subject":"Hi",
		"body":"<p class=\"no-margin\">Hello Maria,</p>\n<p class=\"no-margin\">tea &amp; cake?</p>",
		"author":{"type":"admin","id":"394052","name":"Ben Okafor","email":"ben@example.com"},"attachments":[],"url":null,"redacted":false},
		"contacts":{"type":"contact.list","contacts":[{"type":"contact","id":"1","external_id":"crm-1"}]},
		"first_contact_reply":%s,"statistics":%s}]}`, updated, waiting, first, statistics)
	}
	bySource := single("source.id", "=", `"1"`)
	wantJSON(t, searching(s, conversationsPath, bySource), 200, answer(1_700_000_000, "null", "null",
		`{"type":"conversation_statistics","first_contact_reply_at":null,"last_contact_reply_at":null,"count_conversation_parts":0}`))
	now = now.Add(90 * time.Second)
	if id, err := s.Reply("1"); id != "600000001" || err != nil {
		t.Fatal(id, err)
	}
	wantJSON(t, searching(s, conversationsPath, bySource), 200, answer(1_700_000_090, "1700000090",
		`{"type":"email","created_at":1700000090,"url":null}`,
		`{"type":"conversation_statistics","first_contact_reply_at":1700000090,"last_contact_reply_at":1700000090,"count_conversation_parts":1}`))
}

func TestAsHTML(t *testing.T) {
	p := func(text string) string { return `<p class="no-margin">` + text + "</p>" }
	for body, want := range map[string]string{
		"Hello":                   p("Hello"),
		"a\r\nb\r\n\r\n c & d \n": p("a<br>b") + "\n" + p("c &amp; d"),
		"tea &amp; cake":          p("tea &amp; cake"),
		"<p>Hello</p>":            "<p>Hello</p>",
		"Hello <b>you</b>":        p("Hello <b>you</b>"),
	} {
		if got := asHTML(body); got != want {
			t.Errorf("%q: %q, want %q", body, got, want)
		}
	}
}

// TestConversationSearch: what is asked to settle a message whose answer was
// lost, and what is asked for replies.
func TestConversationSearch(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := New(Options{Now: func() time.Time { return now }})
	for _, id := range []string{"a", "b", "a"} {
		post(s, fmt.Sprintf(openTo, id))
		now = now.Add(time.Second)
	}
	post(s, fmt.Sprintf(emailTo, "c")) // has no conversation
	all := "600000003 600000002 600000001"
	for _, test := range []struct{ field, operator, value, want string }{
		{"source.id", "=", `"2"`, "600000002"},
		{"source.id", "IN", `["1","2","2","4"]`, "600000002 600000001"},
		{"source.id", "!=", `"2"`, "600000003 600000001"},
		{"contact_ids", "=", `"a"`, "600000003 600000001"},
		{"contact_ids", "IN", `["a","b"]`, all},
		{"id", "=", `"600000002"`, "600000002"},
		{"source.author.id", "=", `"394052"`, all},
		{"source.author.id", "=", `"394051"`, ""},
		{"source.author.email", "$", `"@example.com"`, all},
		{"source.author.name", "^", `"Ben"`, all},
		{"source.author.type", "=", `"admin"`, all},
		{"source.type", "=", `"email"`, all},
		{"source.delivered_as", "=", `"admin_initiated"`, all},
		{"source.subject", "=", `"Hi"`, all},
		{"source.body", "=", `"cake?"`, all},
		{"source.body", "=", `"tea & cake?"`, ""},
		{"created_at", ">", `1700000000`, "600000003 600000002"},
		{"created_at", "<", `1700000002`, "600000002 600000001"},
		{"created_at", "=", `1700000001`, "600000002"},
		{"created_at", "=", `"1700000001"`, "600000002"},
		{"updated_at", ">", `1700000001`, "600000003"},
		{"state", "=", `"open"`, all},
		{"open", "=", `true`, all},
		{"read", "=", `true`, ""},
		{"statistics.first_contact_reply_at", ">", `1`, ""},
		{"statistics.last_contact_reply_at", ">", `1`, ""},
		{"statistics.count_conversation_parts", "=", `0`, all},
		{"priority", "=", `"priority"`, ""},
	} {
		f := find(t, s, conversationsPath, single(test.field, test.operator, test.value))
		if got := strings.Join(f.ids, " "); got != test.want {
			t.Errorf("%s %s %s: %q, want %q", test.field, test.operator, test.value, got, test.want)
		}
	}
	f := find(t, s, conversationsPath, `{"query":{"operator":"AND","value":[
		{"field":"created_at","operator":">","value":1700000001},{"field":"created_at","operator":"<","value":1700000003},
		{"field":"contact_ids","operator":"=","value":"a"},{"field":"source.author.id","operator":"=","value":"394052"}]}}`)
	if diff := cmp.Diff([]string{"600000003"}, f.ids); diff != "" {
		t.Error(diff)
	}
	wantRefusal(t, searching(s, conversationsPath, single("email", "=", `"x"`)), 400, "parameter_invalid", "", "query.field")
}

func TestConversationPages(t *testing.T) {
	s := New(Options{Now: at(1_700_000_000)})
	for i := range 45 {
		post(s, fmt.Sprintf(openTo, fmt.Sprint(i)))
	}
	seen := map[string]bool{}
	cursor := "null"
	for _, size := range []int{20, 20, 5} {
		f := find(t, s, conversationsPath, `{"query":{"field":"state","operator":"=","value":"open"},"pagination":{"starting_after":`+cursor+`}}`)
		if len(f.ids) != size || f.total != 45 {
			t.Errorf("page of %d, want %d; total %d", len(f.ids), size, f.total)
		}
		for _, id := range f.ids {
			seen[id] = true
		}
		cursor = `"` + f.next + `"`
		post(s, fmt.Sprintf(emailTo, "new")) // without a conversation, so that totals stay
	}
	if len(seen) != 45 || cursor != `""` {
		t.Errorf("%d conversations, then %s", len(seen), cursor)
	}
}

func TestSeededReplies(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := New(Options{
		Now:     func() time.Time { return now },
		Replies: Replies{Share: .3, After: time.Minute, Spread: time.Minute},
	})
	const n = 500
	for i := range n {
		post(s, fmt.Sprintf(emailTo, fmt.Sprint(i)))
	}
	replies := func() int { return find(t, s, conversationsPath, single("state", "=", `"open"`)).total }
	if replies() != 0 {
		t.Error("replies came before their time")
	}
	now = now.Add(90 * time.Second)
	half := replies()
	now = now.Add(30 * time.Second)
	all := replies()
	if half < all/4 || half > all*3/4 || all < n/5 || all > n*2/5 {
		t.Errorf("%d replies after 90 s, %d after 120 s", half, all)
	}
	for i := range n {
		_, want := s.options.Replies.to(s.options.Seed, fmt.Sprint(i))
		f := find(t, s, conversationsPath, single("contact_ids", "=", fmt.Sprintf("%q", fmt.Sprint(i))))
		if (f.total == 1) != want {
			t.Fatalf("contact %d has %d conversations", i, f.total)
		}
	}
}

func TestReplyOpensAConversation(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := New(Options{Now: func() time.Time { return now }})
	for _, id := range []string{"a", "a", "b"} {
		post(s, fmt.Sprintf(inAppTo, id))
	}
	now = now.Add(time.Hour)
	if id, err := s.Reply("a"); id != "600000002" || err != nil {
		t.Errorf("reply to the latest: %s, %v", id, err)
	}
	if id, err := s.ReplyTo("1"); id != "600000001" || err != nil {
		t.Errorf("reply to the first: %s, %v", id, err)
	}
	f := find(t, s, conversationsPath, single("created_at", "=", `1700003600`))
	if diff := cmp.Diff([]string{"600000002", "600000001"}, f.ids); diff != "" {
		t.Error(diff)
	}
	for _, reply := range []func() (string, error){
		func() (string, error) { return s.Reply("nobody") },
		func() (string, error) { return s.Reply("") },
		func() (string, error) { return s.ReplyTo("9") },
	} {
		if _, err := reply(); !errors.Is(err, ErrNoMessage) {
			t.Errorf("error %v", err)
		}
	}
	s.Reset()
	if f := find(t, s, conversationsPath, single("state", "=", `"open"`)); f.total != 0 {
		t.Errorf("%d conversations after a reset", f.total)
	}
}

func TestReplyByControl(t *testing.T) {
	s := New(Options{})
	post(s, fmt.Sprintf(inAppTo, "a"))
	for query, want := range map[string]int{"contact=a": 200, "message=1": 200, "contact=b": 404, "message=": 404, "": 404} {
		r := newRequestTo("/_sandbox/reply", "")
		r.URL.RawQuery = query
		w := ask(s, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", query, w.Code, want)
		}
		var reply struct {
			ID string `json:"conversation_id"`
		}
		if w.Code == 200 && (json.Unmarshal(w.Body.Bytes(), &reply) != nil || reply.ID != "600000001") {
			t.Errorf("%q: %s", query, w.Body)
		}
	}
}

func TestSearchesCount(t *testing.T) {
	s := New(Options{Limit: 4, Now: at(1003)})
	post(s, fmt.Sprintf(emailTo, "a"))
	searching(s, contactsPath, single("id", "=", `"1"`))
	searching(s, conversationsPath, single("id", "=", `"1"`))
	get(s, "/admins/7")
	if w := searching(s, contactsPath, single("id", "=", `"1"`)); w.Code != 429 {
		t.Errorf("fifth request of four: %d", w.Code)
	}
	get(s, "/nowhere")
	want := map[string]int64{
		"POST /messages": 1, "POST /contacts/search": 2, "POST /conversations/search": 1, "GET /admins/{id}": 1, "/": 1,
	}
	if diff := cmp.Diff(want, s.Witness().Endpoints); diff != "" {
		t.Error(diff)
	}
}
