package tcp

import (
	"net"

	"golang.org/x/sys/unix"
)

// setUserTimeout gives up a connection whose bytes nobody acknowledges. Without it
// Linux repeats them at growing intervals for a quarter of an hour, and a network
// that has healed stays silent for minutes.
func setUserTimeout(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT,
			int(userTimeout.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
