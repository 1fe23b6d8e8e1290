package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/volo-cli/internal/config"
)

// isThrift and isProto tell the languages apart by the names of files.
func isThrift(name string) bool { return strings.HasSuffix(name, ".thrift") }
func isProto(name string) bool  { return strings.HasSuffix(name, ".proto") }

// idls returns the files that paths name, as people want to see them: files,
// and of folders everything below with the name of an IDL, but for what is
// hidden, vendored or test data. Without paths it is the current folder.
func (e *Env) idls(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var found []string
	for _, p := range paths {
		root := e.abs(p)
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && name == root:
				return absentf("there is no file or folder %s", p)
			case err != nil:
				return err
			case d.IsDir() && name != root && skipped(d.Name()):
				return filepath.SkipDir
			case d.IsDir():
			case isThrift(name), isProto(name):
				found = append(found, filepath.ToSlash(e.shown(name)))
			case name == root:
				return fmt.Errorf("%s is neither a .thrift nor a .proto file", p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, absentf("there is no .thrift or .proto file in %s", strings.Join(paths, ", "))
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// includeDirs returns the folders to look for includes and imports in, as
// people want to see them: those of the flag or, without any, those that
// volo.yml names for the IDLs of the project, and the current folder.
func (e *Env) includeDirs(flag []string) (dirs []string) {
	for _, dir := range flag {
		dirs = append(dirs, e.shown(e.abs(dir)))
	}
	f, root := e.configured()
	if len(dirs) > 0 || f == nil {
		return dirs
	}
	for _, entry := range f.Entries {
		for _, s := range entry.Services {
			if s.Source != config.Local {
				continue
			}
			for _, dir := range s.Includes {
				if dir = e.shown(filepath.Join(root, filepath.FromSlash(dir))); !slices.Contains(dirs, dir) {
					dirs = append(dirs, dir)
				}
			}
		}
	}
	if len(dirs) > 0 && !slices.Contains(dirs, ".") {
		dirs = append(dirs, ".")
	}
	return dirs
}

// An absenceError says that there is no file. It is [fs.ErrNotExist].
type absenceError struct{ message string }

func (e *absenceError) Error() string { return e.message }
func (e *absenceError) Unwrap() error { return fs.ErrNotExist }

func absentf(format string, args ...any) error { return &absenceError{fmt.Sprintf(format, args...)} }

func skipped(dir string) bool {
	return strings.HasPrefix(dir, ".") || dir == "vendor" || dir == "node_modules" || dir == "testdata"
}

// read returns the text of a file by its path as shown.
func (e *Env) read(name string) ([]byte, error) { return os.ReadFile(e.abs(filepath.FromSlash(name))) }

// source reads a file.
func (e *Env) source(name string) (*source.File, error) {
	text, err := e.read(name)
	if err != nil {
		return nil, err
	}
	return source.NewFile(name, string(text)), nil
}

// completeIDLs completes the paths of IDLs.
func completeIDLs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"thrift", "proto"}, cobra.ShellCompDirectiveFilterFileExt
}
