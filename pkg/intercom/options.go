package intercom

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What New takes for options that are left at zero.
const (
	DefaultRegion      = "us"
	DefaultVersion     = "2.15"
	DefaultTimeout     = 60 * time.Second
	DefaultConnections = 64
	DefaultUserAgent   = "herald"
)

// Options says how a Client reaches the API. Only Token is required.
type Options struct {
	// Region is us, eu or au and chooses Intercom's host for it.
	Region string

	// BaseURL overrides Region: scheme, host and perhaps a path, without
	// credentials, query or fragment. It is https unless the host is localhost
	// or a loopback address.
	BaseURL string

	// Token is the workspace's access token.
	Token Secret

	// Version is the Intercom-Version of each request, one of Versions.
	Version string

	// Timeout is how long an answer may take once a connection is at hand, to
	// the last byte of its body. What Wrap waits is not counted; looking up,
	// dialling and the TLS handshake have 10 seconds each.
	Timeout time.Duration

	// UserAgent is the User-Agent of each request.
	UserAgent string

	// Connections is the most connections at one time, in use or idle. Further
	// requests wait for a free one.
	Connections int

	// Wrap returns a round tripper around the one that reaches the network:
	// the place for a rate limit, since no request goes round it. The result is
	// called by as many goroutines as call the Client. For each request it
	// calls next at most once, on the same goroutine, with the request as it
	// is, and does not keep its body; an error it returns without calling next
	// makes the request NotSent, and errors.Is finds it in the client's error.
	Wrap func(next http.RoundTripper) http.RoundTripper

	// DialContext replaces how connections are made; tests use it.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Problem is what is wrong with an option.
type Problem int

// The problems of options.
const (
	OptionMissing   Problem = iota + 1 // required and not given
	OptionMalformed                    // not of the shape its comment describes
	OptionUnlisted                     // none of the listed values
	OptionInsecure                     // the token would be sent in the clear
)

var problems = [...]string{
	OptionMissing:   "is missing",
	OptionMalformed: "is malformed",
	OptionUnlisted:  "is not one that exists",
	OptionInsecure:  "would send the token unencrypted",
}

// An OptionError says which option is refused and why.
type OptionError struct {
	Option  string // token, region, base URL, version, timeout, user agent or connections
	Value   string // what was given; empty for a token and for a URL that can't be shown
	Problem Problem
}

// Error names the option, its value and the problem.
func (e *OptionError) Error() string {
	if e.Value == "" {
		return e.Option + " " + problems[e.Problem]
	}
	return fmt.Sprintf("%s %q %s", e.Option, e.Value, problems[e.Problem])
}

// Regions returns the regions that Intercom hosts workspaces in.
func Regions() []string { return []string{"us", "eu", "au"} }

// Versions returns the published values of the Intercom-Version header, oldest
// first, and Unstable.
func Versions() []string {
	return []string{
		"1.0", "1.1", "1.2", "1.3", "1.4",
		"2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9",
		"2.10", "2.11", "2.12", "2.13", "2.14", "2.15", "Unstable",
	}
}

// settled returns the options with defaults in place of zeros, and the base
// URL; or what is wrong with the first bad one.
func (o Options) settled() (Options, *url.URL, error) {
	o.Region = cmp.Or(o.Region, DefaultRegion)
	o.Version = cmp.Or(o.Version, DefaultVersion)
	o.UserAgent = cmp.Or(o.UserAgent, DefaultUserAgent)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.Connections = cmp.Or(o.Connections, DefaultConnections)
	switch {
	case o.Token.IsZero():
		return o, nil, &OptionError{Option: "token", Problem: OptionMissing}
	case !slices.Contains(Versions(), o.Version):
		return o, nil, &OptionError{Option: "version", Value: o.Version, Problem: OptionUnlisted}
	case o.Timeout < 0:
		return o, nil, &OptionError{Option: "timeout", Value: o.Timeout.String(), Problem: OptionMalformed}
	case o.Connections < 0:
		return o, nil, &OptionError{Option: "connections", Value: fmt.Sprint(o.Connections), Problem: OptionMalformed}
	case strings.ContainsFunc(o.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }):
		return o, nil, &OptionError{Option: "user agent", Value: o.UserAgent, Problem: OptionMalformed}
	}
	base, err := o.baseURL()
	return o, base, err
}

// baseURL returns the URL that paths are joined to.
func (o Options) baseURL() (*url.URL, error) {
	if o.BaseURL != "" {
		return parseBaseURL(o.BaseURL)
	}
	hosts := map[string]string{"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io"}
	host, ok := hosts[o.Region]
	if !ok {
		return nil, &OptionError{Option: "region", Value: o.Region, Problem: OptionUnlisted}
	}
	return &url.URL{Scheme: "https", Host: host, Path: "/"}, nil
}

func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		// The text may hold a password: not shown.
		return nil, &OptionError{Option: "base URL", Problem: OptionMalformed}
	}
	switch {
	case u.Hostname() == "", u.RawQuery != "", u.ForceQuery, u.Fragment != "", u.Scheme != "http" && u.Scheme != "https":
		return nil, &OptionError{Option: "base URL", Value: raw, Problem: OptionMalformed}
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, &OptionError{Option: "base URL", Value: raw, Problem: OptionInsecure}
	}
	u.Path = cmp.Or(u.Path, "/") // else what is joined to it has no slash before it
	return u, nil
}

// loopback reports whether a host is this machine. It knows no more names than
// http.ProxyFromEnvironment does, which never sends these through a proxy.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
