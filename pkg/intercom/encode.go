package intercom

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends the message as POST /messages takes it and returns the
// extended slice. Equal messages make equal bytes. A field with its zero value
// is left out; <, > and & stay as they are; bytes that aren't UTF-8 become
// U+FFFD.
func (m *Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = appendText(dst, "message_type", m.Type)
	dst = appendText(dst, "subject", m.Subject)
	dst = appendText(dst, "body", m.Body)
	dst = appendText(dst, "template", m.Template)
	if m.From != 0 {
		dst = append(appendName(dst, "from"), `{"type":"admin","id":`...)
		dst = append(strconv.AppendInt(dst, m.From, 10), '}')
	}
	dst = appendRecipients(dst, "to", m.To)
	dst = appendRecipients(dst, "cc", m.CC)
	dst = appendRecipients(dst, "bcc", m.BCC)
	if !m.CreatedAt.IsZero() {
		dst = strconv.AppendInt(appendName(dst, "created_at"), m.CreatedAt.Unix(), 10)
	}
	if m.OpenConversation {
		dst = append(appendName(dst, "create_conversation_without_contact_reply"), "true"...)
	}
	return append(dst, '}')
}

// MarshalJSON returns what AppendJSON appends. encoding/json may escape <, >
// and & in it afterwards; for the very bytes that are sent use AppendJSON.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// appendName appends the name of an object's next member.
func appendName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func appendText(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendString(appendName(dst, name), value)
}

// appendRecipients appends one recipient as an object, several as a list.
func appendRecipients(dst []byte, name string, rs Recipients) []byte {
	if len(rs) == 0 {
		return dst
	}
	dst = appendName(dst, name)
	if len(rs) == 1 {
		return appendRecipient(dst, rs[0])
	}
	for i, r := range rs {
		dst = append(dst, "[,"[min(i, 1)])
		dst = appendRecipient(dst, r)
	}
	return append(dst, ']')
}

func appendRecipient(dst []byte, r Recipient) []byte {
	dst = appendString(append(dst, `{"type":`...), r.Type)
	dst = appendString(append(dst, `,"id":`...), r.ID)
	return append(dst, '}')
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // its error is that s is not UTF-8
	return dst
}
