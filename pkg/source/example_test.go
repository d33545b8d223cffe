package source_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

// One bad row costs one row, whatever is wrong with it.
func Example() {
	const contacts = `First Name;email
Ann;ann@example.com
Bob;bob@example.com;oops
"Cy
rus";cyrus@example.com
`
	r, err := source.NewReader(strings.NewReader(contacts), source.Options{Name: "contacts.csv"})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		recipient, err := r.Next()
		var bad *source.RowError
		if err == io.EOF {
			break
		} else if errors.As(err, &bad) {
			fmt.Println(bad)
			continue
		} else if err != nil {
			log.Fatal(err)
		}
		name, _ := recipient.Value("first_name")
		fmt.Printf("line %d: %q\n", recipient.Line, name)
	}
	fmt.Println(r.Rows(), "rows,", r.Bad(), "bad")
	// Output:
	// line 2: "Ann"
	// contacts.csv:3:21: 3 columns, the header has 2
	// line 4: "Cy\nrus"
	// 2 rows, 1 bad
}

// JSON values arrive as they are: numbers with all their digits, nested values
// for templates to walk.
func ExampleNewReader_jsonl() {
	const contacts = `{"id":90071992547409931,"plan":{"name":"Pro","seats":5}}`
	r, err := source.NewReader(strings.NewReader(contacts), source.Options{Format: source.JSONL})
	if err != nil {
		log.Fatal(err)
	}
	recipient, err := r.Next()
	if err != nil {
		log.Fatal(err)
	}
	id, _ := recipient.Value("id")
	plan, _ := recipient.Value("plan")
	fmt.Println(id, plan)
	// Output: 90071992547409931 map[name:Pro seats:5]
}
