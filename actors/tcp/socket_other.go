//go:build !linux

package tcp

import "net"

// setUserTimeout does nothing where the kernel offers nothing of the kind: there
// the write timeout and the keep-alive probes have to do.
func setUserTimeout(*net.TCPConn) error { return nil }
