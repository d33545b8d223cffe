package sandbox

import (
	"encoding/json"
	"slices"
)

// message is one POST /messages, read and found well-formed. Whether its
// sender and recipients exist is another question.
type message struct {
	email    bool
	subject  string
	body     string
	template string
	from     int64
	to       []recipient
	// conversation asks for a conversation at once.
	conversation bool
}

// recipient is who a message is for: an id of a user or a lead.
type recipient struct{ kind, id string }

// reader decodes the members of one request and keeps the first refusal, so
// that the message can be read top to bottom.
type reader struct {
	members object
	path    string // of an object inside the request, as "to."
	refused *refusal
}

// readMessage decodes a request body and checks all that can be checked
// without knowing the workspace. version is the position in apiVersions.
func readMessage(body []byte, version int) (*message, *refusal) {
	members, err := parseObject(body)
	if err != nil {
		return nil, &refusal{400, "bad_request", err.Error(), ""}
	}
	r := &reader{members: members}
	r.known("message_type", "subject", "body", "template", "from", "to", "cc", "bcc",
		"created_at", "create_conversation_without_contact_reply")
	if version < versionWithCC {
		r.absent("cc", "is not supported before version 2.14")
		r.absent("bcc", "is not supported before version 2.14")
	}
	m := &message{
		email:        r.oneOf("message_type", "in_app", "inapp", "email") == "email",
		subject:      r.text("subject"),
		body:         r.text("body"),
		template:     r.oneOf("template", "", "plain", "personal"),
		conversation: r.flag("create_conversation_without_contact_reply"),
	}
	r.integer("created_at")
	m.require(r)
	m.from = r.sender()
	m.to = r.recipients("to")
	if m.to == nil {
		r.invalid("to", "is required")
	}
	r.recipients("cc")
	r.recipients("bcc")
	return m, r.refused
}

// require refuses what is documented as missing.
func (m *message) require(r *reader) {
	switch {
	case m.body == "":
		r.refuse(400, "parameter_invalid", "Body is required", "body")
	case m.email && m.subject == "":
		r.refuse(422, "parameter_not_found", "No subject supplied for email message", "subject")
	case m.email && m.template == "":
		r.refuse(422, "parameter_not_found", "No template supplied for email message", "template")
	}
}

func (r *reader) refuse(status int, code, message, field string) {
	if r.refused == nil {
		r.refused = &refusal{status, code, message, r.path + field}
	}
}

// invalid refuses a member in words that begin with its name.
func (r *reader) invalid(name, why string) {
	r.refuse(400, "parameter_invalid", r.path+name+" "+why, name)
}

func (r *reader) mismatch(name, want string) {
	r.refuse(400, "type_mismatch", r.path+name+" must be "+want, name)
}

// known refuses members with other names.
func (r *reader) known(names ...string) {
	for _, member := range r.members {
		if name := string(member.name); !slices.Contains(names, name) {
			r.invalid(name, "is not a parameter")
		}
	}
}

func (r *reader) absent(name, why string) {
	if r.members.get(name) != nil {
		r.invalid(name, why)
	}
}

func (r *reader) text(name string) string {
	value := r.members.get(name)
	if value == nil {
		return ""
	}
	text, ok := asString(value)
	if !ok {
		r.mismatch(name, "a string")
	}
	return text
}

// oneOf is text that must be one of the values; "" among them makes it optional.
func (r *reader) oneOf(name string, values ...string) string {
	text := r.text(name)
	if r.members.get(name) != nil && text == "" || !slices.Contains(values, text) {
		r.invalid(name, "is invalid")
	}
	return text
}

func (r *reader) flag(name string) bool {
	value := r.members.get(name)
	if value != nil && string(value) != "true" && string(value) != "false" {
		r.mismatch(name, "a boolean")
	}
	return string(value) == "true"
}

func (r *reader) integer(name string) int64 {
	value := r.members.get(name)
	if value == nil {
		return 0
	}
	number, ok := asInteger(value)
	if !ok {
		r.mismatch(name, "an integer")
	}
	return number
}

// sender reads from: {"type":"admin","id":<integer>}.
func (r *reader) sender() int64 {
	from := r.part("from", r.members.get("from"))
	if from == nil {
		r.invalid("from", "is required")
		return 0
	}
	defer r.adopt(from)
	from.known("type", "id")
	from.oneOf("type", "admin")
	if from.members.get("id") == nil {
		from.invalid("id", "is required")
	}
	return from.integer("id")
}

// recipients reads one recipient or an array of at least one; nil if absent.
func (r *reader) recipients(name string) []recipient {
	value := r.members.get(name)
	if value == nil {
		return nil
	}
	values := []json.RawMessage{value}
	if value[0] == '[' {
		values = elements(value)
	}
	if len(values) == 0 {
		r.invalid(name, "is empty")
	}
	all := make([]recipient, 0, len(values))
	for _, value := range values {
		all = append(all, r.recipient(name, value))
	}
	return all
}

// recipient reads {"type":"user"|"lead","id":"<string>"}.
func (r *reader) recipient(name string, value json.RawMessage) recipient {
	to := r.part(name, value)
	if to == nil {
		return recipient{}
	}
	defer r.adopt(to)
	to.known("type", "id")
	who := recipient{to.oneOf("type", "user", "lead"), to.text("id")}
	if who.id == "" {
		to.invalid("id", "is required")
	}
	return who
}

// part opens an object inside the request; nil if it is absent or no object.
func (r *reader) part(name string, value json.RawMessage) *reader {
	if value == nil {
		return nil
	}
	if value[0] != '{' {
		r.mismatch(name, "an object")
		return nil
	}
	inner, err := members(value)
	if err != nil {
		r.refuse(400, "bad_request", err.Error(), name)
		return nil
	}
	return &reader{members: inner, path: r.path + name + "."}
}

// adopt makes a part's refusal the request's.
func (r *reader) adopt(part *reader) {
	if part.refused != nil && r.refused == nil {
		r.refused = part.refused
	}
}
