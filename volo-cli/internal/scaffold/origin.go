package scaffold

import (
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// Prefix is the import path that all modules of Volo begin with.
const Prefix = "github.com/volo-go/volo/"

// An Origin is where a new project gets Volo's modules from: a checkout on
// this machine or a released version.
type Origin struct {
	Dir     string // of the checkout, empty if Version counts
	Version string // of the release
}

// String names the origin for people.
func (o Origin) String() string {
	if o.Dir != "" {
		return "checkout " + o.Dir
	}
	return "version " + o.Version
}

// ErrNoOrigin says that the tool is no release and that the checkout it was
// built from is gone.
var ErrNoOrigin = errors.New("this tool is not a release, and the checkout that it was built from is not there any more")

// FindOrigin finds out where this tool comes from.
//
// A tool that `go install` fetched sits in the module cache, and its version
// is the one to require. Anything else was built from a checkout: the one whose
// source files the binary names, or, if it was built with -trimpath, the one
// that dir is in.
func FindOrigin(dir string) (Origin, error) {
	_, file, _, _ := runtime.Caller(0)
	info, _ := debug.ReadBuildInfo()
	return findOrigin(file, dir, info)
}

// findOrigin is FindOrigin with what it asks the runtime for.
func findOrigin(file, dir string, info *debug.BuildInfo) (Origin, error) {
	for _, start := range []string{file, dir} {
		if root := checkoutAbove(start); root != "" {
			return Origin{Dir: root}, nil
		}
	}
	if info != nil && semver.IsValid(info.Main.Version) && !strings.Contains(info.Main.Version, "+dirty") {
		return Origin{Version: info.Main.Version}, nil
	}
	return Origin{}, ErrNoOrigin
}

// OpenCheckout returns the origin for a checkout that the user names.
func OpenCheckout(dir string) (Origin, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Origin{}, err
	}
	if !isCheckout(abs) {
		return Origin{}, fmt.Errorf("%s is no checkout of Volo: it has no volo-thrift/go.mod that says module %svolo-thrift", dir, Prefix)
	}
	return Origin{Dir: abs}, nil
}

// checkoutAbove returns the nearest folder at or above start that is a
// checkout, empty if there is none.
func checkoutAbove(start string) string {
	if !filepath.IsAbs(start) {
		return ""
	}
	for dir := filepath.Clean(start); ; {
		if isCheckout(dir) {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// isCheckout reports whether dir holds the modules that a project needs.
func isCheckout(dir string) bool {
	for _, name := range []string{"volo-thrift", "pilota"} {
		text, err := os.ReadFile(filepath.Join(dir, name, "go.mod"))
		if err != nil || modfile.ModulePath(text) != Prefix+name {
			return false
		}
	}
	return true
}

// goMod returns the go.mod and the go.sum of a project that imports a
// framework, volo-thrift or volo-grpc; sum is nil if nobody knows it yet and
// `go mod tidy` has to.
//
// From a checkout, the project requires what the framework itself requires, in
// the same versions and with the same sums, so that building it needs nothing
// that building the framework does not.
func (o Origin) goMod(path, framework string) (mod, sum []byte, err error) {
	direct := []string{Prefix + framework, Prefix + "pilota", Prefix + "motore", "google.golang.org/protobuf"}
	f := new(modfile.File)
	if err := f.AddModuleStmt(path); err != nil {
		return nil, nil, err
	}
	if o.Dir == "" {
		if err := f.AddGoStmt(goVersion); err != nil {
			return nil, nil, err
		}
		for _, path := range slices.Sorted(slices.Values(direct)) {
			if strings.HasPrefix(path, Prefix) {
				f.AddNewRequire(path, o.Version, false)
			}
		}
		mod, err = f.Format()
		return mod, nil, err
	}
	need, sum, language, err := o.requirements(framework)
	if err != nil {
		return nil, nil, err
	}
	if err := f.AddGoStmt(language); err != nil {
		return nil, nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(need)) {
		name, ours := strings.CutPrefix(path, Prefix)
		f.AddNewRequire(path, need[path], !slices.Contains(direct, path))
		if !ours {
			continue
		}
		if err := f.AddReplace(path, "", filepath.Join(o.Dir, filepath.FromSlash(name)), ""); err != nil {
			return nil, nil, err
		}
	}
	f.SetRequireSeparateIndirect(f.Require)
	f.Cleanup()
	mod, err = f.Format()
	return mod, sum, err
}

// requirements returns what the framework and its own modules require, with
// the highest version of each, the lines of their go.sum files, and the
// version of Go that they need.
func (o Origin) requirements(framework string) (need map[string]string, sum []byte, language string, err error) {
	language = goVersion
	need = map[string]string{Prefix + framework: "v0.0.0"}
	lines := make(map[string]bool)
	for _, name := range []string{framework, "motore", "metainfo"} {
		at := filepath.Join(o.Dir, name, "go.mod")
		text, err := os.ReadFile(at)
		if err != nil {
			return nil, nil, "", err
		}
		f, err := modfile.ParseLax(at, text, nil)
		if err != nil {
			return nil, nil, "", err
		}
		if f.Go != nil && version.Compare("go"+f.Go.Version, "go"+language) > 0 {
			language = f.Go.Version
		}
		for _, r := range f.Require {
			if semver.Compare(r.Mod.Version, need[r.Mod.Path]) >= 0 {
				need[r.Mod.Path] = r.Mod.Version
			}
		}
		text, err = os.ReadFile(filepath.Join(o.Dir, name, "go.sum"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, "", err
		}
		for line := range strings.Lines(string(text)) {
			lines[line] = true
		}
	}
	return need, []byte(strings.Join(slices.Sorted(maps.Keys(lines)), "")), language, nil
}

// goVersion is what generated code needs.
const goVersion = "1.26.0"
