package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A starter is what init knows of a campaign to start from.
type starter struct {
	Name    string
	Source  string // as the campaign file says it
	ID      string // column of Intercom's id of the contact
	Email   string // column of email addresses, where there is none of ids; contacts are found by it
	Role    string // column that says user or lead; empty: everybody is a user
	Who     string // column to greet by; empty: nobody is
	Others  []string
	Type    string // email or in_app
	Subject string
	From    string // id or email address of an admin
	Region  string // empty: us
	header  *source.Header
}

// The names that columns usually have, in snake_case, the likeliest first.
var (
	idNames   = []string{"contact_id", "intercom_id", "intercom_contact_id", "contactid", "intercomid", "id"}
	roleNames = []string{"role", "contact_role", "type", "contact_type"}
	mailNames = []string{"email", "email_address", "e_mail", "mail", "e_mail_address", "mailadresse"}
	whoNames  = []string{"first_name", "firstname", "given_name", "vorname", "prenom", "name", "full_name"}
)

// contactID is what Intercom's ids of contacts look like.
var contactID = regexp.MustCompile(`^[0-9a-f]{24}$`)

// sampledRows is how many rows init looks at to know columns by what is in them.
const sampledRows = 100

// readColumns looks at a source and fills in what its columns are for.
func (t *starter) readColumns(path string) error {
	rows, err := source.Open(path, source.Options{Name: path})
	if err != nil {
		return err
	}
	defer rows.Close()
	t.header = rows.Header()
	var sample []*source.Recipient
	for len(sample) < sampledRows {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.As(err, new(*source.RowError)) {
			continue
		}
		if err != nil {
			return err
		}
		sample = append(sample, row)
	}
	if len(sample) == 0 {
		return &refusal{code: exitUsage, what: path + " has no rows", hint: "name the list of contacts that the campaign is for"}
	}
	t.propose(sample[0].Names(), sample)
	return nil
}

// propose finds the columns of a list by their names and their values.
func (t *starter) propose(names []string, sample []*source.Recipient) {
	all := func(name string, fits func(string) bool) bool {
		return !slices.ContainsFunc(sample, func(r *source.Recipient) bool {
			v, _ := r.Value(name)
			return !fits(fmt.Sprint(v))
		})
	}
	t.ID = cmp.Or(
		first(names, func(name string) bool { return all(name, contactID.MatchString) }),
		named(names, idNames))
	if t.ID == "" {
		t.Email = cmp.Or(
			first(names, func(name string) bool { return slices.Contains(mailNames, source.Snake(name)) && all(name, isAddress) }),
			first(names, func(name string) bool { return all(name, isAddress) }))
	}
	t.Role = first(names, func(name string) bool {
		return slices.Contains(roleNames, source.Snake(name)) && all(name, func(v string) bool { return v == "user" || v == "lead" })
	})
	t.Who = named(names, whoNames)
	t.Others = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == t.ID || name == t.Email || name == t.Role || name == t.Who })
}

// isAddress reports whether a value may be an email address; a list may have rows
// without one.
func isAddress(v string) bool {
	before, after, ok := strings.Cut(strings.TrimSpace(v), "@")
	return v == "" || ok && before != "" && strings.Contains(after, ".") && !strings.ContainsAny(v, ",;")
}

// first returns the first name that fits, empty if none does.
func first(names []string, fits func(string) bool) string {
	i := slices.IndexFunc(names, fits)
	if i < 0 {
		return ""
	}
	return names[i]
}

// named returns the column whose name is the likeliest of these.
func named(names, likely []string) string {
	for _, want := range likely {
		if name := first(names, func(name string) bool { return source.Snake(name) == want }); name != "" {
			return name
		}
	}
	return ""
}

// field is how a template reads a column.
func (t *starter) field(column string) string {
	snake := source.Snake(column)
	if t.header == nil || snake == "" || snake[0] >= '0' && snake[0] <= '9' {
		if column != snake {
			return fmt.Sprintf("col %q", column)
		}
		return "." + column
	}
	if i, ok := t.header.Index(snake); ok && t.header.Names()[i] == column {
		return "." + snake
	}
	return fmt.Sprintf("col %q", column)
}

var starterFuncs = template.FuncMap{
	"isEmail": func(t *starter) bool { return t.Type == intercom.Email },
	// quoted writes a YAML text in double quotes.
	"quoted": func(text string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"` },
	// action writes a template action of the campaign's own.
	"action": func(text string) string { return "{{" + text + "}}" },
}

var starterCampaign = template.Must(template.New("campaign.yaml").Funcs(starterFuncs).Parse(
	`# A herald campaign. Check it:      herald check campaign.yaml
#                    Look at it:    herald preview campaign.yaml
#                    Try it:        herald send campaign.yaml --test-to you@example.com
#                    Send it:       herald send campaign.yaml
name: {{.Name}}
source: {{.Source}}

{{if .Email -}}
# Who each row goes to: the contact in Intercom who has this email address.
to: {email: {{quoted (action (.Field .Email))}}} # of several with one address: prefer: user, lead or newest
{{- if isEmail .}}
unsubscribed: skip                # who wants no emails, as Intercom knows; or send{{end}}
{{else -}}
# Who each row goes to: Intercom's own id of the contact, and user or lead.
to: {type: {{with .Role}}{{quoted (action ($.Field .))}}{{else}}user{{end}}, id: {{quoted (action (.Field .ID))}}}
# key: {{quoted (action (.Field .ID))}}   # what makes a row the same person in every run; by default to.id
{{end}}
message:
  type: {{.Type}}
{{- if isEmail .}}
  subject: {{quoted .Subject}}
  template: personal              # plain or personal
{{- end}}
  body: message.html              # a file beside this one, or text after a pipe
  from: {{printf "%-25s" .From}} # id or email address of one of your admins

# purpose: marketing              # an email then must say how to opt out; service: it need not
# rate: auto                      # or 1600/10s; auto follows the API's own limit
# share: 80%                      # of that limit; your other apps need some too
# expect: {rows: 400..600}        # refuse a list of another size
{{if .Region}}api: {region: {{.Region}}}
{{else}}# api: {region: us}               # us, eu or au
{{end}}`))

var starterMessage = template.Must(template.New("message.html").Funcs(starterFuncs).Parse(
	`<p>{{with .Who}}Hi {{action (printf "%s | default \"there\"" ($.Field .))}}{{else}}Hello{{end}},</p>

<p>what you have been waiting for is here. This text is yours to write: every
column of the list can stand in it.</p>
{{with .Others}}
{{"{{- /* These columns are there too:"}}
{{- range .}}
       {{.}} is written {{action ($.Field .)}}
{{- end}}
*/}}
{{end}}
<p>Best wishes</p>
{{if isEmail .}}
<p style="font-size:12px;color:#777">You get this because you have an account
with us. Reply with "stop" and we will not write again.</p>
{{end}}`))

// Field is field, for the templates.
func (t *starter) Field(column string) string { return t.field(column) }

// campaignName makes a name of a folder's.
func campaignName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	name := strings.ReplaceAll(source.Snake(filepath.Base(abs)), "_", "-")
	isPlain := func(r rune) bool { return r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }
	name = strings.Map(func(r rune) rune {
		if isPlain(r) {
			return r
		}
		return -1
	}, name)
	return cmp.Or(strings.Trim(name, "-"), "my-campaign")
}

const starterContacts = `contact_id,role,first_name
6329f3a1,user,Maria
6329f3a2,user,Jürgen
6329f3a3,lead,
`

const starterIgnore = `# Contact data and what was sent to whom do not belong in version control.
*.csv
*.tsv
*.jsonl
*.ndjson
*.gz
*.zst
*.ledger
*.plan
`
