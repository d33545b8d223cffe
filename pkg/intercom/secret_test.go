package intercom

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testToken = "dG9rOnZlcnktc2VjcmV0LXZhbHVl="

func mustSecret(t testing.TB, value string) Secret {
	t.Helper()
	s, err := NewSecret(value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shows reports whether text holds the token, in any form a printer gives it.
func shows(text string) bool {
	return strings.Contains(text, testToken) ||
		strings.Contains(text, fmt.Sprintf("%x", testToken)) ||
		strings.Contains(text, fmt.Sprintf("%d", []byte(testToken))) ||
		strings.Contains(text, testToken[5:15])
}

func TestSecretIsNotShown(t *testing.T) {
	s := mustSecret(t, testToken)
	c := newClient(t, Options{Token: s, BaseURL: "http://127.0.0.1:1"})
	type holder struct {
		Public  Secret
		private Secret
		pointer *Secret
	}
	values := map[string]any{
		"secret": s, "pointer": &s, "list": []Secret{s}, "map": map[string]Secret{"a": s},
		"holder": holder{s, s, &s}, "options": Options{Token: s}, "pointer to options": &Options{Token: s},
		"client": c, "error": fmt.Errorf("with %v", s),
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%T", "%p", "%10.3s", "%!"} {
			if got := fmt.Sprintf(verb, v); shows(got) {
				t.Errorf("%s printed with %s shows the token: %s", name, verb, got)
			}
		}
	}
	var log bytes.Buffer
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))} {
		l.Info("x", "secret", s, "pointer", &s, "holder", holder{s, s, &s})
	}
	asJSON, err := json.Marshal(map[string]any{"secret": s, "holder": holder{s, s, &s}})
	asXML, xmlErr := xml.Marshal(s)
	if err := errors.Join(err, xmlErr); err != nil {
		t.Fatal(err)
	}
	diff := cmp.Diff(struct{ S Secret }{}, struct{ S Secret }{s}, cmp.Exporter(func(reflect.Type) bool { return true }))
	for name, text := range map[string]string{
		"slog": log.String(), "json": string(asJSON), "xml": string(asXML), "cmp": diff,
	} {
		if shows(text) {
			t.Errorf("%s shows the token: %s", name, text)
		}
		if name != "cmp" && !strings.Contains(text, hidden) {
			t.Errorf("%s does not say %s: %s", name, hidden, text)
		}
	}
}

func TestSecretStandsInEveryVerb(t *testing.T) {
	s := mustSecret(t, testToken)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, s); got != hidden {
			t.Errorf("%s gives %q, want %q", verb, got, hidden)
		}
	}
	if s.String() != hidden || s.GoString() != hidden {
		t.Error("String or GoString gives something else")
	}
}

func TestNewSecret(t *testing.T) {
	tests := []struct {
		name, value, want string
		problem           Problem
	}{
		{name: "plain", value: "abc", want: "abc"},
		{name: "line break of a file", value: "abc\n", want: "abc"},
		{name: "line break of Windows", value: "abc\r\n", want: "abc"},
		{name: "blanks around", value: "  abc\t\n\n", want: "abc"},
		{name: "empty", value: "", problem: OptionMissing},
		{name: "only a line break", value: "\n", problem: OptionMissing},
		{name: "blank inside", value: "Bearer abc", problem: OptionMalformed},
		{name: "two lines", value: "abc\nX-Evil: 1", problem: OptionMalformed},
		{name: "control character", value: "ab\x00c", problem: OptionMalformed},
		{name: "byte order mark", value: "\ufeffabc", problem: OptionMalformed},
		{name: "not ASCII", value: "äbc", problem: OptionMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := NewSecret(tt.value)
			if tt.problem == 0 {
				if err != nil || s.IsZero() || s.reveal() != tt.want {
					t.Fatalf("error %v, zero %t", err, s.IsZero())
				}
				return
			}
			var bad *OptionError
			if !errors.As(err, &bad) || bad.Problem != tt.problem || bad.Option != "token" || bad.Value != "" {
				t.Fatalf("error %#v, want problem %d of the token without a value", err, tt.problem)
			}
			if !s.IsZero() {
				t.Error("a refused value is kept")
			}
			if strings.Contains(err.Error(), "abc") {
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}

func TestOnlyATokenWorthHidingIsRedacted(t *testing.T) {
	for token, want := range map[string]string{
		"x":            "the sandbox says x and dG9rOjEyMzQ=",
		"dG9rOjEyMzQ=": "the sandbox says x and ***",
	} {
		if got := newTidier(token).message("the sandbox says x and dG9rOjEyMzQ="); got != want {
			t.Errorf("with the token %q: %q", token, got)
		}
	}
}
