//go:build !unix

package intercom

import "net"

// canLook: an idle connection can't be looked at without waiting.
const canLook = false

func aliveness(net.Conn) func() error { return func() error { return nil } }
