//go:build race

package intercom

// racing tells that pools forget, and so allocations are others.
const racing = true
