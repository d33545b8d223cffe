package campaign

import (
	"slices"
	"strings"
)

// Files returns the files that Load read: the campaign file, its body and what
// that includes. Shipped templates are none.
func (c *Campaign) Files() []string {
	files := []string{c.File}
	for _, t := range c.bodies.files {
		if t.File != c.File && !strings.HasPrefix(t.File, shippedPrefix) {
			files = append(files, t.File)
		}
	}
	slices.Sort(files[1:])
	return files
}
