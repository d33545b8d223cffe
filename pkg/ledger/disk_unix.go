//go:build unix && !linux && !darwin

package ledger

import (
	"errors"
	"os"
)

// networkOf knows no network file system on this system.
func networkOf(*os.File) (string, error) { return "", nil }

// FreeSpace is not known on this system: it returns [errors.ErrUnsupported].
func FreeSpace(string) (uint64, error) { return 0, errors.ErrUnsupported }
