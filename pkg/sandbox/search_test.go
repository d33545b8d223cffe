package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	contactsPath      = "/contacts/search"
	conversationsPath = "/conversations/search"
)

func searching(s *Sandbox, path, body string) *httptest.ResponseRecorder {
	return ask(s, newRequestTo(path, body))
}

// found is what tests look at of a page.
type found struct {
	ids   []string
	total int
	next  string
}

func find(t *testing.T, s *Sandbox, path, body string) found {
	t.Helper()
	w := searching(s, path, body)
	var page struct {
		Data, Conversations []struct{ ID string }
		TotalCount          int `json:"total_count"`
		Pages               struct {
			Next *struct {
				StartingAfter string `json:"starting_after"`
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
	f := found{ids: []string{}, total: page.TotalCount}
	for _, one := range append(page.Data, page.Conversations...) {
		f.ids = append(f.ids, one.ID)
	}
	if page.Pages.Next != nil {
		f.next = page.Pages.Next.StartingAfter
	}
	return f
}

func single(field, operator, value string) string {
	return fmt.Sprintf(`{"query":{"field":%q,"operator":%q,"value":%s}}`, field, operator, value)
}

var newYear = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// village has a few people who differ in everything that can be searched.
func village() []Person {
	return []Person{
		{
			ID: "1", Email: "Maria@Example.com", ExternalID: "crm-1", Name: "Maria Novak", Phone: "+4912", Tags: []string{"beta", "press"},
			Segments: []string{"active"}, CustomAttributes: map[string]any{"plan": "pro", "seats": 12, "paid": true, "none": nil},
			CreatedAt: newYear.Add(9 * time.Hour),
		},
		{ID: "2", Role: "lead", Email: "maria@example.com", CreatedAt: newYear.Add(23 * time.Hour), UnsubscribedFromEmails: true},
		{ID: "3", Email: "jonas@other.example", HasHardBounced: true, MarkedEmailAsSpam: true, CreatedAt: newYear.Add(24 * time.Hour)},
		{ID: "4", Email: "gone@example.com", Archived: true, CreatedAt: newYear},
		{ID: "5", Email: "joined@example.com", MergedInto: "1", CreatedAt: newYear},
	}
}

func TestContactSearchOperators(t *testing.T) {
	s := New(Options{People: village()})
	noon, day := fmt.Sprint(newYear.Add(12*time.Hour).Unix()), fmt.Sprint(newYear.Unix())
	for _, test := range []struct {
		field, operator, value string
		want                   string
	}{
		{"id", "=", `"2"`, "2"},
		{"id", "!=", `"2"`, "3 1"},
		{"id", "IN", `["1","9","1","3"]`, "3 1"},
		{"id", "NIN", `["1","9"]`, "3 2"},
		{"email", "=", `"maria@example.com"`, "2 1"},
		{"email", "=", `"Maria@Example.com"`, ""},
		{"email", "IN", `["jonas@other.example","gone@example.com","joined@example.com"]`, "3"},
		{"email", "~", `"example"`, "3 2 1"},
		{"email", "!~", `"jonas"`, "2 1"},
		{"email", "^", `"maria"`, "2 1"},
		{"email", "$", `".example"`, "3"},
		{"email_domain", "=", `"example.com"`, "2 1"},
		{"external_id", "=", `"crm-1"`, "1"},
		{"external_id", "!=", `"crm-1"`, "3 2"},
		{"role", "=", `"lead"`, "2"},
		{"name", "=", `"Maria Novak"`, "1"},
		{"phone", "^", `"+49"`, "1"},
		{"tag_id", "=", `"beta"`, "1"},
		{"tag_id", "!=", `"beta"`, "3 2"},
		{"segment_id", "=", `"active"`, "1"},
		{"unsubscribed_from_emails", "=", `true`, "2"},
		{"unsubscribed_from_emails", "=", `"false"`, "3 1"},
		{"has_hard_bounced", "=", `true`, "3"},
		{"marked_email_as_spam", "!=", `true`, "2 1"},
		{"custom_attributes.plan", "=", `"pro"`, "1"},
		{"custom_attributes.plan", "!=", `"pro"`, "3 2"},
		{"custom_attributes.seats", ">", `11`, "1"},
		{"custom_attributes.seats", "=", `12`, "1"},
		{"custom_attributes.paid", "=", `true`, "1"},
		{"custom_attributes.none", "=", `"<nil>"`, ""},
		{"browser", "=", `"Firefox"`, ""},
		// Days: 12:00 stands for the whole of it.
		{"created_at", ">", noon, "3"},
		{"created_at", ">", `"` + noon + `"`, "3"},
		{"created_at", "<", noon, ""},
		{"created_at", "=", noon, "2 1"},
		{"created_at", "=", day, "2 1"},
		{"updated_at", "<", fmt.Sprint(newYear.Add(47 * time.Hour).Unix()), "2 1"},
	} {
		f := find(t, s, contactsPath, single(test.field, test.operator, test.value))
		if got := strings.Join(f.ids, " "); got != test.want || f.total != len(f.ids) || f.next != "" {
			t.Errorf("%s %s %s: %q (total %d, next %q), want %q", test.field, test.operator, test.value, got, f.total, f.next, test.want)
		}
	}
}

func TestContactSearchGroups(t *testing.T) {
	s := New(Options{People: village()})
	leaf := func(field, value string) string {
		return fmt.Sprintf(`{"field":%q,"operator":"=","value":%q}`, field, value)
	}
	group := func(operator string, filters ...string) string {
		return fmt.Sprintf(`{"operator":%q,"value":[%s]}`, operator, strings.Join(filters, ","))
	}
	for query, want := range map[string]string{
		group("AND", leaf("email", "maria@example.com"), leaf("role", "user")):                                          "1",
		group("AND", leaf("role", "user"), leaf("email", "maria@example.com")):                                          "1",
		group("OR", leaf("id", "3"), leaf("email", "maria@example.com")):                                                "3 2 1",
		group("AND", group("OR", leaf("id", "1"), leaf("id", "2")), group("OR", leaf("role", "lead"), leaf("id", "3"))): "2",
		group("AND", group("OR", leaf("id", "1")), leaf("id", "3")):                                                     "",
	} {
		if got := strings.Join(find(t, s, contactsPath, `{"query":`+query+`}`).ids, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestContactAnswer(t *testing.T) {
	s := New(Options{People: village()[:1]})
	wantJSON(t, searching(s, contactsPath, single("id", "=", `"1"`)), 200, `{"type":"list","total_count":1,
		"pages":{"type":"pages","page":1,"per_page":50,"total_pages":1},
		"data":[{"type":"contact","id":"1","workspace_id":"sandbox","external_id":"crm-1","role":"user",
		"email":"Maria@Example.com","email_domain":"example.com","phone":"+4912","name":"Maria Novak","owner_id":null,
		"has_hard_bounced":false,"marked_email_as_spam":false,"unsubscribed_from_emails":false,
		"created_at":1577869200,"updated_at":1577869200,"signed_up_at":null,"last_seen_at":null,"language_override":null,
		"custom_attributes":{"plan":"pro","seats":12,"paid":true,"none":null},
		"tags":{"type":"list","url":"/contacts/1/tags","total_count":2,"has_more":false,
		"data":[{"type":"tag","id":"beta","url":"/tags/beta"},{"type":"tag","id":"press","url":"/tags/press"}]}}]}`)
	wantJSON(t, searching(s, contactsPath, single("id", "=", `"7"`)), 200, `{"type":"list","total_count":0,"data":[],
		"pages":{"type":"pages","page":1,"per_page":50,"total_pages":0}}`)
}

func TestTagsAreListedUpToTen(t *testing.T) {
	p := Person{ID: "1", Tags: strings.Fields("a b c d e f g h i j k")}
	list := tagList(&resident{Person: p})
	if len(list.Data) != 10 || list.TotalCount != 11 || !list.HasMore {
		t.Errorf("%+v", list)
	}
}

func TestSearchRefusals(t *testing.T) {
	const leaf = `{"field":"email","operator":"=","value":"a@example.com"}`
	nested := func(depth int) string {
		return `{"query":` + strings.Repeat(`{"operator":"OR","value":[`, depth) + leaf + strings.Repeat(`]}`, depth) + `}`
	}
	wide := func(n int) string {
		return `{"query":{"operator":"AND","value":[` + strings.TrimSuffix(strings.Repeat(leaf+",", n), ",") + `]}}`
	}
	values := func(n int) string {
		return single("email", "IN", `[`+strings.TrimSuffix(strings.Repeat(`"a@example.com",`, n), ",")+`]`)
	}
	paged := func(pagination string) string { return `{"query":` + leaf + `,"pagination":` + pagination + `}` }
	for name, test := range map[string]struct{ body, code, field string }{
		"single":              {nested(0), "", ""},
		"a group":             {nested(1), "", ""},
		"groups in a group":   {nested(2), "", ""},
		"three deep":          {nested(3), "parameter_invalid", "query.value.value.value"},
		"15 filters":          {wide(15), "", ""},
		"16 filters":          {wide(16), "parameter_invalid", "query.value"},
		"no filters":          {wide(0), "parameter_invalid", "query.value"},
		"50 values":           {values(50), "", ""},
		"51 values":           {values(51), "parameter_invalid", "query.value"},
		"no values":           {values(0), "parameter_invalid", "query.value"},
		"no query":            {`{}`, "parameter_invalid", "query"},
		"not JSON":            {`{`, "bad_request", ""},
		"query no object":     {`{"query":"x"}`, "type_mismatch", "query"},
		"unknown member":      {`{"query":` + leaf + `,"sort":{}}`, "parameter_invalid", "sort"},
		"unknown in query":    {`{"query":{"field":"email","operator":"=","value":"a","case":1}}`, "parameter_invalid", "query.case"},
		"unknown field":       {single("mail", "=", `"a"`), "parameter_invalid", "query.field"},
		"no field":            {`{"query":{"operator":"=","value":"a"}}`, "parameter_invalid", "query.field"},
		"field of a group":    {`{"query":{"field":"id","operator":"OR","value":[` + leaf + `]}}`, "parameter_invalid", "query.field"},
		"empty attribute":     {single("custom_attributes.", "=", `"a"`), "parameter_invalid", "query.field"},
		"unknown operator":    {single("created_at", ">=", `1`), "parameter_invalid", "query.operator"},
		"small letters":       {single("id", "in", `["1"]`), "parameter_invalid", "query.operator"},
		"greater text":        {single("email", ">", `"a"`), "parameter_invalid", "query.operator"},
		"contains in a time":  {single("created_at", "~", `"1"`), "parameter_invalid", "query.operator"},
		"tags by list":        {single("tag_id", "IN", `["1"]`), "parameter_invalid", "query.operator"},
		"number as text":      {single("id", "=", `1`), "type_mismatch", "query.value"},
		"null":                {single("id", "=", `null`), "type_mismatch", "query.value"},
		"list for =":          {single("id", "=", `["1"]`), "type_mismatch", "query.value"},
		"text for IN":         {single("id", "IN", `"1"`), "type_mismatch", "query.value"},
		"word as time":        {single("created_at", ">", `"foobar"`), "type_mismatch", "query.value"},
		"fraction as time":    {single("created_at", ">", `1.5`), "type_mismatch", "query.value"},
		"word as flag":        {single("has_hard_bounced", "=", `"yes"`), "type_mismatch", "query.value"},
		"attribute as object": {single("custom_attributes.a", "=", `{}`), "type_mismatch", "query.value"},
		"no value":            {`{"query":{"field":"email","operator":"="}}`, "parameter_invalid", "query.value"},
		"pagination null":     {paged(`null`), "", ""},
		"cursor null":         {paged(`{"per_page":150,"starting_after":null}`), "", ""},
		"page of 151":         {paged(`{"per_page":151}`), "parameter_invalid", "pagination.per_page"},
		"page of 0":           {paged(`{"per_page":0}`), "parameter_invalid", "pagination.per_page"},
		"page as text":        {paged(`{"per_page":"50"}`), "type_mismatch", "pagination.per_page"},
		"page by number":      {paged(`{"page":2}`), "parameter_invalid", "pagination.page"},
		"made-up cursor":      {paged(`{"starting_after":"abc"}`), "client_error", "pagination.starting_after"},
		"empty cursor":        {paged(`{"starting_after":""}`), "client_error", "pagination.starting_after"},
	} {
		t.Run(name, func(t *testing.T) {
			w := searching(New(Options{}), contactsPath, test.body)
			if test.code == "" {
				if w.Code != 200 {
					t.Errorf("refused: %s", w.Body)
				}
				return
			}
			wantRefusal(t, w, 400, test.code, "", test.field)
		})
	}
}

func TestLongerListsOnRequest(t *testing.T) {
	body := single("id", "IN", `[`+strings.Repeat(`"1",`, 500)+`"2"]`)
	if w := searching(New(Options{MaxValues: -1}), contactsPath, body); w.Code != 200 {
		t.Error(w.Body)
	}
}

// TestPagingWithTies walks pages that end amid people created in one second.
func TestPagingWithTies(t *testing.T) {
	var people []Person
	want := map[string]bool{}
	for i := range 301 {
		id := fmt.Sprintf("p%03d", i)
		people = append(people, Person{ID: id, Email: "x@example.com", CreatedAt: newYear.Add(time.Duration(i%3) * time.Hour)})
		want[id] = true
	}
	s := New(Options{People: people})
	for _, perPage := range []int{1, 7, 100, 150} {
		seen := map[string]bool{}
		var times []string
		requests, cursor := 0, "null"
		for ; cursor != ""; requests++ {
			f := find(t, s, contactsPath, fmt.Sprintf(
				`{"query":{"field":"email","operator":"=","value":"x@example.com"},"pagination":{"per_page":%d,"starting_after":%s}}`, perPage, cursor))
			if len(f.ids) == 0 || f.total != 301 {
				t.Fatalf("page of %d, total %d", len(f.ids), f.total)
			}
			for _, id := range f.ids {
				if seen[id] {
					t.Fatalf("%s comes twice", id)
				}
				seen[id] = true
				times = append(times, s.people.byID[id].CreatedAt.Format(time.RFC3339))
			}
			if cursor = ""; f.next != "" {
				cursor = `"` + f.next + `"`
			}
		}
		if len(seen) != 301 || requests != (301+perPage-1)/perPage {
			t.Errorf("pages of %d: %d people in %d requests", perPage, len(seen), requests)
		}
		if !slices.IsSortedFunc(times, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("pages of %d are not newest first", perPage)
		}
	}
}

// TestIndexChangesNothing compares searches by an index with a look at everyone.
func TestIndexChangesNothing(t *testing.T) {
	people := Crowd(3, 500)
	s := New(Options{People: people})
	for i := range 200 {
		p := people[i*2]
		values, _ := json.Marshal([]string{strings.ToLower(p.Email), strings.ToLower(people[i].Email)})
		leaf := fmt.Sprintf(`{"field":"email","operator":"IN","value":%s}`, values)
		byIndex := find(t, s, contactsPath, `{"query":`+leaf+`}`)
		byLooking := find(t, s, contactsPath, `{"query":{"operator":"OR","value":[`+leaf+`]}}`)
		if diff := cmp.Diff(byIndex.ids, byLooking.ids); diff != "" {
			t.Fatalf("%s\n%s", leaf, diff)
		}
	}
}

func FuzzReadSearch(f *testing.F) {
	f.Add([]byte(single("email", "IN", `["a","b"]`)))
	f.Add([]byte(`{"query":{"operator":"AND","value":[{"operator":"OR","value":[{"field":"id","operator":"=","value":"1"}]}]},"pagination":{"per_page":3}}`))
	f.Add([]byte(`{"query":{"field":"created_at","operator":">","value":"1306054154"},"pagination":{"starting_after":"` + place{7, "a"}.cursor(2) + `"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range []*schema{&contactSchema, &conversationSchema} {
			q, refused := readSearch(body, s, 50)
			if refused != nil {
				if refused.status != 400 || refused.code == "" || refused.message == "" {
					t.Fatalf("refusal %+v", refused)
				}
				continue
			}
			if q.perPage < 1 || q.perPage > 150 || q.page < 1 || (q.after == nil) != (q.page == 1) {
				t.Fatalf("accepted %q as %+v", body, q)
			}
			wellFormed(t, &q.where, 0)
			q.where.match(&resident{Person: village()[0]})
		}
	})
}

func wellFormed(t *testing.T, c *condition, groups int) {
	if c.group == nil {
		if c.kind == noField || len(c.values) == 0 || len(c.values) > 50 {
			t.Fatalf("accepted %+v", c)
		}
		return
	}
	if groups == maxGroups || len(c.group) == 0 || len(c.group) > maxFilters {
		t.Fatalf("accepted %d filters within %d groups", len(c.group), groups)
	}
	for i := range c.group {
		wellFormed(t, &c.group[i], groups+1)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(place{1577869200, "1"}.cursor(2))
	f.Add("WzEsMiwzXQ==")
	f.Fuzz(func(t *testing.T, cursor string) {
		if p, page, ok := parseCursor(cursor); ok && p.cursor(page) != cursor {
			t.Errorf("%q read as %+v, page %d", cursor, p, page)
		}
	})
}
