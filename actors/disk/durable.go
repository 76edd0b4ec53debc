package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// temporary ends the name of a file that is not yet what it is going to be.
const temporary = ".tmp"

// replaceFile makes content the content of a file: after a crash the file is the old
// one or the new one. When it returns nil, the new one is durable, and so is every
// other name in the directory.
func replaceFile(path string, content []byte) error {
	if err := writeFile(path+temporary, content); err != nil {
		return err
	}
	if err := os.Rename(path+temporary, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// writeFile writes and syncs a file.
func writeFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeDirectory makes a directory and its parents durable. It does nothing where
// there is one.
func makeDirectory(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is a file, not a directory", path)
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDirectory(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, directoryMode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncDirectory(parent)
}

// removeDirectory removes a directory with all that is in it, for good.
func removeDirectory(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
