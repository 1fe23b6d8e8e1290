package generate

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A Proto is a .proto file that takes part in a compilation.
type Proto struct {
	Name string // that others import it by
	Path string // that it was read by
	Dir  string // include folder that holds it
	Text []byte

	pkg       string   // of Protobuf
	goPackage string   // the option, empty if there is none
	imports   []string // by name
	services  []string // that it declares
}

// Protos checks .proto files and returns them, in the order of inputs, and
// then all that they import, except what google.golang.org/protobuf has code
// for. Imports are looked for in dirs, then beside the inputs. The result is
// nil if the diagnostics have an error.
func Protos(inputs, dirs []string, read func(name string) ([]byte, error)) ([]Proto, report.List) {
	dirs = withInputs(inputs, dirs)
	files, list := protoidl.Compile(protoidl.Options{Inputs: inputs, IncludeDirs: dirs, ReadFile: read})
	if files == nil {
		return nil, list
	}
	if len(files.Inputs) < len(inputs) {
		list.Errorf("", source.Span{}, "%s: two of them have one name", strings.Join(inputs, ", "))
		return nil, list
	}
	var protos []Proto
	for _, f := range files.Set.File {
		p := Proto{Name: f.GetName(), pkg: f.GetPackage(), goPackage: f.GetOptions().GetGoPackage(), imports: f.Dependency}
		if strings.HasPrefix(p.goPackage, "google.golang.org/protobuf/") {
			continue
		}
		for _, s := range f.Service {
			p.services = append(p.services, s.GetName())
		}
		if !p.find(dirs, read) {
			list.Errorf("", source.Span{}, "`%s` is in none of %s any more", p.Name, strings.Join(dirs, ", "))
			return nil, list
		}
		protos = append(protos, p)
	}
	rank := func(p Proto) int {
		if i := slices.Index(files.Inputs, p.Name); i >= 0 {
			return i
		}
		return len(files.Inputs)
	}
	slices.SortStableFunc(protos, func(a, b Proto) int { return rank(a) - rank(b) })
	return protos, list
}

// withInputs returns dirs and the folders of the inputs that none of them
// holds.
func withInputs(inputs, dirs []string) []string {
	dirs = slices.Clone(dirs)
	for i, dir := range dirs {
		dirs[i] = path.Clean(dir)
	}
	for _, input := range inputs {
		if !slices.ContainsFunc(dirs, func(dir string) bool { return holds(dir, input) }) {
			dirs = append(dirs, path.Dir(path.Clean(input)))
		}
	}
	return dirs
}

// holds reports whether name is in dir or deeper.
func holds(dir, name string) bool {
	name = path.Clean(name)
	if dir == "." {
		return !path.IsAbs(name) && !strings.HasPrefix(name, "../")
	}
	return strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// named returns what reads files by the names that they are imported by.
func named(dirs []string, read func(name string) ([]byte, error)) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, dir := range dirs {
			if text, err := read(path.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
				return text, err
			}
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

// find reads the file as the compiler has.
func (p *Proto) find(dirs []string, read func(name string) ([]byte, error)) bool {
	for _, dir := range dirs {
		at := path.Join(dir, p.Name)
		if text, err := read(at); err == nil {
			p.Path, p.Dir, p.Text = at, dir, text
			return true
		}
	}
	return false
}

// goImport returns the import path and the name of the package that the code
// goes into, joined as protoc-gen-go wants it: that of go_package if it is
// below prefix, and otherwise a folder per Protobuf package. The code of a
// project is its own, wherever else there may be some for the same file.
func (p *Proto) goImport(prefix string) string {
	at, _, _ := strings.Cut(p.goPackage, ";")
	if at == prefix || strings.HasPrefix(at, prefix+"/") {
		return p.goPackage
	}
	dir := strings.ReplaceAll(p.pkg, ".", "/")
	if dir == "" {
		dir = strings.TrimSuffix(path.Base(p.Name), path.Ext(p.Name))
	}
	return path.Join(prefix, folder(dir)) + ";" + packageName(dir)
}

// folder makes folders that any package may import of the elements of dir.
func folder(dir string) string {
	elements := strings.Split(dir, "/")
	for i, e := range elements {
		// protoc-gen-go imports a package by the name of its folder.
		if e == "internal" || e == "vendor" || e == "init" && i == len(elements)-1 {
			elements[i] = e + "_"
		}
	}
	return strings.Join(elements, "/")
}

// cycle returns files whose imports lead from one Go package through others
// back to it, the first and the last of one package; nil if there are none.
func cycle(protos []Proto, prefix string) (files []string) {
	pkg, of := map[string]string{}, map[string][]Proto{}
	for _, p := range protos {
		at, _, _ := strings.Cut(p.goImport(prefix), ";")
		pkg[p.Name], of[at] = at, append(of[at], p)
	}
	seen := map[string]bool{}
	var from func(at string, way []string) []string
	from = func(at string, way []string) []string {
		for i, name := range way {
			if pkg[name] == at {
				return append(way[i:], name)
			}
		}
		if seen[at] {
			return nil
		}
		seen[at] = true
		for _, p := range of[at] {
			for _, name := range p.imports {
				if next, ok := pkg[name]; ok && next != at {
					if found := from(next, append(slices.Clip(way), p.Name)); found != nil {
						return found
					}
				}
			}
		}
		return nil
	}
	for _, p := range protos {
		if found := from(pkg[p.Name], nil); found != nil {
			return found
		}
	}
	return nil
}

// packageName makes a name of a Go package from the elements of a path.
func packageName(dir string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, dir)
	if name == "" || name == "main" || name == "init" || name[0] <= '9' || token.IsKeyword(name) {
		return "p" + name
	}
	return name
}

// compileProto is Compile for an entry of .proto files.
func compileProto(in Input) (*Output, report.List) {
	var inputs, dirs []string
	for _, s := range in.Entry.Services {
		inputs = append(inputs, in.of(s, s.Path))
		for _, dir := range s.Includes {
			dirs = append(dirs, in.of(s, dir))
		}
	}
	// Files are named from where they are first, and from their host last.
	dirs = append(withInputs(inputs, dirs), in.hosts()...)
	protos, list := Protos(inputs, dirs, in.read())
	if protos == nil {
		return nil, list
	}
	// By name: where one folder holds another, the path of a file in both stands
	// for more names than the one that it is imported by.
	o := pilota.ProtoOptions{ReadFile: named(dirs, in.read()), PackagePrefix: in.Package}
	for _, p := range protos {
		o.Inputs = append(o.Inputs, p.Name)
		o.Parameters = append(o.Parameters, "M"+p.Name+"="+p.goImport(in.Package))
	}
	for i, s := range in.Entry.Services {
		if s.NoService && len(protos[i].services) > 0 {
			list.Errorf("", s.Span, "`%s` is a service of this file, but volo.yml says no_service", protos[i].services[0]).
				Hint("remove no_service from volo.yml")
			return nil, list
		}
	}
	if files := cycle(protos, in.Package); files != nil {
		list.Errorf("", source.Span{}, "the Go packages of `%s` import one another in a circle", strings.Join(files[:len(files)-1], "`, `")).
			Hint("give one of them a go_package of its own below %s", in.Package)
		return nil, list
	}
	files, found := pilota.CompileProto(o)
	if found.HasErrors() {
		return nil, found
	}
	out := &Output{Inputs: make([]string, len(inputs)), Files: make(map[string][]byte, len(files))}
	for i := range inputs {
		out.Inputs[i] = protos[i].Name
	}
	for _, f := range files {
		if out.Files[f.Path] != nil {
			list.Errorf("", source.Span{}, "two .proto files of one package make the same Go file, %s", f.Path).
				Hint("give one of them another name")
			return nil, list
		}
		out.Files[f.Path] = marked(f)
	}
	return out, list
}

// marked returns the text of a file with our header, by which we know later
// that the file is ours. What protoc-gen-go writes begins with its own, or
// with comments of the .proto file.
func marked(f gen.File) []byte {
	if strings.HasPrefix(string(f.Content), gen.Header) {
		return f.Content
	}
	return fmt.Appendf(nil, "%s\n\n%s", gen.Header, f.Content)
}
