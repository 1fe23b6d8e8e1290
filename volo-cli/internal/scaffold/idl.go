package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// idlFolder is where a project keeps its IDLs.
const idlFolder = "idl"

// A placement says where copies of IDL files go.
type placement struct {
	files map[string]string // name below the project, by absolute name
	dirs  []string          // include folders below the project
}

// place finds a place in the project for IDL files and for the include folders
// that hold some of them. All names are absolute and have slashes; root is the
// folder of the file that the user named.
//
// The files keep their places relative to one another, so that relative
// includes go on to work: the deepest folder that holds them all becomes idl/.
// If that is the root of the file system, which would copy half of its
// structure, every include folder gets a place of its own instead.
func place(root string, names, includes []string) (*placement, error) {
	used := slices.DeleteFunc(slices.Clone(includes), func(dir string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return below(name, dir) })
	})
	top := root
	for _, name := range names {
		top = common(top, path.Dir(name))
	}
	for _, dir := range used {
		top = common(top, dir)
	}
	pl := &placement{files: make(map[string]string)}
	if path.Dir(top) != top {
		for _, name := range names {
			pl.files[name] = idlFolder + strings.TrimPrefix(name, top)
		}
		for _, dir := range used {
			pl.dirs = append(pl.dirs, idlFolder+strings.TrimPrefix(dir, top))
		}
		return pl, nil
	}
	return pl, pl.apart(names, root, used)
}

// apart places every include folder, and the folder of the input, on its own.
func (pl *placement) apart(names []string, root string, includes []string) error {
	taken := map[string]string{root: idlFolder}
	for _, dir := range includes {
		if dir == root {
			pl.dirs = append(pl.dirs, idlFolder)
		} else if taken[dir] == "" {
			to := path.Join(idlFolder, path.Base(dir))
			for slices.Contains(pl.dirs, to) {
				to += "_"
			}
			taken[dir] = to
			pl.dirs = append(pl.dirs, to)
		}
	}
	for _, name := range names {
		for _, dir := range append([]string{root}, includes...) {
			if below(name, dir) && pl.files[name] == "" {
				pl.files[name] = taken[dir] + strings.TrimPrefix(name, dir)
			}
		}
		if pl.files[name] == "" {
			return fmt.Errorf("%s is neither below %s nor below an include folder, so there is no place to copy it to; name its folder with --include", name, root)
		}
	}
	return nil
}

// below reports whether name is a file in dir or deeper.
func below(name, dir string) bool { return strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/") }

// common returns the deepest folder that holds both.
func common(a, b string) string {
	for a != b {
		if len(a) < len(b) {
			a, b = b, a
		}
		a = path.Dir(a)
	}
	return a
}
