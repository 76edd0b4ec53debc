package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// temporary ends the name of a file that is not yet what it is going to be.
const temporary = ".tmp"

// replaceFile makes content the content of a file: after a crash the file is the old
// one or the new one. When it returns nil, the new one is durable, and so is every
// other name in the directory.
func replaceFile(v volume, path string, content []byte) error {
	if err := writeFile(v, path+temporary, content); err != nil {
		return err
	}
	if err := v.Rename(path+temporary, path); err != nil {
		return err
	}
	return v.SyncDirectory(filepath.Dir(path))
}

// writeFile writes and syncs a file.
func writeFile(v volume, path string, content []byte) error {
	f, err := v.Create(path)
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
func makeDirectory(v volume, path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is a file, not a directory", path)
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDirectory(v, parent); err != nil {
			return err
		}
	}
	if err := v.Mkdir(path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return v.SyncDirectory(parent)
}

// removeDurably removes a file or a directory with all that is in it, for good.
func removeDurably(v volume, path string) error {
	if err := v.RemoveAll(path); err != nil {
		return err
	}
	return v.SyncDirectory(filepath.Dir(path))
}

// removeLeftovers removes the temporary files in a directory.
func removeLeftovers(v volume, dir string) error {
	files, err := os.ReadDir(dir)
	for _, file := range files {
		if strings.HasSuffix(file.Name(), temporary) {
			err = errors.Join(err, v.RemoveAll(filepath.Join(dir, file.Name())))
		}
	}
	return err
}
