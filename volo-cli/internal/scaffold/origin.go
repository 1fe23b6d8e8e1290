package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
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

// goMod returns the go.mod and the go.sum of a project that imports the Thrift
// framework; sum is nil if nobody knows it yet and `go mod tidy` has to.
//
// From a checkout, the project requires what the framework itself requires, in
// the same versions and with the same sums, so that building it needs nothing
// that building the framework does not.
func (o Origin) goMod(path string) (mod, sum []byte, err error) {
	f := new(modfile.File)
	if err := f.AddModuleStmt(path); err != nil {
		return nil, nil, err
	}
	if o.Dir == "" {
		if err := f.AddGoStmt(goVersion); err != nil {
			return nil, nil, err
		}
		for _, name := range []string{"pilota", "volo-thrift"} {
			f.AddNewRequire(Prefix+name, o.Version, false)
		}
		mod, err = f.Format()
		return mod, nil, err
	}
	name := filepath.Join(o.Dir, "volo-thrift", "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil, nil, err
	}
	if err := f.AddGoStmt(theirs.Go.Version); err != nil {
		return nil, nil, err
	}
	mods := []module.Version{{Path: Prefix + "volo-thrift", Version: "v0.0.0"}}
	for _, r := range theirs.Require {
		mods = append(mods, r.Mod)
	}
	for _, m := range mods {
		name, ours := strings.CutPrefix(m.Path, Prefix)
		direct := name == "volo-thrift" || name == "pilota"
		f.AddNewRequire(m.Path, m.Version, !direct)
		if !ours {
			continue
		}
		if err := f.AddReplace(m.Path, "", filepath.Join(o.Dir, filepath.FromSlash(name)), ""); err != nil {
			return nil, nil, err
		}
	}
	f.SetRequireSeparateIndirect(f.Require)
	f.Cleanup()
	if mod, err = f.Format(); err != nil {
		return nil, nil, err
	}
	sum, err = os.ReadFile(filepath.Join(o.Dir, "volo-thrift", "go.sum"))
	if errors.Is(err, fs.ErrNotExist) {
		return mod, []byte{}, nil
	}
	return mod, sum, err
}

// goVersion is what generated code needs.
const goVersion = "1.26"
