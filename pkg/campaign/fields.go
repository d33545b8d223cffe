package campaign

import (
	"net/mail"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// later are the keys that the design keeps for versions to come.
var later = []string{}

// campaign reads the whole file into c, but for the bodies, which it returns.
func (d *decoder) campaign(c *Campaign) *draft {
	t := &draft{}
	if d.root == nil {
		return t
	}
	var times timetable
	var unsubscribed *bool
	found := d.mapping("", d.root, append(append(d.unsupported(later), d.selection(&c.Selection)...), []key{
		{"name", value(d, &c.Name, parseName)},
		{"source", d.source(&c.Source)},
		{"encoding", value(d, &c.Source.Encoding, parseText)},
		{"delimiter", d.delimiter(&c.Source.Delimiter)},
		{"vars", d.vars(c.Vars)},
		{"to", d.to(&c.To)},
		{"key", d.template(&c.Key)},
		{"unsubscribed", value(d, &unsubscribed, parseUnsubscribed)},
		{"purpose", value(d, (*string)(&c.Purpose), oneOf(string(Marketing), string(Service)))},
		{"message", d.message(&c.Message, t)},
		{"variants", d.variants(c, t)},
		{"hold", d.hold(&c.Hold, t)},
		{"rate", value(d, &c.Rate, ParseRate)},
		{"share", value(d, &c.Share, ParseShare)},
		{"workers", value(d, &c.Workers, parseWorkers)},
		{"timeout", value(d, &c.Timeout, parseTimeout)},
		{"stop", d.stop(&c.Stop)},
		{"api", d.api(&c.API)},
		{"expect", d.expect(&c.ExpectRows)},
		{"start_at", keep(&times.startAt)},
		{"not_after", keep(&times.notAfter)},
		{"max_per_day", value(d, &c.When.MaxPerDay, parseMaxPerDay)},
		{"send_window", d.sendWindow(&c.When, &times)},
	}...))
	d.moments(&c.When, times)
	d.complete(c, t)
	if found != nil {
		if c.Source.Audience != nil && !found["to"] {
			found["to"] = true
			d.everyRow(&c.To)
		}
		d.require("", d.root, found, "name", "source", "to", "message")
	}
	c.SkipUnsubscribed = c.isEmail() && (c.To.By() != "" || c.Source.Audience != nil)
	if unsubscribed != nil {
		c.SkipUnsubscribed = *unsubscribed
	}
	return t
}

func (d *decoder) expect(dst *Range) reader {
	return func(name string, n *yaml.Node) {
		d.mapping(name+".", n, []key{{"rows", value(d, dst, ParseRange)}})
	}
}

// unsupported returns keys that are known and refused.
func (d *decoder) unsupported(names []string) []key {
	keys := make([]key, len(names))
	for i, name := range names {
		keys[i] = key{name, func(name string, n *yaml.Node) { d.add(n, "%s is not supported by this version", name) }}
	}
	return keys
}

// delimiter takes a tab in quotes as it is, which trimming would remove.
func (d *decoder) delimiter(dst *rune) reader {
	trimmed := value(d, dst, parseDelimiter)
	return func(name string, n *yaml.Node) {
		if n.Value == "\t" {
			*dst = '\t'
			return
		}
		trimmed(name, n)
	}
}

func (d *decoder) vars(dst map[string]string) reader {
	return func(name string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			d.add(n, "%s must be names with values", name)
			return
		}
		var keys []key
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind == yaml.ScalarNode && !isName(k.Value) {
				d.add(k, "%s.%s must be a name of letters, digits and underscores", name, k.Value)
			}
			dst[k.Value] = "" // a name without a value is an empty constant
			keys = append(keys, key{k.Value, func(name string, n *yaml.Node) {
				if s, ok := d.scalar(name, n); ok {
					dst[k.Value] = s
				}
			}})
		}
		d.mapping(name+".", n, keys)
	}
}

// isName reports whether a template can say .s.
func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// contactType reads a template; one without actions must be a valid type.
func (d *decoder) contactType(dst **Template) reader {
	check := oneOf("user", "lead")
	return func(name string, n *yaml.Node) {
		if d.template(dst)(name, n); *dst == nil || strings.Contains((*dst).Text, "{{") {
			return
		}
		var kind string
		value(d, &kind, check)(name, n)
	}
}

func (d *decoder) copies(dst *[]To) reader {
	return func(name string, n *yaml.Node) {
		list := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			list = n.Content
		}
		for i, item := range list {
			var to To
			where := name + "[" + strconv.Itoa(i+1) + "]."
			item = resolve(item)
			found := d.mapping(where, item, []key{{"type", d.contactType(&to.Type)}, {"id", d.template(&to.ID)}})
			if found != nil {
				d.require(where, item, found, "type", "id")
			}
			*dst = append(*dst, to)
		}
	}
}

func (d *decoder) message(m *Message, t *draft) reader {
	return func(name string, n *yaml.Node) {
		var open bool
		found := d.mapping(name+".", n, []key{
			{"type", value(d, &m.Type, oneOf(intercom.Email, intercom.InApp, intercom.Inapp))},
			{"subject", d.template(&m.Subject)},
			{"body", keep(&t.message.body)},
			{"template", value(d, &m.Template, oneOf("plain", "personal"))},
			{"from", d.from(&m.From)},
			{"cc", d.copies(&m.CC)},
			{"bcc", d.copies(&m.BCC)},
			{"created_at", value(d, &m.CreatedAt, parseCreatedAt)},
			{"create_conversation_without_contact_reply", value(d, &open, parseBool)},
		})
		m.OpenConversation = open
		t.message.at, t.message.found = n, found
		if found == nil {
			return
		}
		d.require(name+".", n, found, "type")
		if m.isEmail() {
			d.require(name+".", n, found, "template")
		}
	}
}

// from reads a template; one without actions must be an id or an address.
func (d *decoder) from(dst **Template) reader {
	return func(name string, n *yaml.Node) {
		if d.template(dst)(name, n); *dst == nil || strings.Contains((*dst).Text, "{{") {
			return
		}
		if s, err := parseSender((*dst).Text); err != nil {
			d.add(n, "%s: %q must be the id or the email address of an admin", name, s.Email)
		}
	}
}

// parseSender reads the id of an admin, or the email address of one. With an
// error Email is what was read.
func parseSender(s string) (Sender, error) {
	s = strings.TrimSpace(s)
	if id, err := strconv.ParseInt(s, 10, 64); err == nil && id > 0 {
		return Sender{ID: id}, nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return Sender{Email: s}, errNotSender
	}
	return Sender{Email: s}, nil
}

func (d *decoder) stop(s *Stop) reader {
	return func(name string, n *yaml.Node) {
		d.mapping(name+".", n, []key{
			{"failures", value(d, &s.Failures, ParseLimit)},
			{"unknown", value(d, &s.Unknown, ParseLimit)},
		})
	}
}

func (d *decoder) api(a *API) reader {
	return func(name string, n *yaml.Node) {
		d.mapping(name+".", n, []key{
			{"region", value(d, &a.Region, oneOf("us", "eu", "au"))},
			{"base_url", value(d, &a.BaseURL, parseBaseURL)},
			{"version", value(d, &a.Version, parseText)},
			{"workspace", value(d, &a.Workspace, parseText)},
		})
	}
}
