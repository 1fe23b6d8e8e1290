// Package tree writes many files at once, without harm to those that are there.
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A ConflictError says that files are in the way. Nothing has been written.
type ConflictError struct {
	Dir   string
	Names []string // slash-separated, below Dir, sorted
}

// Error names the files.
func (e *ConflictError) Error() string {
	noun := "files exist"
	if len(e.Names) == 1 {
		noun = "file exists"
	}
	return fmt.Sprintf("%d %s in %s with other contents:\n  %s", len(e.Names), noun, e.Dir, strings.Join(e.Names, "\n  "))
}

// Write writes files, slash-separated names with their contents, below dir. A
// file that is already there with the same contents is left alone; if one has
// other contents, nothing is written and the error is a [*ConflictError],
// unless overwrite is true.
func Write(dir string, files map[string][]byte, overwrite bool) error {
	var names, conflicts []string
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		switch old, err := os.ReadFile(at); {
		case errors.Is(err, fs.ErrNotExist):
			names = append(names, name)
		case err == nil && bytes.Equal(old, text):
		case err == nil && overwrite:
			names = append(names, name)
		case err == nil:
			conflicts = append(conflicts, name)
		default:
			// A folder with the name of a file, a file in place of a folder, or
			// something that we may not read: never ours to replace.
			return err
		}
	}
	if len(conflicts) > 0 {
		slices.Sort(conflicts)
		return &ConflictError{dir, conflicts}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), files[name]); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file, and the folders it is in, so that a reader sees the
// old contents or the new, never half of them.
func writeFile(name string, text []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already unless something failed
	_, err = tmp.Write(text)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
