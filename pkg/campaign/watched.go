package campaign

import (
	"slices"
	"strings"
)

// Files returns the files that Load read: the campaign file, its bodies and what
// those include. Shipped templates are none.
func (c *Campaign) Files() []string {
	files := []string{c.File}
	for s := range c.sets() {
		for _, t := range s.files {
			if t.File != c.File && !strings.HasPrefix(t.File, shippedPrefix) {
				files = append(files, t.File)
			}
		}
	}
	slices.Sort(files[1:])
	return append(files[:1], slices.Compact(files[1:])...)
}
