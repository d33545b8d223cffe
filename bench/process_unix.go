//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

const executableSuffix = ""

// peakMemory is the most bytes that a process had resident.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // which counts bytes, the others KiB
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
