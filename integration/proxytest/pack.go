// Package proxytest packs the modules of this repository as a release would
// and serves them from a folder in the form of the module proxy protocol, so
// that tests can be the users of a version that nobody has released yet.
//
// A module in the repository requires its siblings as v0.0.0 and replaces them
// by folders. In a release it requires them in the version of the release, and
// the replace lines, which a consumer ignores anyway, are gone: `go install`
// would refuse a module that has any.
package proxytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// Prefix is what the paths of our modules begin with.
const Prefix = "github.com/volo-go/volo/"

// Modules are the folders of the modules that users get.
var Modules = []string{"metainfo", "motore", "motore/contrib/etcd", "pilota", "volo-thrift", "volo-grpc", "volo-cli"}

// Pack writes every module of the repository at root into the folder proxy, as
// the given version.
func Pack(root, proxy, version string) error {
	for _, name := range Modules {
		if err := pack(filepath.Join(root, name), proxy, module.Version{Path: Prefix + name, Version: version}); err != nil {
			return fmt.Errorf("proxytest: %s: %w", name, err)
		}
	}
	return nil
}

// pack writes the four files of one version.
func pack(dir, proxy string, m module.Version) error {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	mod, err := Release(text, m.Version)
	if err != nil {
		return err
	}
	to := filepath.Join(proxy, filepath.FromSlash(m.Path), "@v")
	if err := os.MkdirAll(to, 0o777); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": m.Version, "Time": time.Unix(0, 0).UTC()})
	if err != nil {
		return err
	}
	var z bytes.Buffer
	if err := archive(&z, dir, m, mod); err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"list": []byte(m.Version + "\n"), m.Version + ".info": info, m.Version + ".mod": mod, m.Version + ".zip": z.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(to, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Release returns the go.mod that a module has in a release.
func Release(gomod []byte, version string) ([]byte, error) {
	f, err := modfile.Parse("go.mod", gomod, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range f.Replace {
		if !strings.HasPrefix(r.Old.Path, Prefix) {
			return nil, fmt.Errorf("go.mod replaces %s, which is not ours: consumers would get another one", r.Old.Path)
		}
		if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return nil, err
		}
	}
	for _, r := range f.Require {
		if strings.HasPrefix(r.Mod.Path, Prefix) {
			if err := f.AddRequire(r.Mod.Path, version); err != nil {
				return nil, err
			}
		}
	}
	f.Cleanup()
	return f.Format()
}

// archive writes the zip of a module with another go.mod.
func archive(w io.Writer, dir string, m module.Version, mod []byte) error {
	checked, err := zip.CheckDir(dir)
	if err == nil {
		err = checked.Err()
	}
	if err != nil {
		return err
	}
	var files []zip.File
	for _, at := range checked.Valid {
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(name), at: at}
		if f.name == "go.mod" {
			f.text = mod
		}
		files = append(files, f)
	}
	return zip.Create(w, m, files)
}

// A file is one file of a module; text stands for what is on disk.
type file struct {
	name, at string
	text     []byte
}

func (f file) Path() string { return f.name }

func (f file) Lstat() (fs.FileInfo, error) {
	info, err := os.Lstat(f.at)
	if err == nil && f.text != nil {
		info = sized{info, int64(len(f.text))}
	}
	return info, err
}

func (f file) Open() (io.ReadCloser, error) {
	if f.text != nil {
		return io.NopCloser(bytes.NewReader(f.text)), nil
	}
	return os.Open(f.at)
}

// sized is the information of a file that has another size.
type sized struct {
	fs.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }
