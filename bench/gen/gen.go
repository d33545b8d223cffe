// Package gen makes up contacts for benchmarks: the same seed gives the same
// people on every machine. Names hold umlauts, some cells hold commas, quotes
// and line breaks, as real exports do.
package gen

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
)

// Contact is one made-up person; in a CSV file its fields are the columns.
type Contact struct {
	ContactID string `json:"contact_id"` // 24 hex digits, never twice
	Role      string `json:"role"`       // user or lead
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Plan      string `json:"plan"`
	City      string `json:"city"`
	Company   string `json:"company"`
	Seats     int    `json:"seats"`
	Note      string `json:"note"` // often empty, now and then awkward
}

var (
	firstNames = []string{"Anna", "Zoë", "Björn", "Chidi", "Đorđe", "Fatima", "Jean-Luc", "Mei", "Núria", "Oleg", "Priya", "Siobhán"}
	lastNames  = []string{"Arndt", "O'Neill", "Müller", "van der Berg", "Nguyễn", "Okafor", "Łukasik", "García", "Smith", "Tanaka"}
	plans      = []string{"free", "starter", "pro", "enterprise"}
	cities     = []string{"Dublin", "München", "São Paulo", "Kraków", "Kyoto", "Lagos", "San Francisco, CA", "Reykjavík"}
	companies  = []string{"Acme", "Globex \"EU\"", "Initech & Sons", "Umbrella, Inc.", "Hooli", "Stark <Labs>"}
	notes      = []string{"", "", "", "", "", "met at the fair", "says \"call, don't write\"", "two\nlines"}
)

// Columns are the columns of a CSV file, in order.
func Columns() []string {
	return []string{"contact_id", "role", "first_name", "last_name", "email", "plan", "city", "company", "seats", "note"}
}

func (c Contact) cells() []string {
	return []string{c.ContactID, c.Role, c.FirstName, c.LastName, c.Email, c.Plan, c.City, c.Company, strconv.Itoa(c.Seats), c.Note}
}

// CSV writes n contacts with a header.
func CSV(w io.Writer, n int, seed uint64) error {
	out := csv.NewWriter(w)
	if err := out.Write(Columns()); err != nil {
		return err
	}
	err := each(n, seed, func(c Contact) error { return out.Write(c.cells()) })
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// JSONL writes the same contacts as one JSON object a line.
func JSONL(w io.Writer, n int, seed uint64) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	if err := each(n, seed, func(c Contact) error { return out.Encode(c) }); err != nil {
		return err
	}
	return buffered.Flush()
}

func each(n int, seed uint64, use func(Contact) error) error {
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		if err := use(contact(random, i)); err != nil {
			return err
		}
	}
	return nil
}

// contact makes up the i-th person. The number in the id keeps it unique.
func contact(random *rand.Rand, i int) Contact {
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	role := "user"
	if random.IntN(10) == 0 {
		role = "lead"
	}
	return Contact{
		ContactID: fmt.Sprintf("%08x%016x", uint32(i), random.Uint64()),
		Role:      role,
		FirstName: pick(firstNames),
		LastName:  pick(lastNames),
		Email:     fmt.Sprintf("person-%d@example.com", i+1),
		Plan:      pick(plans),
		City:      pick(cities),
		Company:   pick(companies),
		Seats:     1 + random.IntN(500),
		Note:      pick(notes),
	}
}
