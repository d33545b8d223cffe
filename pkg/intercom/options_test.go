package intercom

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Token.IsZero() {
		o.Token = mustSecret(t, testToken)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestNewChoosesTheHost(t *testing.T) {
	tests := []struct{ region, base, want string }{
		{want: "https://api.intercom.io"},
		{region: "us", want: "https://api.intercom.io"},
		{region: "eu", want: "https://api.eu.intercom.io"},
		{region: "au", want: "https://api.au.intercom.io"},
		{region: "eu", base: "https://proxy.example/intercom/", want: "https://proxy.example/intercom"},
		{base: "http://127.0.0.1:8080", want: "http://127.0.0.1:8080"},
		{base: "http://127.9.9.9", want: "http://127.9.9.9"},
		{base: "http://[::1]:8080", want: "http://[::1]:8080"},
		{base: "http://localhost:1", want: "http://localhost:1"},
	}
	for _, tt := range tests {
		c := newClient(t, Options{Region: tt.region, BaseURL: tt.base})
		if c.BaseURL() != tt.want {
			t.Errorf("region %q, base %q: %s, want %s", tt.region, tt.base, c.BaseURL(), tt.want)
		}
		if got := c.createMessage(t.Context()).URL.String(); got != tt.want+"/messages" {
			t.Errorf("messages go to %s", got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	s := mustSecret(t, testToken)
	tests := []struct {
		name    string
		options Options
		option  string
		problem Problem
	}{
		{"no token", Options{}, "token", OptionMissing},
		{"plain http", Options{Token: s, BaseURL: "http://api.intercom.io"}, "base URL", OptionInsecure},
		{"plain http to the local network", Options{Token: s, BaseURL: "http://192.168.1.1"}, "base URL", OptionInsecure},
		{"plain http to a name like localhost", Options{Token: s, BaseURL: "http://localhost.example"}, "base URL", OptionInsecure},
		{"plain http to all interfaces", Options{Token: s, BaseURL: "http://0.0.0.0:8080"}, "base URL", OptionInsecure},
		{"no scheme", Options{Token: s, BaseURL: "api.intercom.io"}, "base URL", OptionMalformed},
		{"another scheme", Options{Token: s, BaseURL: "ftp://api.intercom.io"}, "base URL", OptionMalformed},
		{"no host", Options{Token: s, BaseURL: "https:///x"}, "base URL", OptionMalformed},
		{"query", Options{Token: s, BaseURL: "https://x.example/?a=b"}, "base URL", OptionMalformed},
		{"password", Options{Token: s, BaseURL: "https://me:hunter2@x.example"}, "base URL", OptionMalformed},
		{"password, not a URL", Options{Token: s, BaseURL: "https://me:hunter2@x.example:port"}, "base URL", OptionMalformed},
		{"region", Options{Token: s, Region: "mars"}, "region", OptionUnlisted},
		{"version", Options{Token: s, Version: "2.99"}, "version", OptionUnlisted},
		{"timeout", Options{Token: s, Timeout: -time.Second}, "timeout", OptionMalformed},
		{"connections", Options{Token: s, Connections: -1}, "connections", OptionMalformed},
		{"user agent", Options{Token: s, UserAgent: "a\r\nX: y"}, "user agent", OptionMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(tt.options)
			var bad *OptionError
			if !errors.As(err, &bad) || bad.Option != tt.option || bad.Problem != tt.problem || c != nil {
				t.Fatalf("error %v", err)
			}
			if strings.Contains(err.Error(), "hunter2") || shows(err.Error()) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestVersionsHoldTheDefault(t *testing.T) {
	if !slices.Contains(Versions(), DefaultVersion) || !slices.Contains(Regions(), DefaultRegion) {
		t.Error("a default is not listed")
	}
	for _, version := range Versions() {
		newClient(t, Options{Version: version})
	}
}
