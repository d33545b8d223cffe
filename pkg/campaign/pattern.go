package campaign

import (
	"regexp"
	"sync"
)

// pattern compiles a regular expression when it is first used: most runs of a
// program use none of them, and compiling all is what its start would wait for.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
