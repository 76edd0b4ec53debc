package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const lockFile = "LOCK"

// lockDirectory takes the directory for this process, until the file returned is
// closed or the process ends.
func lockDirectory(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("data directory %s is in use by another process%s. Stop that one first, "+
			"or choose another directory", dir, holder(path))
	} else if err != nil {
		err = fmt.Errorf("data directory %s: lock %s: %w", dir, path, err)
	} else {
		err = sign(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// holder tells whatever the process that holds the lock wrote about itself.
func holder(path string) string {
	b, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(b)); err == nil && id != "" && len(id) < 20 {
		return " (" + id + ")"
	}
	return ""
}

// sign writes this process's id into the lock, for the error that others see.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "pid %d\n", os.Getpid()), 0)
	return err
}
