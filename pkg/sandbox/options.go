package sandbox

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// Options describe the workspace that the sandbox plays, its limits and its
// troubles. The zero value is a healthy workspace without a rate limit, where
// every contact exists. Its slices and maps must not be changed after New.
type Options struct {
	// Token is the one bearer token that is accepted; empty accepts any.
	Token string
	// Workspace is what GET /me says about the app. Empty fields have defaults.
	Workspace Workspace
	// Admins are the teammates who may send. The first owns the token. Empty
	// means three made-up ones, the first being 394051, Anna Arndt.
	Admins []Admin
	// AnySender takes every id for an admin's: for rehearsing campaigns of
	// workspaces that the sandbox doesn't know.
	AnySender bool
	// Restricted answers everything with 403 api_plan_restricted, as a
	// workspace without a subscription does.
	Restricted bool

	// Limit is the number of requests a window; 0 means no limit and no
	// X-RateLimit headers.
	Limit int
	// Window is the length of a window, 10 seconds by default. The witness's
	// fullest window has the same length.
	Window time.Duration
	// Style says where windows begin.
	Style Style
	// Headers changes what the answers tell about the limit and the time.
	Headers Headers

	// Contacts says who can't be written to.
	Contacts Contacts
	// People are the contacts of the workspace, which searches find; see Crowd
	// and ReadPeople. If there are any, nobody else exists: an id that is not
	// theirs is answered 404. What Contacts says of an id comes before what the
	// person says, its shares come after. Of two people with one id the first counts.
	People []Person
	// AnyRecipient takes messages to every id, whoever the People are.
	AnyRecipient bool
	// Replies says who replies, and so has a conversation.
	Replies Replies
	// MaxValues is the longest list that IN and NIN take in a search; 0 means
	// 50, negative any. The API has a limit that is not published.
	MaxValues int

	// Latency delays every answer; Jitter adds up to that much more.
	Latency, Jitter time.Duration
	// Faults strike POST /messages only; the first that applies is used.
	Faults []Fault
	// Seed decides every share and the jitter.
	Seed uint64

	// KeepMessages is how many of the latest messages the inbox page can
	// show, and Reply can find; 0 means 200, negative none.
	KeepMessages int
	// Now replaces the clock; nil is time.Now. It is called under a lock, so it
	// must not ask the sandbox anything.
	Now func() time.Time
}

// Workspace is the app that a token belongs to.
type Workspace struct {
	IDCode   string // default "sandbox"
	Name     string // default "Sandbox"
	Region   string // US, EU or AU; default US
	Timezone string // default "America/Los_Angeles"
}

// Admin is a teammate, and so a possible sender.
type Admin struct {
	ID    int64
	Name  string
	Email string
}

// Style is a kind of window.
type Style int

const (
	// Aligned windows begin at :00, :10, :20 and so on.
	Aligned Style = iota
	// Anchored windows begin with the first request after the last window.
	Anchored
	// Sliding allows no span of one window's length more than the limit.
	Sliding
)

// Headers changes what answers say about limit and time, so that a client can
// be shown headers that are missing, skewed or absurd.
type Headers struct {
	// Off leaves out X-RateLimit-Limit, -Remaining and -Reset.
	Off bool
	// Omit names headers to leave out one by one; Date is one of them.
	Omit []string
	// Set replaces the value of headers, verbatim. It wins over Omit.
	Set map[string]string
	// Skew is how far the sandbox's clock, as Date and Reset show it, is ahead.
	Skew time.Duration
	// RetryAfter adds Retry-After (whole seconds until the reset) to a 429.
	RetryAfter bool
}

func (o Options) withDefaults() Options {
	setDefault(&o.Workspace.IDCode, "sandbox")
	setDefault(&o.Workspace.Name, "Sandbox")
	setDefault(&o.Workspace.Region, "US")
	setDefault(&o.Workspace.Timezone, "America/Los_Angeles")
	setDefault(&o.Window, 10*time.Second)
	setDefault(&o.KeepMessages, 200)
	setDefault(&o.MaxValues, 50)
	if o.MaxValues < 0 {
		o.MaxValues = math.MaxInt
	}
	if len(o.Admins) == 0 {
		o.Admins = []Admin{
			{394051, "Anna Arndt", "anna@example.com"},
			{394052, "Ben Okafor", "ben@example.com"},
			{394053, "Chiara Rossi", "chiara@example.com"},
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// apply changes the headers of one answer as configured.
func (h Headers) apply(header http.Header) {
	if h.Off {
		for name := range header {
			if strings.HasPrefix(name, "X-Ratelimit-") {
				delete(header, name)
			}
		}
	}
	for _, name := range h.Omit {
		// A nil value, unlike a missing one, keeps net/http from adding Date.
		header[http.CanonicalHeaderKey(name)] = nil
	}
	for name, value := range h.Set {
		header.Set(name, value)
	}
}
