package generate

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// Changes are the difference between a folder and what should be in it. Names
// have slashes and are below the folder; each list is sorted.
type Changes struct {
	Dir     string
	New     []string // not there yet
	Changed []string // there with other contents
	Stale   []string // generated earlier, not any more
	Foreign []string // in the way, and not generated

	files map[string][]byte
}

// None reports whether the folder is as it should be.
func (c *Changes) None() bool {
	return len(c.New)+len(c.Changed)+len(c.Stale)+len(c.Foreign) == 0
}

// Compare compares dir, which need not exist, with the files that should be
// the generated ones in it.
func Compare(dir string, files map[string][]byte) (*Changes, error) {
	c := &Changes{Dir: dir, files: files}
	seen := make(map[string]bool)
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && at == dir:
			return fs.SkipAll
		case err != nil || d.IsDir():
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		want, wanted := files[name]
		if !wanted && !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		ours := bytes.HasPrefix(text, []byte(gen.Header))
		seen[name] = true
		switch {
		case !wanted && ours:
			c.Stale = append(c.Stale, name)
		case !wanted, bytes.Equal(text, want):
		case ours:
			c.Changed = append(c.Changed, name)
		default:
			c.Foreign = append(c.Foreign, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name := range files {
		if !seen[name] {
			c.New = append(c.New, name)
		}
	}
	for _, list := range [][]string{c.New, c.Changed, c.Stale, c.Foreign} {
		slices.Sort(list)
	}
	return c, nil
}

// Apply makes the folder what it should be. If foreign files are in the way it
// changes nothing and returns a [*tree.ConflictError].
func (c *Changes) Apply() error {
	if len(c.Foreign) > 0 {
		return &tree.ConflictError{Dir: c.Dir, Names: c.Foreign}
	}
	write := make(map[string][]byte)
	for _, name := range slices.Concat(c.New, c.Changed) {
		write[name] = c.files[name]
	}
	if err := tree.Write(c.Dir, write, true); err != nil {
		return err
	}
	for _, name := range c.Stale {
		if err := c.remove(name); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file and the folders that it leaves empty.
func (c *Changes) remove(name string) error {
	at := filepath.Join(c.Dir, filepath.FromSlash(name))
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := filepath.Dir(at); dir != c.Dir; dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // it holds something else
			return nil
		}
	}
	return nil
}
