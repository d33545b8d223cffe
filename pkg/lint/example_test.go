package lint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/source"
)

func Example() {
	dir, err := os.MkdirTemp("", "lint-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "spring.yaml")
	text := `name: spring
source: contacts.csv
to: {type: user, id: "{{.id}}"}
message: {type: email, subject: "Hi {{.name}}", body: "See http://example.com, {{.name}}", template: plain, from: 394051}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	c, err := campaign.Load(file, campaign.Options{})
	if err != nil {
		log.Fatal(err)
	}
	header, err := source.NewHeader([]string{"id", "name"})
	if err != nil {
		log.Fatal(err)
	}
	renderer, err := c.Compile(header, campaign.CompileOptions{})
	if err != nil {
		log.Fatal(err)
	}

	linter := lint.New(c, renderer, header)
	for _, f := range linter.Fixed(1) {
		fmt.Printf("%s: %s %s\n", f.Severity, f.Kind, f.Reason)
	}
	row := source.NewRecipient(header, 7, []string{"c1", "MÃ¼ller"})
	message, err := renderer.Render(row)
	if err != nil {
		fmt.Println(linter.Refused(row, row.Line, err).Kind)
	}
	for _, f := range linter.Row(row, message) {
		fmt.Printf("line %d: %s: %s %s %s\n", f.Line, f.Severity, f.Kind, f.Field, f.Reason)
	}
	// Output:
	// warning: insecure_link is a link that is not https
	// warning: no_opt_out says nowhere how to get no more of these emails
	// line 7: warning: mojibake name was read in the wrong encoding
}
