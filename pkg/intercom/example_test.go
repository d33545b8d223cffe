package intercom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A stand-in for the API: it knows one contact.
func api(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body, _ := io.ReadAll(r.Body)
	if !bytes.Contains(body, []byte(`"id":"maria"`)) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"type":"error.list","request_id":"r-2","errors":[{"code":"not_found","message":"User Not Found"}]}`)
		return
	}
	fmt.Fprint(w, `{"type":"admin_message","id":"19","created_at":1734537786,"message_type":"inapp"}`)
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(api))
	defer server.Close()

	token, err := intercom.NewSecret("dG9rOjEyMzQ=\n") // from a file, the environment, ...
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := intercom.New(intercom.Options{Token: token, BaseURL: server.URL}) // or Region: "eu"
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"maria", "nobody"} {
		receipt, err := client.CreateMessage(context.Background(), &intercom.Message{
			Type: intercom.InApp,
			Body: "Maintenance tonight at ten.",
			From: 394051,
			To:   intercom.Recipients{{Type: "user", ID: id}},
		})
		switch intercom.ClassOf(err) {
		case intercom.Sent:
			fmt.Println("sent as", receipt.ID)
		case intercom.NotSent, intercom.Throttled:
			fmt.Println("send it again later:", err)
		case intercom.Refused:
			fmt.Println("refused:", err)
		case intercom.Hopeless:
			fmt.Println("stop here:", err)
		case intercom.Unknown:
			fmt.Println("nobody can tell, so never again:", err)
		}
	}
	// Output:
	// sent as 19
	// refused: create message: 404 not_found User Not Found, request r-2
}

// A rate limit, or anything else that every request must pass, goes into Wrap.
func ExampleOptions_wrap() {
	errClosed := errors.New("the gate is closed")
	token, _ := intercom.NewSecret("dG9rOjEyMzQ=")
	client, err := intercom.New(intercom.Options{
		Token: token,
		Wrap: func(next http.RoundTripper) http.RoundTripper {
			return gate(func(*http.Request) (*http.Response, error) { return nil, errClosed })
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Me(context.Background())
	fmt.Println(intercom.ClassOf(err), errors.Is(err, errClosed))
	// Output: not sent true
}

type gate func(*http.Request) (*http.Response, error)

func (g gate) RoundTrip(r *http.Request) (*http.Response, error) { return g(r) }

// People have addresses, messages need ids. An address can belong to several
// contacts, in capitals or not.
func ExampleClient_ContactPages() {
	box := sandbox.New(sandbox.Options{People: []sandbox.Person{
		{ID: "5f01", Email: "Maria@example.com", Name: "Maria"},
		{ID: "5f02", Email: "maria@example.com", Role: "lead"},
		{ID: "5f03", Email: "jonas@example.com", UnsubscribedFromEmails: true},
	}})
	server := httptest.NewServer(box)
	defer server.Close()
	token, _ := intercom.NewSecret("dG9rOjEyMzQ=")
	client, err := intercom.New(intercom.Options{Token: token, BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	query := intercom.Query{Where: intercom.In("email", "maria@example.com", "jonas@example.com", "nobody@example.com")}
	for page, err := range client.ContactPages(context.Background(), query, "") {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, c := range page.Contacts {
			fmt.Println(c.ID, c.Role, strings.ToLower(c.Email), c.UnsubscribedFromEmails)
		}
	}
	// Output:
	// 5f03 user jonas@example.com true
	// 5f02 lead maria@example.com false
	// 5f01 user maria@example.com false
}

// Filters have the form in which the API takes them, for those who know it.
func ExampleFilter_UnmarshalJSON() {
	var f intercom.Filter
	err := json.Unmarshal([]byte(`{"field":"email","operator":"in","value":["maria@example.com"]}`), &f)
	fmt.Println(err)
	err = json.Unmarshal([]byte(`{"field":"email","operator":"IN","value":["maria@example.com"]}`), &f)
	fmt.Println(err, intercom.Query{Where: f}.Check())
	// Output:
	// query: filter on email has an operator that the API does not know
	// <nil> <nil>
}

func ExampleSecret() {
	token, _ := intercom.NewSecret("dG9rOjEyMzQ=")
	fmt.Printf("%v %+v %#v %s %d\n", token, token, token, token, token)
	_, err := intercom.NewSecret("two words")
	fmt.Println(err)
	// Output:
	// *** *** *** *** ***
	// token is malformed
}

func ExampleMessage_AppendJSON() {
	m := intercom.Message{
		Type: intercom.Email, Subject: "Hi", Body: "<p>Hello</p>", Template: "plain",
		From: 394051, To: intercom.Recipients{{Type: "user", ID: "1"}},
	}
	fmt.Printf("%s\n", m.AppendJSON(nil))
	// Output: {"message_type":"email","subject":"Hi","body":"<p>Hello</p>","template":"plain","from":{"type":"admin","id":394051},"to":{"type":"user","id":"1"}}
}
