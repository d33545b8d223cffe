package intercom

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// A Class is what is known about a request after it ended, see the package
// comment. The zero Class is Unknown.
type Class int

// The classes.
const (
	Unknown   Class = iota // nobody can tell whether the message was created
	Sent                   // the API accepted the message
	NotSent                // certainly not created; may be sent again
	Throttled              // 429: certainly not created; wait, then send again
	Refused                // the API refuses this message
	Hopeless               // the API would refuse every message of this client
)

// String returns the class in small letters.
func (c Class) String() string {
	switch c {
	case Sent:
		return "sent"
	case NotSent:
		return "not sent"
	case Throttled:
		return "throttled"
	case Refused:
		return "refused"
	case Hopeless:
		return "hopeless"
	}
	return "unknown"
}

// ClassOf returns Sent for nil, the class of the *Error in err's chain, and
// Unknown for any other error.
func ClassOf(err error) Class {
	if err == nil {
		return Sent
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unknown
}

// Codes of the API that callers tell apart.
const (
	CodeNotFound          = "not_found"           // no such contact, or not yet
	CodeAdminNotFound     = "admin_not_found"     // no such sender
	CodeRateLimitExceeded = "rate_limit_exceeded" // 429: the window of the whole app or workspace
	CodeTooManyRequests   = "too_many_requests"   // 429: a throttle on one resource
)

// An Error is a request that was not answered as hoped. Its texts are one line
// each, bounded, and free of control characters and of the token.
type Error struct {
	Op     string // create message, get me, get admin, list admins, search contacts or search conversations
	Class  Class
	Status int // of the answer; 0: there was none

	// Code and Field are the API's, empty if it named none: those of the one
	// of Details that decided the class. Message says in words what went
	// wrong, at most 500 bytes; it is never empty.
	Code, Field, Message string

	RequestID string   // of the answer, for Intercom's support; may be empty
	Details   []Detail // all errors of the answer in its order, at most 20
	Err       error    // why there was no answer, or none that can be read
}

// A Detail is one error of an answer's error.list. Each part may be empty.
type Detail struct{ Code, Field, Message string }

// Error returns all that is known but further Details, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
		if e.Code != "" {
			b.WriteString(e.Code + " ")
		}
	}
	b.WriteString(e.Message)
	if e.Field != "" {
		b.WriteString(", field " + e.Field)
	}
	if e.RequestID != "" {
		b.WriteString(", request " + e.RequestID)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// MayAppear reports whether the refusal is that of a contact that does not
// exist, or was created so recently that the API does not find it yet.
func (e *Error) MayAppear() bool {
	return e.Class == Refused && e.Status == http.StatusNotFound && e.Code == CodeNotFound
}

// Unsubscribed reports whether the refusal reads as that of a contact who has
// unsubscribed. Intercom publishes no code for it, so the message decides; the
// class never depends on it.
func (e *Error) Unsubscribed() bool {
	return e.Class == Refused && e.Status == http.StatusForbidden &&
		strings.Contains(strings.ToLower(e.Message), "unsubscribed")
}

// classify returns the class of an answer other than a success. The code is the
// API's, or empty.
func classify(status int, code string) Class {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case status < 300, status >= 500, status == http.StatusRequestTimeout:
		return Unknown
	case status < 400, hopeless(status, code):
		return Hopeless
	}
	return Refused
}

// hopeless reports whether a 4xx answer is about the token, the plan, the
// sender or the client, and not about the message.
func hopeless(status int, code string) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return true
	}
	switch code {
	case "intercom_version_invalid", CodeAdminNotFound:
		return true
	case "api_plan_restricted", "forbidden", "action_forbidden":
		return status == http.StatusForbidden
	}
	return strings.HasPrefix(code, "token_")
}

// deciding returns the index of the detail that stands for an answer: the first
// that is hopeless, else the first with a code, else the first.
func deciding(status int, details []Detail) int {
	coded := -1
	for i, d := range details {
		if d.Code == "" {
			continue
		}
		if hopeless(status, d.Code) {
			return i
		}
		if coded < 0 {
			coded = i
		}
	}
	return max(coded, 0)
}
