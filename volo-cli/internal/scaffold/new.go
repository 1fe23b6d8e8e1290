package scaffold

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// A Plan says which project to make.
type Plan struct {
	Name     string
	Module   string
	Origin   Origin
	IDL      string   // the IDL file, as diagnostics should name it
	Includes []string // folders to look for includes in
	Dir      string   // absolute; IDL and Includes are relative to it

	// Repo is the repository that IDL and Includes are paths in, nil if they
	// are files here. Checkout has its files.
	Repo     *config.Repo
	Checkout generate.Checkout
}

// New compiles the IDL and returns the project made of it, nil if the
// diagnostics have an error. Nothing is written.
func New(p Plan) (*Project, report.List, error) {
	switch proto := strings.HasSuffix(p.IDL, ".proto"); {
	case p.Repo != nil && proto:
		return newGit(p, config.Protobuf)
	case p.Repo != nil:
		return newGit(p, config.Thrift)
	case proto:
		return newProto(p)
	}
	return newThrift(p)
}

// newGit is New for an IDL that stays in its repository.
func newGit(p Plan, protocol string) (*Project, report.List, error) {
	project := &Project{
		Name: p.Name, Module: p.Module, Origin: p.Origin, Protocol: protocol,
		IDL: p.IDL, Includes: p.Includes, Repo: p.Repo, Generated: make(map[string][]byte),
	}
	in := project.input()
	in.Checkouts = map[string]generate.Checkout{p.Repo.Name: p.Checkout}
	out, list := generate.Compile(in)
	if out == nil {
		return nil, list, nil
	}
	return project, list, project.generated(in, out)
}

// newThrift is New for Thrift.
func newThrift(p Plan) (*Project, report.List, error) {
	// Compiled where they are first, so that diagnostics name the files that
	// the user knows.
	o := pilota.Options{
		Inputs: []string{p.IDL}, IncludeDirs: p.Includes, KeepAll: true,
		ReadFile: func(name string) ([]byte, error) { return os.ReadFile(p.abs(name)) },
	}
	if _, list := pilota.Compile(o); list.HasErrors() {
		return nil, list, nil
	}
	program, list := pilota.Check(o)
	var names, includes []string
	for _, f := range program.Files {
		names = append(names, p.abs(f.Source.Name))
	}
	for _, dir := range p.Includes {
		includes = append(includes, p.abs(dir))
	}
	placed, err := place(path.Dir(p.abs(p.IDL)), names, includes)
	if err != nil {
		return nil, list, err
	}
	project := &Project{
		Name: p.Name, Module: p.Module, Origin: p.Origin, Protocol: config.Thrift,
		Includes: placed.dirs, Sources: make(map[string][]byte), Generated: make(map[string][]byte),
	}
	for i, f := range program.Files {
		name := placed.files[names[i]]
		project.Sources[name] = []byte(f.Source.Text)
		if f.Root {
			project.IDL = name
		}
	}
	return project.compile(list)
}

// newProto is New for Protobuf.
func newProto(p Plan) (*Project, report.List, error) {
	read := func(name string) ([]byte, error) { return os.ReadFile(p.abs(name)) }
	dirs := p.Includes
	if len(dirs) == 0 { // beside the file, or as protoc has it
		dirs = []string{path.Dir(filepath.ToSlash(p.IDL)), "."}
	}
	protos, list := generate.Protos([]string{p.IDL}, dirs, read)
	if protos == nil {
		return nil, list, nil
	}
	var names, includes []string
	for _, f := range protos {
		names = append(names, p.abs(f.Path))
		if dir := p.abs(f.Dir); !slices.Contains(includes, dir) {
			includes = append(includes, dir)
		}
	}
	placed, err := place(includes[0], names, includes)
	if err != nil {
		return nil, list, err
	}
	project := &Project{
		Name: p.Name, Module: p.Module, Origin: p.Origin, Protocol: config.Protobuf,
		IDL: placed.files[names[0]], Includes: placed.dirs,
		Sources: make(map[string][]byte), Generated: make(map[string][]byte),
	}
	for i, f := range protos {
		project.Sources[placed.files[names[i]]] = f.Text
	}
	return project.compile(list)
}

// abs returns a path of the plan as an absolute one with slashes.
func (p *Plan) abs(name string) string {
	name = filepath.FromSlash(name)
	if !filepath.IsAbs(name) {
		name = filepath.Join(p.Dir, name)
	}
	return filepath.ToSlash(filepath.Clean(name))
}

// compile generates code from the project's copies, as `volo gen` will. The
// originals have been checked, with the diagnostics list; generation finds
// more, such as Go packages that import one another.
func (p *Project) compile(list report.List) (*Project, report.List, error) {
	in := p.input()
	in.ReadFile = func(name string) ([]byte, error) {
		if text, ok := p.Sources[name]; ok {
			return text, nil
		}
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	out, found := generate.Compile(in)
	if out == nil {
		return nil, found, nil
	}
	return p, list, p.generated(in, out)
}

// input returns what the compiler is given, which is what volo.yml says.
func (p *Project) input() generate.Input {
	idl := &config.IDL{Source: config.Local, Path: p.IDL, Includes: p.Includes}
	entry := &config.Entry{
		Name: "default", Protocol: p.Protocol, Filename: "gen", Services: []*config.IDL{idl},
		WithComments: true, TouchAll: p.Protocol == config.Thrift,
	}
	if p.Repo != nil {
		idl.Source, idl.Repo, entry.Repos = config.Git, p.Repo.Name, []*config.Repo{p.Repo}
	}
	return generate.Input{Entry: entry, Package: p.Module + "/" + entry.Filename}
}

// generated takes what came out.
func (p *Project) generated(in generate.Input, out *generate.Output) (err error) {
	for name, text := range out.Files {
		p.Generated[in.Entry.Filename+"/"+name] = text
	}
	p.Services, err = Services(in.Package, out)
	return err
}

// Services returns the services that the inputs of a compilation declare, and
// not those of what they include. prefix is the import path of the generated
// code.
func Services(prefix string, out *generate.Output) ([]*stub.Service, error) {
	services, err := stub.Read(prefix, out.Files)
	if err != nil {
		return nil, err
	}
	if out.Program == nil { // Protobuf
		return slices.DeleteFunc(services, func(s *stub.Service) bool { return !slices.Contains(out.Inputs, s.Source) }), nil
	}
	var own []*stub.Service
	for _, f := range out.Program.Files {
		if !f.Root || len(f.Services) == 0 {
			continue
		}
		for _, s := range declaredIn(f, services) {
			if !slices.Contains(own, s) {
				own = append(own, s)
			}
		}
	}
	return own, nil
}

// declaredIn returns the services that come from an IDL file, by the rules of
// package gen: a namespace is a folder, stubs stand in a folder within, and Go
// files are named after IDL files.
func declaredIn(f *ir.File, services []*stub.Service) []*stub.Service {
	var own []*stub.Service
	dir, name := gen.Location(f)
	for _, s := range services {
		base := strings.TrimSuffix(path.Base(s.File), ".go")
		if strings.HasPrefix(s.File, dir+"/") && (base == name || strings.HasPrefix(base, name+"_")) {
			own = append(own, s)
		}
	}
	if len(own) == 0 {
		return services
	}
	return own
}
