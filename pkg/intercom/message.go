package intercom

import (
	"bytes"
	"encoding/json"
	"time"
)

// A Recipient is somebody a message goes to: a contact of the workspace.
type Recipient struct {
	Type string `json:"type"` // "user" or "lead"
	ID   string `json:"id"`   // Intercom's own id of the contact
}

// Recipients is one recipient or several. The wire form of exactly one is an
// object, of several a list. Several in a message's To make one shared group
// message with one id.
type Recipients []Recipient

// MarshalJSON writes one recipient as an object, several as a list.
func (r Recipients) MarshalJSON() ([]byte, error) {
	if len(r) == 1 {
		return json.Marshal(r[0])
	}
	return json.Marshal([]Recipient(r))
}

// UnmarshalJSON reads an object, a list, or null: nobody.
func (r *Recipients) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '{' {
		return json.Unmarshal(b, (*[]Recipient)(r))
	}
	var one Recipient
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*r = Recipients{one}
	return nil
}

// Message types, as POST /messages takes them. The published schema says
// in_app, Intercom's own clients send inapp; a campaign may choose.
const (
	Email = "email"
	InApp = "in_app"
	Inapp = "inapp"
)

// A Message is the request of POST /messages (create_message_request of
// version 2.15). A field with its zero value is not sent.
type Message struct {
	Type     string     // Email, InApp or Inapp; required
	Subject  string     // title of an email; required for it
	Body     string     // HTML or plain text; required
	Template string     // "plain" or "personal"; required for an email
	From     int64      // id of the sending admin
	To       Recipients // required
	CC, BCC  Recipients

	// CreatedAt is when the message is said to have been created; normally
	// zero: now. Sent in whole seconds.
	CreatedAt time.Time

	// OpenConversation opens an inbox conversation at once, before the contact
	// replies (create_conversation_without_contact_reply).
	OpenConversation bool
}

// A Receipt is what the API says of a message it accepted. Accepted is not
// delivered. Whatever the answer left out, or could not be read, is empty. The
// API repeats subject and body; who sends millions of them knows them already.
type Receipt struct {
	Type           string // "admin_message" or "user_message"
	ID             string // the message's id; empty if the answer's body could not be read
	CreatedAt      time.Time
	MessageType    string // email, inapp, facebook or twitter
	ConversationID string
	Status         int    // HTTP status
	RequestID      string // of the answer, when it names one
}
