//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sandbox"
)

const addressCampaign = `name: kill
source: contacts.csv
to: {email: "{{.email}}", prefer: user}
message:
  type: in_app
  body: |
    Hello {{.contact.name | default "you"}}, it is here.
  from: 394051
stop: {failures: 100%, unknown: 100%}
`

// A crowd is the people of a trial, and the addresses of its rows.
type crowd struct {
	people    []sandbox.Person
	rows      []string
	addresses int // different ones
	reachable int // of those: with a contact
}

// newCrowd makes so many people as lists have them: capitals and blanks, rows
// that are there twice, a lead besides a user, and who was merged.
func newCrowd(n int) *crowd {
	c := &crowd{addresses: n}
	for i := range n {
		email := fmt.Sprintf("p%d@example.com", i)
		p := sandbox.Person{ID: contact(i), Email: email, Name: fmt.Sprintf("Name %d", i)}
		if i%50 == 49 {
			p.MergedInto = contact(0)
		} else {
			c.reachable++
		}
		c.people = append(c.people, p)
		if i%25 == 0 {
			c.people = append(c.people, sandbox.Person{ID: "lead" + contact(i), Role: "lead", Email: email})
		}
		c.rows = append(c.rows, email)
		if i%10 == 0 {
			c.rows = append(c.rows, "\" "+strings.ToUpper(email)+"\"")
		}
	}
	return c
}

// searches is the fewest that find all addresses.
func (c *crowd) searches() int { return (c.addresses + intercom.MaxValues - 1) / intercom.MaxValues }

func newAddressTrial(t *testing.T, herald string, c *crowd, o sandbox.Options) *trial {
	t.Helper()
	o.People = c.people
	tr := newTrial(t, herald, len(c.rows), o)
	tr.write("kill.yaml", addressCampaign)
	tr.write("contacts.csv", "email\n"+strings.Join(c.rows, "\n")+"\n")
	return tr
}

func (tr *trial) searched() int {
	return int(tr.box.Witness().Endpoints["POST /contacts/search"])
}

// What was answered before a kill is not asked again, and whatever is killed,
// searches or messages, nobody gets two.
func addressesKilled(t *testing.T, herald string) {
	c := newCrowd(rowsFor(5_000))
	tr := newAddressTrial(t, herald, c, sandbox.Options{})
	const kills = 4
	for i := range kills {
		held := tr.somewhere(c.searches()) // among the searches
		if i > 0 {
			held = tr.at(c.searches() + 1 + tr.random.IntN(c.reachable/5)) // among the messages
		}
		p := tr.send()
		p.reaches(held)
		p.killed()
		held.free()
	}
	p := tr.send()
	<-p.ended
	v := p.read()
	doubt := v.Source.Unknown
	if want := c.reachable; !v.Balanced || v.Source.Sent+doubt != want || v.Source.Skipped != len(c.rows)-want || v.Source.Pending+v.Source.Failed > 0 {
		t.Errorf("%s, want %d sent or unknown", v.Source, want)
	}
	w := tr.box.Witness()
	if w.Duplicates != 0 || int(w.Recipients) < v.Source.Sent || int(w.Recipients) > v.Source.Sent+doubt {
		t.Errorf("%s, and the witness saw %+v", v.Source, w)
	}
	for d := range tr.box.Deliveries() {
		if d.Count != 1 || strings.HasPrefix(d.ID, "lead") {
			t.Errorf("%s was delivered to %d times", d.ID, d.Count)
		}
	}
	if most := c.searches() + kills*8; tr.searched() > most { // those that were on their way
		t.Errorf("%d searches, want at most %d", tr.searched(), most)
	}
	for state, n := range tr.book().Counts() {
		if state.Status == ledger.Claimed || state.Status == ledger.Failed {
			t.Errorf("%d keys are %v", n, state.Status)
		}
	}
}

// A run that is killed among its searches and started again at once stays below
// the API's limit.
func searchesStayBelowTheLimit(t *testing.T, herald string) {
	const limit = 60
	c := newCrowd(intercom.MaxValues * limit)
	tr := newAddressTrial(t, herald, c, sandbox.Options{Limit: limit, Style: sandbox.Sliding})
	held := tr.at(limit / 2)
	p := tr.command("send", "kill.yaml", "--yes", "--limit", "1", "--share", "100%")
	p.start().reaches(held)
	p.killed()
	held.free()
	p = tr.command("send", "kill.yaml", "--yes", "--json", "--limit", "1", "--share", "100%").start()
	if v := p.verdict(exitOK); v.Source.Sent != 1 {
		t.Errorf("%s, want one sent", v.Source)
	}
	if w := tr.box.Witness(); w.Throttled != 0 {
		t.Errorf("%d requests were over the limit", w.Throttled)
	}
}
