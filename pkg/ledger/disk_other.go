//go:build !linux

package ledger

import "os"

// syncData is File.Sync, which on macOS asks the drive to empty its cache.
func syncData(f *os.File) error { return f.Sync() }
