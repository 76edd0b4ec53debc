package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync makes the content of a file durable whose size has not changed.
func datasync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
