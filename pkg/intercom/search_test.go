package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// answerSearches returns a client of a server that gives one answer to
// everything.
func answerSearches(t *testing.T, answer http.HandlerFunc) *Client {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return newClient(t, Options{BaseURL: server.URL})
}

var anybody = Query{Where: Equal("role", "user")}

func TestSearchContactsOnTheWire(t *testing.T) {
	var got *http.Request
	var body []byte
	c := answerSearches(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		answering(`{"type":"list","total_count":2,"pages":{"type":"pages","page":1,"per_page":2,"total_pages":1,
			"next":{"per_page":2,"starting_after":"WzE3"}},"data":[
			{"type":"contact","id":"5ba682d23d7cf92bef87bfd4","workspace_id":"ecah","external_id":"f3b8","role":"user",
			"email":"Joe@Example.com","phone":"+1123","name":"Joe\u200d\ud83d\udc4b","owner_id":123,"has_hard_bounced":true,
			"marked_email_as_spam":true,"unsubscribed_from_emails":true,"created_at":1571672154,"updated_at":1571672155,
			"signed_up_at":1571672156,"last_seen_at":1571672157,"language_override":"en",
			"custom_attributes":{"paid":true,"spend":155.50,"big":12345678901234567890,"none":null,"order":{"id":1}},
			"tags":{"type":"list","data":[{"type":"tag","id":"123","url":"/tags/123"}],"total_count":11,"has_more":true},
			"location":{"type":"location","country":"Ireland"}},
			{"type":"contact","id":"2","external_id":null,"role":"lead","email":null,"name":null,"last_seen_at":null,
			"custom_attributes":null,"tags":null}]}`)(w, r)
	})
	page, err := c.SearchContacts(t.Context(), anybody, "abc")
	if err != nil {
		t.Fatal(err)
	}
	second := func(n int64) time.Time { return time.Unix(1571672150+n, 0).UTC() }
	want := ContactPage{Next: "WzE3", Total: 2, Contacts: []Contact{
		{
			ID: "5ba682d23d7cf92bef87bfd4", Role: "user", Email: "Joe@Example.com", ExternalID: "f3b8",
			Name: "Joe\u200d\U0001f44b", Phone: "+1123", Language: "en",
			UnsubscribedFromEmails: true, HasHardBounced: true, MarkedEmailAsSpam: true,
			CreatedAt: second(4), UpdatedAt: second(5), SignedUpAt: second(6), LastSeenAt: second(7),
			CustomAttributes: Attributes{
				"paid": true, "spend": json.Number("155.50"), "big": json.Number("12345678901234567890"),
				"none": nil, "order": map[string]any{"id": json.Number("1")},
			},
			Tags: []string{"123"}, MoreTags: true,
		},
		{ID: "2", Role: "lead"},
	}}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
	if got.Method != "POST" || got.URL.Path != "/contacts/search" || got.Header.Get("Content-Type") != "application/json" ||
		got.Header.Get("Accept") != "application/json" || got.Header.Get("Authorization") != "Bearer "+testToken {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	if string(body) != string(appendSearch(nil, anybody, "abc")) {
		t.Errorf("body %s", body)
	}
	// A cache reads what it was given.
	cached, err := json.Marshal(page.Contacts)
	var again []Contact
	if err != nil || json.Unmarshal(cached, &again) != nil {
		t.Fatalf("%s %v", cached, err)
	}
	if diff := cmp.Diff(want.Contacts, again); diff != "" {
		t.Error(diff)
	}
}

func TestSearchConversationsOnTheWire(t *testing.T) {
	var path string
	c := answerSearches(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		answering(`{"type":"conversation.list","total_count":3,"pages":{"next":null},"conversations":[
			{"type":"conversation","id":"1295","created_at":1663597223,"updated_at":1663597260,"state":"open","open":true,
			"source":{"type":"email","id":"3","delivered_as":"admin_initiated","subject":"Hi","body":"<p>Hey there!</p>",
			"author":{"type":"admin","id":274,"name":"Operator","email":"op@example.com"},"attachments":[]},
			"contacts":{"type":"contact.list","contacts":[{"type":"contact","id":"5ba6","external_id":"70"}]},
			"first_contact_reply":{"created_at":1663597224,"type":"conversation","url":null},
			"statistics":{"type":"conversation_statistics","first_contact_reply_at":1663597233}},
			{"id":2,"contacts":[{"id":"a"},{"id":"b"}],"first_contact_reply":{"created_at":1663597224},"statistics":null},
			{"id":"3","source":null,"contacts":null,"first_contact_reply":null}]}`)(w, r)
	})
	page, err := c.SearchConversations(t.Context(), Query{Where: In("source.id", "3")}, "")
	want := ConversationPage{Total: 3, Conversations: []Conversation{
		{
			ID: "1295", CreatedAt: time.Unix(1663597223, 0).UTC(), UpdatedAt: time.Unix(1663597260, 0).UTC(), State: "open",
			Source: Source{
				ID: "3", Type: "email", DeliveredAs: "admin_initiated", Subject: "Hi", Body: "<p>Hey there!</p>",
				Author: Author{Type: "admin", ID: "274", Name: "Operator", Email: "op@example.com"},
			},
			ContactIDs: []string{"5ba6"}, FirstContactReplyAt: time.Unix(1663597233, 0).UTC(),
		},
		{ID: "2", ContactIDs: []string{"a", "b"}, FirstContactReplyAt: time.Unix(1663597224, 0).UTC()},
		{ID: "3"},
	}}
	if diff := cmp.Diff(want, page); err != nil || diff != "" || path != "/conversations/search" {
		t.Errorf("%s, error %v, %s", path, err, diff)
	}
}

// TestSearchOutcomes: whatever is no page is an error, never "nobody found".
func TestSearchOutcomes(t *testing.T) {
	good := `{"data":[],"conversations":[],"total_count":0}`
	tests := []struct {
		name, body string
		status     int
		want       Class
	}{
		{"empty", good, 200, Sent},
		{"empty with pages", `{"data":[],"conversations":[],"pages":{"type":"pages","next":null}}`, 200, Sent},
		{"pages null", `{"data":[],"conversations":[],"pages":null}`, 200, Sent},
		{"no list", `{}`, 200, Unknown},
		{"list null", `{"data":null,"conversations":null}`, 200, Unknown},
		{"not a list", `{"data":{},"conversations":{}}`, 200, Unknown},
		{"cut", `{"data":[],"conversations":[],"total_count":`, 200, Unknown},
		{"without an id", `{"data":[{}],"conversations":[{}]}`, 200, Unknown},
		{"id null", `{"data":[{"id":null}],"conversations":[{"id":null}]}`, 200, Unknown},
		{"odd flag", `{"data":[{"id":"1","unsubscribed_from_emails":"yes"}],"conversations":[{"id":"1","contacts":7}]}`, 200, Unknown},
		{"next as URL", `{"data":[],"conversations":[],"pages":{"next":"https://api.intercom.io/contacts?page=2"}}`, 200, Unknown},
		{"next without cursor", `{"data":[],"conversations":[],"pages":{"next":{"page":2}}}`, 200, Unknown},
		{"429", errorList(CodeRateLimitExceeded, ""), 429, Throttled},
		{"400", errorList("parameter_invalid", ""), 400, Refused},
		{"401", errorList("unauthorized", ""), 401, Hopeless},
		{"500", errorList("server_error", ""), 500, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := answerSearches(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			_, err1 := c.SearchContacts(t.Context(), anybody, "")
			_, err2 := c.SearchConversations(t.Context(), anybody, "")
			for op, err := range map[string]error{"search contacts": err1, "search conversations": err2} {
				if ClassOf(err) != tt.want {
					t.Errorf("%s: class %v, want %v: %v", op, ClassOf(err), tt.want, err)
				}
				if err != nil && asError(t, err).Op != op {
					t.Errorf("op %q, want %q", asError(t, err).Op, op)
				}
			}
		})
	}
}

// TestLargePage: 150 conversations begin with as many whole emails.
func TestLargePage(t *testing.T) {
	body := strings.Repeat("<p>Hello</p>", 5000)
	c := answerSearches(t, answering(`{"conversations":[`+
		strings.TrimSuffix(strings.Repeat(`{"id":"1","source":{"body":"`+body+`"}},`, 150), ",")+`]}`))
	page, err := c.SearchConversations(t.Context(), anybody, "")
	if err != nil || len(page.Conversations) != 150 || page.Conversations[149].Source.Body != body {
		t.Errorf("%d conversations, error %v", len(page.Conversations), err)
	}
}

func TestBadQueryIsNotSent(t *testing.T) {
	c := newClient(t, Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		t.Error("something was sent")
		return nil, errors.New("no network")
	}})
	_, err := c.SearchContacts(t.Context(), Query{}, "")
	wrong, ok := errors.AsType[*QueryError](err)
	if ClassOf(err) != Refused || !ok || wrong.Problem != QueryEmpty || err.Error() != "search contacts: query is empty" {
		t.Errorf("class %v, error %v", ClassOf(err), err)
	}
}

func TestPagesEnd(t *testing.T) {
	tests := []struct {
		name    string
		next    map[string]string // the cursor after each
		from    string
		want    []string
		circles bool
	}{
		{"one", nil, "", []string{""}, false},
		{"three", map[string]string{"": "a", "a": "b"}, "", []string{"", "a", "b"}, false},
		{"from the second", map[string]string{"": "a", "a": "b"}, "a", []string{"a", "b"}, false},
		{"same again", map[string]string{"": "a", "a": "a"}, "", []string{""}, true},
		{"circle", map[string]string{"": "a", "a": "b", "b": "a"}, "", []string{"", "a"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := answerSearches(t, func(w http.ResponseWriter, r *http.Request) {
				var asked struct {
					Pagination struct {
						StartingAfter string `json:"starting_after"`
					}
				}
				json.NewDecoder(r.Body).Decode(&asked)
				cursor := asked.Pagination.StartingAfter
				next := "null"
				if tt.next[cursor] != "" {
					next = fmt.Sprintf(`{"starting_after":%q}`, tt.next[cursor])
				}
				answering(fmt.Sprintf(`{"conversations":[{"id":%q}],"data":[{"id":%q}],"pages":{"next":%s}}`,
					cursor+".", cursor+".", next))(w, r)
			})
			var got []string
			var last error
			for page, err := range c.ContactPages(t.Context(), anybody, tt.from) {
				if last = err; err == nil {
					got = append(got, strings.TrimSuffix(page.Contacts[0].ID, "."))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || errors.Is(last, ErrRepeated) != tt.circles || (last != nil) != tt.circles {
				t.Errorf("error %v, %s", last, diff)
			}
			n := 0
			for range c.ConversationPages(t.Context(), anybody, tt.from) {
				n++
				break
			}
			if n != 1 {
				t.Errorf("%d pages after a break", n)
			}
		})
	}
}

func TestPagesEndWithAnError(t *testing.T) {
	asked := 0
	c := answerSearches(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.WriteHeader(500)
	})
	for _, err := range c.ConversationPages(t.Context(), anybody, "") {
		if ClassOf(err) != Unknown || err == nil {
			t.Errorf("error %v", err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// inSandbox returns a client of a strict sandbox.
func inSandbox(t testing.TB, o sandbox.Options) (*Client, *sandbox.Sandbox) {
	box := sandbox.New(o)
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	return newClient(t, Options{BaseURL: server.URL}), box
}

// TestQueriesConform: the sandbox, which knows the API's rules and nothing of
// this package, takes exactly the queries that Check lets pass.
func TestQueriesConform(t *testing.T) {
	box := sandbox.New(sandbox.Options{})
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Where:   anyFilter(3).Draw(t, "where"),
			PerPage: rapid.SampledFrom([]int{-1, 0, 1, 150, 151}).Draw(t, "per page"),
		}
		wrong := q.Check()
		r := httptest.NewRequest("POST", "/contacts/search", strings.NewReader(string(appendSearch(nil, q, ""))))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		if (w.Code == 200) != (wrong == nil) {
			t.Fatalf("Check says %v, the sandbox %d %s", wrong, w.Code, w.Body)
		}
	})
}

// TestLookUpOfACrowd goes the way of a campaign that has addresses only.
func TestLookUpOfACrowd(t *testing.T) {
	people := sandbox.Crowd(7, 1000)
	c, box := inSandbox(t, sandbox.Options{People: people, MaxValues: MaxValues})
	want := map[string]bool{}
	var emails []string
	for _, p := range people {
		emails = append(emails, strings.ToLower(p.Email))
		if !p.Archived && p.MergedInto == "" {
			want[p.ID] = true
		}
	}
	got := map[string]bool{}
	for len(emails) > 0 {
		batch := emails[:MaxValues]
		emails = emails[MaxValues:]
		for page, err := range c.ContactPages(t.Context(), Query{Where: In("email", batch...), PerPage: 20}, "") {
			if err != nil {
				t.Fatal(err)
			}
			for _, contact := range page.Contacts {
				got[contact.ID] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := box.Witness().Endpoints["POST /contacts/search"]; n < 60 || n > 80 {
		t.Errorf("%d requests for 20 batches of 50, 20 a page", n)
	}
}

// TestFindAMessageByItsConversation goes the way of one whose answer was lost.
func TestFindAMessageByItsConversation(t *testing.T) {
	c, box := inSandbox(t, sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.FaultResetAfter, IDs: []string{"maria"}}}})
	from := time.Now().Add(-2 * time.Second)
	message := email()
	message.From, message.To, message.OpenConversation = 394051, Recipients{{Type: "user", ID: "maria"}}, true
	if _, err := c.CreateMessage(t.Context(), message); ClassOf(err) != Unknown {
		t.Fatalf("error %v", err)
	}
	q := Query{Where: And(Equal("contact_ids", "maria"), Equal("source.author.id", "394051"),
		After("created_at", from), Before("created_at", time.Now().Add(2*time.Second)))}
	page, err := c.SearchConversations(t.Context(), q, "")
	if err != nil || len(page.Conversations) != 1 {
		t.Fatalf("%+v, error %v", page, err)
	}
	found := page.Conversations[0]
	if found.Source.Subject != message.Subject || !strings.Contains(found.Source.Body, message.Body) ||
		found.Source.Author.ID != "394051" || !found.FirstContactReplyAt.IsZero() {
		t.Errorf("%+v", found)
	}
	if _, err := box.Reply("maria"); err != nil {
		t.Fatal(err)
	}
	page, err = c.SearchConversations(t.Context(), Query{Where: In("source.id", found.Source.ID)}, "")
	if err != nil || len(page.Conversations) != 1 || page.Conversations[0].FirstContactReplyAt.IsZero() {
		t.Errorf("%+v, error %v", page, err)
	}
}

func FuzzContact(f *testing.F) {
	f.Add([]byte(`{"id":"1","tags":{"data":[{"id":7}]},"custom_attributes":{"a":1.50},"created_at":"1571672154"}`))
	f.Add([]byte(`{"id":"1","created_at":".0000001","updated_at":"1969-12-31T00:00:00Z"}`))
	f.Add([]byte(`{"id":1,"role":[],"email":{},"created_at":"2024-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		var once, twice Contact
		if json.Unmarshal(wire, &once) != nil {
			return
		}
		if once.ID == "" {
			t.Fatalf("%q became a contact without an id", wire)
		}
		written, err := json.Marshal(once)
		if err != nil || json.Unmarshal(written, &twice) != nil {
			t.Fatalf("%q: %s %v", wire, written, err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("%q: %s", wire, diff)
		}
	})
}
