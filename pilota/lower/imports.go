package lower

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// maxFiles is how many files one run follows. A ReadFile that has a file for
// every name could go on for ever.
const maxFiles = 10_000

// A loader reads each file once, whatever it is called.
type loader struct {
	*run
	units map[string]*unit // by identity
}

// load parses the inputs and everything that they include.
func (r *run) load() {
	l := loader{r, make(map[string]*unit)}
	for _, input := range r.Inputs {
		name := clean(input)
		text, err := l.read(name)
		if err != nil {
			r.list.Errorf("input-not-read", source.Span{}, "cannot read `%s`: %v", input, reason(err))
			continue
		}
		l.file(name, text).ir.Root = true
	}
}

func clean(name string) string { return path.Clean(filepath.ToSlash(name)) }

// reason drops what the message says already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (l *loader) read(name string) ([]byte, error) {
	if l.ReadFile != nil {
		return l.ReadFile(name)
	}
	return os.ReadFile(filepath.FromSlash(name))
}

// identity returns what tells whether two names are the same file.
func (l *loader) identity(name string) string {
	if l.ReadFile != nil {
		return name
	}
	if abs, err := filepath.Abs(filepath.FromSlash(name)); err == nil {
		name = abs
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	return name
}

// file returns the unit of a file, parsed with its includes. Files that
// include each other are no error: the unit is known before its includes are
// followed.
func (l *loader) file(name string, text []byte) *unit {
	id := l.identity(name)
	if u := l.units[id]; u != nil {
		return u
	}
	src := source.NewFile(name, string(text))
	tree, list := thriftidl.Parse(src)
	base := path.Base(name)
	u := &unit{
		tree:   tree,
		broken: tree.Incomplete,
		ir: &ir.File{
			Source:     src,
			Name:       strings.TrimSuffix(base, path.Ext(base)),
			Namespaces: make(map[string]string),
			Doc:        tree.Doc(),
		},
		missing: make(map[string]bool),
	}
	l.list = append(l.list, list...)
	l.units[id] = u
	l.headers(u)
	l.run.units = append(l.run.units, u)
	return u
}

// headers follows the includes of u and notes its namespaces.
func (l *loader) headers(u *unit) {
	places := make(map[string]source.Span)
	for _, n := range u.tree.Nodes {
		switch n := n.(type) {
		case *thriftidl.Include:
			if !n.CPP {
				l.include(u, n)
			}
		case *thriftidl.Namespace:
			if n.Path.Span.File == nil {
				continue // the parser has complained
			}
			if n.Legacy != "" {
				l.list.Warnf("deprecated-syntax", n.Span, "`%s` is an old form", n.Legacy).
					Hint("write `namespace %s %s`", n.Scope.Name, n.Path.Name)
			}
			if old, ok := u.ir.Namespaces[n.Scope.Name]; ok && old != n.Path.Name {
				l.list.Warnf("duplicate-namespace", n.Path.Span, "namespace `%s` is set a second time", n.Scope.Name).
					Label("this one counts").Relate(places[n.Scope.Name], "first set here")
			}
			u.ir.Namespaces[n.Scope.Name] = n.Path.Name
			places[n.Scope.Name] = n.Path.Span
		}
	}
}

// include makes the file that n names known to u.
func (l *loader) include(u *unit, n *thriftidl.Include) {
	name, text, tried, err := l.find(u, n.Path.Value)
	if err != nil {
		base := path.Base(clean(n.Path.Value))
		u.missing[strings.TrimSuffix(base, path.Ext(base))] = true
		l.notFound(n, tried, err)
		return
	}
	if len(l.units) >= maxFiles {
		if len(l.units) == maxFiles {
			l.list.Errorf("too-many-files", n.Path.Span, "the inputs include more than %d files", maxFiles)
			l.units[""] = u // once is enough
		}
		return
	}
	inc := l.file(name, text)
	for _, known := range u.includes {
		if known == inc {
			return
		}
	}
	u.includes = append(u.includes, inc)
	u.ir.Includes = append(u.ir.Includes, inc.ir)
}

func (l *loader) notFound(n *thriftidl.Include, tried []string, err error) {
	if !missing(err) {
		l.list.Errorf("include-not-read", n.Path.Span, "cannot read `%s`: %v", tried[len(tried)-1], reason(err))
		return
	}
	l.list.Errorf("include-not-found", n.Path.Span, "included file `%s` is not found", n.Path.Value).
		Hint("searched for %s", strings.Join(tried, "\n"+strings.Repeat(" ", len("searched for "))))
}

// missing reports whether err says that there is no such file; a file system
// of package fs finds names invalid that lead out of it.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid)
}

// find returns the first file that an include can mean: relative to the file
// that includes it, then to the include directories. On an error, tried holds
// the names that were tried.
func (l *loader) find(u *unit, include string) (name string, text []byte, tried []string, err error) {
	include = clean(include)
	if path.IsAbs(include) || filepath.IsAbs(include) {
		text, err = l.read(include)
		return include, text, []string{include}, err
	}
	for _, dir := range append([]string{path.Dir(u.ir.Source.Name)}, l.IncludeDirs...) {
		name = path.Join(filepath.ToSlash(dir), include)
		tried = append(tried, name)
		text, err = l.read(name)
		if !missing(err) {
			return name, text, tried, err
		}
	}
	return "", nil, tried, err
}
