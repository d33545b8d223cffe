package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// maxPersonLine is the longest line of a file of people, in bytes.
const maxPersonLine = 1 << 20

// PeopleError says what is wrong with a file of people.
type PeopleError struct {
	Line int // from 1
	Err  error
}

// Error names the line.
func (e *PeopleError) Error() string { return fmt.Sprintf("read people: line %d: %v", e.Line, e.Err) }

// Unwrap returns Err.
func (e *PeopleError) Unwrap() error { return e.Err }

// ReadPeople reads people from JSON Lines, one object a line; blank lines are
// skipped. The members, each of which may be absent, are named as the API names
// them: id, role, email, external_id, name, phone, tags and segments (lists of
// ids), unsubscribed_from_emails, has_hard_bounced, marked_email_as_spam,
// custom_attributes, created_at and updated_at (unix seconds); and the sandbox's
// own: appears_after ("2m30s"), archived, merged_into. For example:
//
//	{"id":"5f01","email":"maria@example.com","name":"Maria","tags":["beta"]}
//	{"id":"5f02","email":"maria@example.com","role":"lead","appears_after":"3m"}
//
// Other members, wrong types and an id given twice are a *PeopleError.
func ReadPeople(r io.Reader) ([]Person, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxPersonLine)
	var people []Person
	seen := map[string]int{}
	n := 0
	for lines.Scan() {
		n++
		line := bytes.Clone(lines.Bytes())
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		p, err := readPerson(line)
		if err != nil {
			return nil, &PeopleError{n, err}
		}
		if first := seen[p.ID]; p.ID != "" && first > 0 {
			return nil, &PeopleError{n, fmt.Errorf("id %s is that of line %d", p.ID, first)}
		}
		seen[p.ID] = n
		people = append(people, p)
	}
	if err := lines.Err(); err != nil {
		return nil, &PeopleError{n + 1, err}
	}
	return people, nil
}

func readPerson(line []byte) (Person, error) {
	members, err := parseObject(line)
	if err != nil {
		return Person{}, err
	}
	r := &reader{members: members}
	r.known("id", "role", "email", "external_id", "name", "phone", "tags", "segments",
		"unsubscribed_from_emails", "has_hard_bounced", "marked_email_as_spam", "custom_attributes",
		"created_at", "updated_at", "appears_after", "archived", "merged_into")
	p := Person{
		ID: r.text("id"), Role: r.oneOf("role", "", "user", "lead"), Email: r.text("email"),
		ExternalID: r.text("external_id"), Name: r.text("name"), Phone: r.text("phone"),
		Tags: r.texts("tags"), Segments: r.texts("segments"),
		UnsubscribedFromEmails: r.flag("unsubscribed_from_emails"), HasHardBounced: r.flag("has_hard_bounced"),
		MarkedEmailAsSpam: r.flag("marked_email_as_spam"), CustomAttributes: r.attributes("custom_attributes"),
		CreatedAt: r.moment("created_at"), UpdatedAt: r.moment("updated_at"),
		AppearsAfter: r.duration("appears_after"), Archived: r.flag("archived"), MergedInto: r.text("merged_into"),
	}
	if r.refused != nil {
		return Person{}, fmt.Errorf("%s", r.refused.message)
	}
	return p, nil
}

func (r *reader) texts(name string) (all []string) {
	if r.members.get(name) == nil {
		return nil
	}
	for _, value := range r.list(name) {
		text, ok := asString(value)
		if !ok {
			r.mismatch(name, "a list of strings")
		}
		all = append(all, text)
	}
	return all
}

// attributes reads an object of strings, numbers, booleans and nulls.
func (r *reader) attributes(name string) map[string]any {
	part := r.part(name, r.members.get(name))
	if part == nil {
		return nil
	}
	all := map[string]any{}
	for _, member := range part.members {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(member.value))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil || member.value[0] == '{' || member.value[0] == '[' {
			part.mismatch(string(member.name), "a string, a number, a boolean or null")
		}
		all[string(member.name)] = value
	}
	r.adopt(part)
	return all
}

func (r *reader) moment(name string) time.Time {
	if seconds := r.integer(name); seconds != 0 {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Time{}
}

func (r *reader) duration(name string) time.Duration {
	value := r.text(name)
	if value == "" {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		r.mismatch(name, "a duration such as 2m30s")
	}
	return d
}
