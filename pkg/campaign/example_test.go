package campaign_test

import (
	"errors"
	"fmt"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
)

func Example() {
	c, err := campaign.Load("testdata/spring.yaml", campaign.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	header, err := source.NewHeader([]string{"contact_id", "First Name", "plan"})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := c.Compile(header, campaign.CompileOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := source.NewRecipient(header, 2, []string{"6762f2341bb69f9f2193bc17", "Zoë", "pro & team"})
	m, err := r.Render(row)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.To[0].ID)
	fmt.Println(m.Subject)
	fmt.Print(m.Body)
	// Output:
	// 6762f2341bb69f9f2193bc17
	// Zoë, it's here
	// <p>Hi Zoë,</p>
	// <p>the <strong>Spring launch</strong> is here: <a href="https://example.com/?plan=pro%20%26%20team">have a look</a>.</p>
}

// All that is wrong is said at once.
func ExampleProblems() {
	_, err := campaign.Load("testdata/mistakes.yaml", campaign.Options{})
	var problems campaign.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Printf("line %d: %s %q\n", p.Line, p.Message, p.Suggestion)
		}
	}
	// Output:
	// line 1: name: "spring launch" must be made of letters, digits, dots, dashes and underscores, 100 at most: it names files "spring-launch"
	// line 3: to.type: "usr" must be user or lead "user"
	// line 4: unknown key mesage "message"
}

// A row that can't be rendered says why, and where.
func ExampleRenderError() {
	c, err := campaign.Load("testdata/spring.yaml", campaign.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := c.Compile(nil, campaign.CompileOptions{}) // nil: rows of JSONL
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = r.Render(source.NewObject(1, map[string]any{"contact_id": "1"}))
	var re *campaign.RenderError
	if errors.As(err, &re) {
		fmt.Println(re.Kind, re.Field, re.File, re.Line, re.Column)
	}
	// Output:
	// missing plan testdata/welcome.md 3 76
}
