package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/herald-campaigns/herald/pkg/sandbox"
)

// A workspace where one contact has unsubscribed, written to over a socket.
func Example() {
	box := sandbox.New(sandbox.Options{
		Limit:    167,
		Contacts: sandbox.Contacts{States: map[string]sandbox.State{"ben": sandbox.Unsubscribed}},
	})
	server, err := sandbox.Listen(context.Background(), "127.0.0.1:0", box)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	for _, id := range []string{"maria", "ben"} {
		body := `{"message_type":"email","template":"plain","subject":"Hi","body":"It is here.",` +
			`"from":{"type":"admin","id":394051},"to":{"type":"user","id":"` + id + `"}}`
		request, err := http.NewRequest("POST", server.URL()+"/messages", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Authorization", "Bearer any")
		request.Header.Set("Accept", "application/json")
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = answer.Body.Close()
		fmt.Println(id, answer.StatusCode, "of", answer.Header.Get("X-RateLimit-Limit"))
	}
	witness := box.Witness()
	fmt.Println("taken:", witness.Messages, "refused:", witness.Refused)
	// Output:
	// maria 200 of 167
	// ben 403 of 167
	// taken: 1 refused: map[403:1]
}

// Trouble in the short form that a command line has.
func ExampleParseFault() {
	fault, err := sandbox.ParseFault("reset-after=0.5%")
	fmt.Println(fault.Kind, fault.Share, err)
	_, err = sandbox.ParseFault("slow=2%")
	fmt.Println(err)
	// Output:
	// reset-after 0.005 <nil>
	// parse fault "slow=2%": slow needs a delay, as in slow:3s
}

// A workspace of people from a file, one of whom has two contacts.
func ExampleReadPeople() {
	people, err := sandbox.ReadPeople(strings.NewReader(`
{"id":"5f01","email":"maria@example.com","name":"Maria","tags":["beta"]}
{"id":"5f02","email":"maria@example.com","role":"lead","appears_after":"3m"}`))
	fmt.Println(len(people), err)
	_, err = sandbox.ReadPeople(strings.NewReader(`{"mail":"maria@example.com"}`))
	fmt.Println(err)
	_ = sandbox.New(sandbox.Options{People: people})
	// Output:
	// 2 <nil>
	// read people: line 1: mail is not a parameter
}

// People enough for a rehearsal, always the same ones.
func ExampleCrowd() {
	for _, p := range sandbox.Crowd(1, 3) {
		fmt.Println(p.Role, p.Name, p.Email)
	}
	// Output:
	// user Maria Larsen maria.1@example.com
	// user Liam Nguyen liam.2@example.com
	// user Ananya Schmidt ananya.3@example.com
}
