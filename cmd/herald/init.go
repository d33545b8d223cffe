package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func initCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a campaign to start from",
		Long: `Init writes a commented campaign, a template and a small list of contacts to DIR
(by default this folder), ready to be checked and previewed. It overwrites
nothing.`,
		Example: "  herald init spring && herald check spring/campaign.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return p.init(dir)
		},
	}
}

const starterCampaign = `# A herald campaign. Check it:    herald check campaign.yaml
#                  Look at it:  herald preview campaign.yaml
#                  Send it:     herald send campaign.yaml
name: my-campaign                 # the ledger and the results are named after it
source: contacts.csv              # .csv .tsv .jsonl .ndjson, each also .gz or .zst

# Who each row goes to: Intercom's own id of the contact, and user or lead.
to: {type: "{{.role}}", id: "{{.contact_id}}"}

message:
  type: email                     # email or in_app
  subject: "Hi {{.first_name | default \"there\"}}, it's here"
  body: message.html              # a file beside this one, or text after a pipe
  template: personal              # plain or personal
  from: 394051                    # id or email address of one of your admins

# rate: auto                      # or 1600/10s; auto follows the API's own limit
# share: 80%                      # of that limit; your other apps need some too
# api: {region: us}               # us, eu or au
`

const starterTemplate = `<p>Hi {{.first_name | default "there"}},</p>

<p>what you have been waiting for is here. This text is yours to write: every
column of contacts.csv can stand in it.</p>

<p>Best,<br>Anna</p>

<p style="font-size:12px;color:#777">You get this because you have an account
with us. Reply with "stop" and we will not write again.</p>
`

const starterContacts = `contact_id,role,first_name
6329f3a1,user,Maria
6329f3a2,user,Jürgen
6329f3a3,lead,
`

const starterIgnore = `# Contact data and what was sent to whom do not belong in version control.
*.csv
*.jsonl
*.ledger
`

// init writes the starter files; none of them may exist.
func (p *program) init(dir string) error {
	files := []struct{ name, text string }{
		{"campaign.yaml", starterCampaign}, {"message.html", starterTemplate},
		{"contacts.csv", starterContacts}, {".gitignore", starterIgnore},
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if had, err := os.ReadFile(path); err == nil && !bytes.Equal(had, []byte(f.text)) {
			return &refusal{code: exitUsage, what: path + " exists already", hint: "name another folder: herald init NEW-FOLDER"}
		} else if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			return err
		}
		fmt.Fprintln(p.out, path)
	}
	p.next("herald check " + shellQuote(filepath.Join(dir, "campaign.yaml")))
	return nil
}
