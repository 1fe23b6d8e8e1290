// Package ondemand builds binaries out of software that this repository neither
// contains nor requires.
//
// A [Module] says what its sources are and how they become a binary. Build
// writes them into the user's cache folder and builds them there; the second
// time the binary is there already. A change in any of the sources makes a new
// one. It takes the Go tool and, the first time, a module proxy.
package ondemand

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// A Module is a Go module to be built.
type Module struct {
	Name    string // of the folder in the cache, before version and fingerprint
	Version string // of the software that it is about
	Binary  string // file that Steps make
	Files   []File
	Steps   []Step
}

// A File is a source.
type File struct {
	Name string // with slashes, relative to the module
	Data []byte
}

// A Step is a command to run in the module's folder.
type Step struct {
	Args []string // a first one with a slash is in the module's folder

	// In, if not nil, is what it reads. Out, if not nil, is given what it
	// writes and returns files to add to the module.
	In  []byte
	Out func([]byte) ([]File, error)
}

// Build returns the path of the binary, which it builds if it is not there.
// progress is told what is being done if that takes time.
func (m Module) Build(ctx context.Context, progress func(string)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "volo-ondemand")
	dir := filepath.Join(cache, m.Name+"-"+m.Version+"-"+m.Fingerprint())
	binary := filepath.Join(dir, m.Binary)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	progress("building " + m.Name + " " + m.Version + " with its own tool")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// Built aside and moved when it is whole: a run that is interrupted leaves
	// nothing that the next one would take for a binary.
	aside, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	if err := m.build(ctx, aside); err != nil {
		return "", err
	}
	if err := os.Rename(aside, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return binary, nil
}

// Fingerprint tells sets of sources, of steps and of toolchains apart.
func (m Module) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version())
	for _, f := range m.Files {
		fmt.Fprintf(h, "%s %d\n%s\n", f.Name, len(f.Data), f.Data)
	}
	for _, s := range m.Steps {
		fmt.Fprintf(h, "%q %d\n%s\n", s.Args, len(s.In), s.In)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6])
}

func (m Module) build(ctx context.Context, dir string) error {
	if err := write(dir, m.Files); err != nil {
		return err
	}
	for _, s := range m.Steps {
		if err := s.run(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

func write(dir string, files []File) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (s Step) run(ctx context.Context, dir string) error {
	name := s.Args[0]
	if strings.Contains(name, "/") {
		name = filepath.Join(dir, name)
	} else {
		found, err := exec.LookPath(name)
		if err != nil {
			return err
		}
		name = found
	}
	cmd := exec.CommandContext(ctx, name, s.Args[1:]...)
	cmd.Dir = dir
	// The module stands alone, and its go.sum is yet to be written.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	cmd.Stdin = bytes.NewReader(s.In)
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if s.Out != nil {
		cmd.Stdout = &out
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(s.Args, " "), err, lastLine(says.Bytes()))
	}
	if s.Out == nil {
		return nil
	}
	files, err := s.Out(out.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(s.Args, " "), err)
	}
	return write(dir, files)
}

// Glob returns the files that match pattern, without tests, under the names
// that rename gives them.
func Glob(from fs.FS, pattern string, rename func(string) string) ([]File, error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{rename(name), data})
	}
	return files, nil
}

// Text is how files that are embedded as text are renamed: go.mod.txt is
// go.mod.
func Text(name string) string { return strings.TrimSuffix(path.Base(name), ".txt") }

// lastLine returns the last line of a command's output, which tends to be the
// one that says why it failed.
func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
