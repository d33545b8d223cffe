package calendar

import (
	_ "embed" // for the list of zones
	"fmt"
	"strings"
	"time"
)

// zoneNames is what Go itself comes with, but for Etc/GMT+1 and its like, whose
// signs mean the opposite of what people think:
//
//	unzip -Z1 "$(go env GOROOT)/lib/time/zoneinfo.zip" | grep -v -e '/$' -e '^Etc/' | LC_ALL=C sort
//
//go:embed zones.txt
var zoneNames string

// ZoneNames returns the names of time zones that are known well, to suggest
// from; [LoadZone] may know others.
func ZoneNames() []string { return strings.Fields(zoneNames) }

// A ZoneError is a name that is no time zone's.
type ZoneError struct{ Name string }

func (e *ZoneError) Error() string {
	return fmt.Sprintf("there is no time zone %q; zones are named as in Europe/Berlin", e.Name)
}

// LoadZone returns the time zone of a name as in Europe/Berlin. "Local", which
// is another zone on each machine, is none. The error is a *ZoneError.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, &ZoneError{name}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, &ZoneError{name}
	}
	return zone, nil
}
