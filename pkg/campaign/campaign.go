package campaign

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
)

// Defaults of settings that a campaign file leaves out.
const (
	DefaultWorkers = 64
	DefaultTimeout = time.Minute
	// DefaultFailures and DefaultUnknown are the limits at which a run stops
	// itself: 5 % of the last 1,000 answers failed, or 20 unknown outcomes.
	DefaultFailures = 0.05
	DefaultUnknown  = 20
)

// MaxWorkers is the greatest number of workers a campaign may ask for.
const MaxWorkers = 1024

// maxFile bounds a campaign file and each template file, in bytes: nothing a
// person writes comes near it, and a data set named by mistake is not read
// into memory.
const maxFile = 4 << 20

// A Campaign is a campaign file, checked in itself: every value is valid, every
// template was found and parses. [Campaign.Compile] checks it against a source.
// It is not changed after Load, so goroutines may share it.
type Campaign struct {
	File string // the path given to Load
	Name string // letters, digits, dots, dashes, underscores: it begins file names

	Source Source
	Vars   map[string]string // constants for templates, each as it was written
	To     To
	Key    *Template // nil: the key is the rendered To.ID, or the address with what it is
	// SkipUnsubscribed leaves out who wants no emails, whose address bounced, or who
	// called an email spam, as far as Intercom knows when it is asked.
	SkipUnsubscribed bool
	Message
	Variants []Variant // of the message; none: there is one wording for all
	Hold     float64   // part of the rows that stay pending until a variant is chosen for them; 0: none
	Purpose  Purpose   // empty: not said
	Selection

	Rate    Rate          // zero: auto
	Share   float64       // part of the API's limit to use, 0 < Share <= 1; 0: not said
	Workers int           // 1..MaxWorkers
	Timeout time.Duration // of one request
	Stop    Stop
	API     API
	When    When

	ExpectRows Range // how many rows the source has, if it is the right one

	bodies *set // the body with its partials; nil: each variant has its own
}

// Source is where the recipients come from, and how to read them.
type Source struct {
	Path      string    // relative paths are resolved from the campaign file; "-" is stdin
	Audience  *Audience // in the place of a file; nil: there is one
	Encoding  string    // as written; empty: UTF-8, or UTF-16 by its byte order mark
	Delimiter rune      // between the fields of a CSV file; 0: found out from the file
}

// To is who a row's message goes to: Type and ID, or one of Email and ExternalID.
type To struct {
	Type *Template // renders "user" or "lead"
	ID   *Template // renders Intercom's id of the contact

	Email      *Template           // renders an email address, by which the contact is found
	ExternalID *Template           // renders the workspace owner's own id of a user
	Prefer     contacts.Preference // of several contacts with one address
}

// Message is the message, as templates and constants.
type Message struct {
	Type     string    // intercom.Email, intercom.InApp or intercom.Inapp, as it goes on the wire
	Subject  *Template // nil: none
	Body     *Template // nil: each variant has its own; so may be From
	Template string    // "plain" or "personal"; empty: none
	From     *Template // renders the admin's id or email address
	CC, BCC  []To      // a copy whose id renders empty is left out

	CreatedAt        time.Time // zero: now
	OpenConversation bool
}

// A Purpose says whether people may refuse messages of this kind: it decides what
// a missing opt-out text means.
type Purpose string

// The purposes.
const (
	Marketing Purpose = "marketing" // people may refuse it, and must be told how
	Service   Purpose = "service"   // people need it: a receipt, a warning, a change of terms
)

// A Rate is a number of requests in a time. The zero Rate is "auto": what the
// API's headers allow.
type Rate struct {
	N   int
	Per time.Duration
}

// A Limit is a count of a run or a share of its last answers; the one that is
// not zero. The zero Limit never stops anything.
type Limit struct {
	Count int
	Share float64 // 0 < Share <= 1
}

// Stop says after how many rows that went wrong a run stops by itself.
type Stop struct {
	Failures, Unknown Limit
}

// API is the workspace to send to; what is empty was not said.
type API struct {
	Region    string // us, eu or au
	BaseURL   string
	Version   string // of the API, as in "2.15"
	Workspace string // refuse a token of any other workspace
}

// Options are what Load needs besides the file.
type Options struct {
	// Shipped holds the templates that come with the program; those in the
	// campaign's folder win. Nil: there are none.
	Shipped fs.FS
}

// Load reads the campaign file at path, its body and the partials it includes.
// The error is an error of reading the file, or Problems: all that is wrong,
// by place.
func Load(path string, o Options) (*Campaign, error) {
	text, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	c := &Campaign{
		File:    path,
		Vars:    map[string]string{},
		Workers: DefaultWorkers,
		Timeout: DefaultTimeout,
		Stop:    Stop{Failures: Limit{Share: DefaultFailures}, Unknown: Limit{Count: DefaultUnknown}},
	}
	d := newDecoder(path, text)
	t := d.campaign(c)
	f := finder{decoder: d, dir: filepath.Dir(path), shipped: o.Shipped}
	c.Body, c.bodies = f.body("message.body", t.message.body)
	for i := range c.Variants {
		v := &c.Variants[i]
		v.Body, v.bodies = f.body("variants."+v.Name+".body", t.variants[v.Name].body)
	}
	for _, t := range slices.Concat(c.inline(), c.Conditions()) {
		f.parse(t)
	}
	if c.When.ZoneOf != nil {
		f.parse(c.When.ZoneOf)
	}
	if err := d.problems.err(path); err != nil {
		return nil, err
	}
	return c, nil
}

// inline returns the templates that stand in the campaign file and make the
// message, without the bodies.
func (c *Campaign) inline() []*Template {
	all := []*Template{c.To.Type, c.To.ID, c.To.Email, c.To.ExternalID, c.Key, c.Subject, c.From}
	for _, v := range c.Variants {
		all = append(all, v.When, v.Subject, v.From)
	}
	for _, copies := range [][]To{c.CC, c.BCC} {
		for _, to := range copies {
			all = append(all, to.Type, to.ID)
		}
	}
	var set []*Template
	for _, t := range all {
		if t != nil {
			set = append(set, t)
		}
	}
	return set
}

// errTooLong is what reading a file of more than maxFile bytes ends with.
var errTooLong = errors.New("more than 4 MiB: this is no campaign or template file")

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a folder")}
	}
	if info.Size() > maxFile {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errTooLong}
	}
	return os.ReadFile(path)
}

// isEmail reports whether the message is an email.
func (m *Message) isEmail() bool { return m.Type == intercom.Email }
