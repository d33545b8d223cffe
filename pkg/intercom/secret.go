package intercom

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// hidden is what a Secret shows to everybody.
const hidden = "***"

// A Secret is an access token that cannot be printed: fmt, encoders and loggers
// all show ***. Only this package's header writer reads it. The zero Secret
// holds nothing.
type Secret struct {
	// A function, because printers that follow pointers or look into
	// unexported fields find nothing in it.
	reveal func() string
}

// NewSecret returns the secret with this value, less the white space around it
// (a token file ends in a line break). It refuses an empty value and anything
// but visible ASCII within, so that a token can't break out of its header. The
// error, an *OptionError, does not show the value.
func NewSecret(value string) (Secret, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return Secret{}, &OptionError{Option: "token", Problem: OptionMissing}
	}
	for _, b := range []byte(value) {
		if b <= ' ' || b > '~' {
			return Secret{}, &OptionError{Option: "token", Problem: OptionMalformed}
		}
	}
	return Secret{reveal: func() string { return value }}, nil
}

// IsZero reports whether s holds nothing.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns ***.
func (s Secret) String() string { return hidden }

// GoString returns ***.
func (s Secret) GoString() string { return hidden }

// Format writes *** whatever the verb and the flags are.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// MarshalText returns ***; encoders of JSON, YAML and XML use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue returns ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
