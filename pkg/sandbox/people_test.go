package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesKnowPeople(t *testing.T) {
	now := newYear
	people := append(village(), Person{ID: "6", Email: "new@example.com", AppearsAfter: time.Minute})
	s := New(Options{
		People: people, Now: func() time.Time { return now },
		Contacts: Contacts{States: map[string]State{"guest": Known, "3": Unknown}},
	})
	for id, want := range map[string]int{
		"1": 200, "2": 403, "3": 404, "4": 404, "5": 410, "6": 404, "nobody": 404, "guest": 200,
	} {
		if w := post(s, fmt.Sprintf(emailTo, id)); w.Code != want {
			t.Errorf("email to %s: %d, want %d", id, w.Code, want)
		}
	}
	if w := post(s, fmt.Sprintf(inAppTo, "2")); w.Code != 200 {
		t.Errorf("in-app to one who unsubscribed: %d", w.Code)
	}
	if f := find(t, s, contactsPath, single("id", "IN", `["3","6"]`)); len(f.ids) != 0 {
		t.Errorf("found %v", f.ids)
	}
	now = now.Add(time.Minute)
	if w := post(s, fmt.Sprintf(emailTo, "6")); w.Code != 200 {
		t.Errorf("after a minute: %d", w.Code)
	}
	if f := find(t, s, contactsPath, single("email", "=", `"new@example.com"`)); len(f.ids) != 1 {
		t.Errorf("after a minute found %v", f.ids)
	}
}

func TestAnyRecipient(t *testing.T) {
	s := New(Options{People: village(), AnyRecipient: true})
	for id, want := range map[string]int{"nobody": 200, "5": 410} {
		if w := post(s, fmt.Sprintf(emailTo, id)); w.Code != want {
			t.Errorf("%s: %d, want %d", id, w.Code, want)
		}
	}
}

// TestSharesHoldForSearches: whoever is unknown, merged or too new by a share
// is not found either, and who is unsubscribed by one says so.
func TestSharesHoldForSearches(t *testing.T) {
	for _, test := range []struct {
		contacts Contacts
		want     int
		flag     string
	}{
		{Contacts{Unknown: 1}, 0, ""},
		{Contacts{Merged: 1}, 0, ""},
		{Contacts{TooNew: 1}, 0, ""},
		{Contacts{TooNew: 1, NewFor: time.Hour}, 0, ""},
		{Contacts{Unsubscribed: 1}, 1, "true"},
		{Contacts{}, 1, "false"},
	} {
		s := New(Options{People: village()[:1], Contacts: test.contacts})
		f := find(t, s, contactsPath, single("id", "=", `"1"`))
		if len(f.ids) != test.want {
			t.Errorf("%+v: found %v", test.contacts, f.ids)
		}
		if test.flag != "" && len(find(t, s, contactsPath, single("unsubscribed_from_emails", "=", test.flag)).ids) != 1 {
			t.Errorf("%+v: unsubscribed is not %s", test.contacts, test.flag)
		}
	}
}

func TestTooNewIsFoundOnceWrittenTo(t *testing.T) {
	s := New(Options{People: village()[:1], Contacts: Contacts{TooNew: 1}})
	post(s, fmt.Sprintf(emailTo, "1"))
	if f := find(t, s, contactsPath, single("id", "=", `"1"`)); len(f.ids) != 1 {
		t.Errorf("found %v after the first try", f.ids)
	}
}

func TestPeopleHaveDefaults(t *testing.T) {
	s := New(Options{People: []Person{{Email: "a@example.com"}, {Email: "b@example.com"}, {ID: "x"}, {ID: "x", Email: "c@example.com"}}})
	f := find(t, s, contactsPath, single("role", "=", `"user"`))
	if f.total != 3 || len(f.ids[1]) != 24 || f.ids[1] == f.ids[2] || s.people.byID["x"].Email != "" {
		t.Errorf("%+v", f)
	}
}

func TestReadPeople(t *testing.T) {
	people, err := ReadPeople(strings.NewReader(`{"id":"1","role":"lead","email":"a@example.com","external_id":"e","name":"Ada","phone":"1",
` + "\n" + `{"id":"2"}`))
	if err == nil {
		t.Fatalf("a line that is cut became %+v", people)
	}
	people, err = ReadPeople(strings.NewReader(`{"id":"1","role":"lead","email":"a@example.com","external_id":"e","name":"Ada","phone":"1",` +
		`"tags":["t"],"segments":["s"],"unsubscribed_from_emails":true,"has_hard_bounced":true,"marked_email_as_spam":true,` +
		`"custom_attributes":{"n":0.10,"s":"x","b":true,"z":null},"created_at":1577836800,"updated_at":1577836801,` +
		`"appears_after":"2m","archived":true,"merged_into":"2"}` + "\r\n\n{}\n{}"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Person{{
		ID: "1", Role: "lead", Email: "a@example.com", ExternalID: "e", Name: "Ada", Phone: "1",
		Tags: []string{"t"}, Segments: []string{"s"}, UnsubscribedFromEmails: true, HasHardBounced: true, MarkedEmailAsSpam: true,
		CustomAttributes: people[0].CustomAttributes, CreatedAt: newYear, UpdatedAt: newYear.Add(time.Second),
		AppearsAfter: 2 * time.Minute, Archived: true, MergedInto: "2",
	}, {}, {}}
	if diff := cmp.Diff(want, people); diff != "" {
		t.Error(diff)
	}
	if got := fmt.Sprint(people[0].CustomAttributes); got != "map[b:true n:0.10 s:x z:<nil>]" {
		t.Errorf("attributes %s", got)
	}
}

func TestReadPeopleRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		line       int
	}{
		"not JSON":       {"{}\nx", "the body is not valid JSON", 2},
		"unknown member": {`{"mail":"a"}`, "mail is not a parameter", 1},
		"wrong type":     {`{"id":7}`, "id must be a string", 1},
		"role":           {`{"role":"contact"}`, "role is invalid", 1},
		"tags":           {`{"tags":[1]}`, "tags must be a list of strings", 1},
		"tag":            {`{"tags":"a"}`, "tags must be a list", 1},
		"duration":       {`{"appears_after":"soon"}`, "appears_after must be a duration such as 2m30s", 1},
		"attribute":      {`{"custom_attributes":{"a":[]}}`, "custom_attributes.a must be a string, a number, a boolean or null", 1},
		"twice":          {"{\"id\":\"1\"}\n\n{\"id\":\"1\"}", "id 1 is that of line 1", 3},
		"too long":       {"{}\n" + strings.Repeat(" ", maxPersonLine+1), "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadPeople(strings.NewReader(test.text))
			wrong, ok := errors.AsType[*PeopleError](err)
			if !ok || wrong.Line != test.line || test.want != "" && wrong.Err.Error() != test.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzReadPeople(f *testing.F) {
	f.Add(`{"id":"1","tags":["a"],"custom_attributes":{"a":1e3}}` + "\n{}")
	f.Add(`{"appears_after":"-1s"}`)
	f.Fuzz(func(t *testing.T, text string) {
		people, err := ReadPeople(strings.NewReader(text))
		if err != nil && people != nil {
			t.Errorf("%d people and %v", len(people), err)
		}
		New(Options{People: people})
	})
}

func TestCrowd(t *testing.T) {
	people := Crowd(1, 10_000)
	if diff := cmp.Diff(people[:100], Crowd(1, 100)); diff != "" {
		t.Errorf("a smaller crowd is another one: %s", diff)
	}
	if cmp.Equal(people[:10], Crowd(2, 10)) {
		t.Error("the seed changes nothing")
	}
	ids, emails := map[string]bool{}, map[string]int{}
	var leads, unsubscribed, beta, gone, capitals int
	for _, p := range people {
		ids[p.ID] = true
		emails[strings.ToLower(p.Email)]++
		count := func(n *int, yes bool) {
			if yes {
				*n++
			}
		}
		count(&leads, p.Role == "lead")
		count(&unsubscribed, p.UnsubscribedFromEmails)
		count(&beta, slices.Contains(p.Tags, "beta-tag"))
		count(&gone, p.Archived || p.MergedInto != "")
		count(&capitals, p.Email != strings.ToLower(p.Email))
	}
	if len(ids) != len(people) {
		t.Errorf("%d ids for %d people", len(ids), len(people))
	}
	for name, n := range map[string][3]int{
		"emails": {len(emails), 9500, 9700}, "leads": {leads, 2000, 2500}, "unsubscribed": {unsubscribed, 400, 600},
		"beta": {beta, 900, 1100}, "gone": {gone, 40, 110}, "capitals": {capitals, 400, 600},
	} {
		if n[0] < n[1] || n[0] > n[2] {
			t.Errorf("%s: %d, want %d to %d", name, n[0], n[1], n[2])
		}
	}
}
