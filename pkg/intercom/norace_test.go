//go:build !race

package intercom

const racing = false
