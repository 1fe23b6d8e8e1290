package generate

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/volo-cli/internal/config"
)

// A Checkout is a git repository that IDLs come from.
type Checkout struct {
	// Name is the host, the folders there and the repository: IDLs of other
	// repositories include its files without the host, as in
	// "team/idl/base.thrift".
	Name string
	Dir  string // with the files
}

// checkouts is the folder that the compiler sees all repositories in. So files
// have one name, however they are included, and descriptors have the same
// names on every machine.
const checkouts = "git:"

// of returns a path of a service as the compiler sees it.
func (in *Input) of(s *config.IDL, name string) string {
	if s.Source == config.Git {
		return path.Join(checkouts, in.Checkouts[s.Repo].Name, name)
	}
	return path.Join(in.Root, name)
}

// hosts returns the folders that repositories are named from.
func (in *Input) hosts() []string {
	var dirs []string
	for _, c := range in.Checkouts {
		host, _, _ := strings.Cut(c.Name, "/")
		if dir := path.Join(checkouts, host); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// find returns the repository that a name is in, and the rest of the name.
func (in *Input) find(name string) (c Checkout, rest string, ok bool) {
	for _, c := range in.Checkouts {
		if rest, ok := strings.CutPrefix(name, path.Join(checkouts, c.Name)+"/"); ok {
			return c, rest, true
		}
	}
	return Checkout{}, "", false
}

// read returns what reads the IDLs.
func (in *Input) read() func(name string) ([]byte, error) {
	local := in.ReadFile
	if local == nil {
		local = func(name string) ([]byte, error) { return os.ReadFile(filepath.FromSlash(name)) }
	}
	return func(name string) ([]byte, error) {
		if !strings.HasPrefix(name, checkouts+"/") {
			return local(name)
		}
		c, rest, ok := in.find(name)
		if !ok {
			return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
		}
		// Links of a repository must not lead out of it.
		root, err := os.OpenRoot(c.Dir)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return root.ReadFile(filepath.FromSlash(rest))
	}
}

// show makes diagnostics name the files where they are.
func (in *Input) show(list report.List) {
	show := func(f *source.File) {
		if f == nil {
			return
		}
		if c, rest, ok := in.find(f.Name); ok {
			f.Name = filepath.Join(c.Dir, filepath.FromSlash(rest))
		}
	}
	for _, d := range list {
		show(d.Primary.Span.File)
		for _, r := range d.Related {
			show(r.Span.File)
		}
		for _, c := range in.Checkouts {
			from, to := path.Join(checkouts, c.Name)+"/", c.Dir+string(filepath.Separator)
			d.Message = strings.ReplaceAll(d.Message, from, to)
			for i := range d.Help {
				d.Help[i] = strings.ReplaceAll(d.Help[i], from, to)
			}
		}
	}
}

// unread reports files of services that cannot be read, where volo.yml names
// them.
func (in *Input) unread() report.List {
	var l report.List
	read := in.read()
	for _, s := range in.Entry.Services {
		name := in.of(s, s.Path)
		_, err := read(name)
		if err == nil {
			continue
		}
		reason := err
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			reason = pe.Err
		}
		repo := in.Entry.Repo(s.Repo)
		if s.Source != config.Git || repo == nil || !errors.Is(err, fs.ErrNotExist) {
			l.Errorf("input-not-read", s.Span, "cannot read `%s`: %v", name, reason)
			continue
		}
		l.Errorf("input-not-read", s.Span, "repo `%s` has no file `%s` at %.12s, where it is locked", s.Repo, s.Path, repo.Lock).
			Hint("its files are in %s", in.Checkouts[s.Repo].Dir).
			Hint("take the file out of volo.yml, or set lock to a commit that has it")
	}
	return l
}

// clash reports repositories that would have one name.
func (in *Input) clash() report.List {
	var l report.List
	seen := make(map[string]*config.Repo)
	for _, r := range in.Entry.Repos {
		c, ok := in.Checkouts[r.Name]
		if !ok {
			continue
		}
		if other := seen[c.Name]; other != nil && in.Checkouts[other.Name].Dir != c.Dir {
			l.Errorf("", r.Span, "repos `%s` and `%s` are both called %s", other.Name, r.Name, c.Name).
				Relate(other.Span, "the other one").Hint("give one of them an entry of its own")
		}
		seen[c.Name] = r
	}
	return l
}
