// Package scaffold writes new projects: from an IDL, already compiled, to a
// module that builds and runs at once. A [Project] says what is known about
// it, [Project.Files] returns its files in memory, and package tree puts them
// on disk without ever replacing a file that somebody may have edited.
//
// The files come from templates that are part of the binary. What handlers and
// clients look like is read from the generated stubs by package stub.
package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// A Project is what a new project is made of.
type Project struct {
	Name   string // for people
	Module string // module path
	Origin Origin // where Volo comes from

	Protocol string            // config.Thrift or config.Protobuf
	IDL      string            // the IDL file, slash-separated, below the project or in Repo
	Includes []string          // folders to look for includes in, likewise
	Repo     *config.Repo      // that the IDL stays in, nil if the project has it
	Sources  map[string][]byte // the IDL and all that it includes, without Repo

	Generated map[string][]byte // what the compiler made of it
	Services  []*stub.Service   // those that the IDL declares
}

//go:embed templates/*.tmpl
var templates embed.FS

// Files returns the files of the project: slash-separated names, contents.
func (p *Project) Files() (map[string][]byte, error) {
	files := make(map[string][]byte)
	maps.Copy(files, p.Sources)
	maps.Copy(files, p.Generated)
	mod, sum, err := p.Origin.goMod(p.Module, p.framework())
	if err != nil {
		return nil, err
	}
	files["go.mod"] = mod
	if sum != nil {
		files["go.sum"] = sum
	}
	pages := map[string]string{
		".gitignore": "gitignore.tmpl",
		"volo.yml":   "volo.yml.tmpl",
		"README.md":  "README.md.tmpl",
	}
	data := page{Project: p}
	if len(p.Services) > 0 {
		pages["cmd/server/main.go"] = "server.go.tmpl"
		pages["cmd/client/main.go"] = p.template("client")
	}
	for name, tmpl := range pages {
		if files[name], err = data.render(name, tmpl); err != nil {
			return nil, err
		}
	}
	for _, s := range p.Services {
		name := handlerFile(s)
		if files[name], err = (page{Project: p, Service: s}).render(name, p.template("handler")); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// framework returns the folder of the framework that the project uses.
func (p *Project) framework() string {
	if p.Protocol == config.Protobuf {
		return "volo-grpc"
	}
	return "volo-thrift"
}

// Framework returns the name of the framework's package.
func (p *Project) Framework() string { return strings.ReplaceAll(p.framework(), "-", "") }

// template returns the template for a file that differs between protocols.
func (p *Project) template(name string) string {
	if p.Protocol == config.Protobuf {
		name += "_grpc"
	}
	return name + ".go.tmpl"
}

// A page is what a template sees.
type page struct {
	*Project
	Service *stub.Service // of a handler
	Imports []string      // lines of the import declaration
}

// Checkout reports whether the project builds against a checkout.
func (p page) Checkout() bool { return p.Origin.Dir != "" }

// about returns the services that the page is about.
func (p page) about() []*stub.Service {
	if p.Service != nil {
		return []*stub.Service{p.Service}
	}
	return p.Services
}

// Address returns where the repository of the IDL is, for people.
func (p page) Address() string { return gitrepo.Shown(p.Repo.URL) }

// Receives reports whether a method of a service receives from a stream.
func (p page) Receives() bool {
	for _, s := range p.about() {
		if slices.ContainsFunc(s.Methods, receives) {
			return true
		}
	}
	return false
}

// render executes a template; Go comes out formatted.
func (p page) render(name, tmpl string) ([]byte, error) {
	p.Imports = p.imports(tmpl)
	t, err := template.New(tmpl).Funcs(template.FuncMap{
		"word":        config.Word,
		"comment":     comment,
		"lower":       lower,
		"handlerFile": handlerFile,
		"stubPackage": stubPackage,
	}).ParseFS(templates, "templates/"+tmpl)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("scaffold: %s: %w", name, err)
	}
	if path.Ext(name) != ".go" {
		return b.Bytes(), nil
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("scaffold: %s: %w", name, err)
	}
	return text, nil
}

// imports returns the lines that import what a template's code names.
func (p page) imports(tmpl string) []string {
	need := make(map[string]bool)
	add := func(imp stub.Import) { need[strings.TrimSpace(imp.Name+" "+strconv.Quote(imp.Path))] = true }
	for _, s := range p.about() {
		if !strings.HasPrefix(tmpl, "handler") {
			imp := stub.Import{Path: s.Import}
			if name := stubPackage(s); name != s.Package {
				imp.Name = name
			}
			add(imp)
		}
		for _, m := range s.Methods {
			for _, imp := range m.Imports {
				if names(codeOf(m, tmpl), imp.Local()) {
					add(imp)
				}
			}
		}
	}
	if tmpl == "server.go.tmpl" {
		add(stub.Import{Path: Prefix + "motore/rpc"})
		add(stub.Import{Path: p.Module + "/handler"})
		add(stub.Import{Name: p.Framework(), Path: Prefix + p.framework()})
	}
	return slices.Sorted(maps.Keys(need))
}

// codeOf returns the expressions of m that a template writes.
func codeOf(m stub.Method, tmpl string) []string {
	var code []string
	for _, p := range m.Params {
		switch {
		case strings.HasPrefix(tmpl, "handler"):
			code = append(code, p.Type)
		case strings.HasPrefix(tmpl, "client"):
			code = append(code, p.Zero)
		}
	}
	if strings.HasPrefix(tmpl, "handler") {
		code = append(code, m.Result, m.Zero, m.Answer)
	}
	return code
}

// receives reports whether the handler of m receives from a stream.
func receives(m stub.Method) bool { return m.Stream == "Receiver" || m.Stream == "Duplex" }

// names reports whether the code names something of a package.
func names(code []string, local string) bool {
	re := regexp.MustCompile(`(^|[^\pL\pN_.])` + regexp.QuoteMeta(local) + `\.`)
	return slices.ContainsFunc(code, re.MatchString)
}

// handlerFile returns the file of a service's handler. It has no underscore,
// so that no service can end up in a _test.go or an _linux.go.
func handlerFile(s *stub.Service) string {
	return HandlerFolder + "/" + strings.ToLower(strings.ReplaceAll(s.Name, "_", "")) + ".go"
}

// comment puts // before every line.
func comment(text string) string {
	return "// " + strings.ReplaceAll(text, "\n", "\n// ") + "\n"
}

// lower returns a name with a small first letter.
func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// stubPackage returns the name under which mains import the stubs of a
// service. A namespace called volo has stubs of the framework's name.
func stubPackage(s *stub.Service) string {
	if s.Package == "volothrift" || s.Package == "vologrpc" {
		return "stubs"
	}
	return s.Package
}

// Handlers returns the files that hold the methods of the services.
func (p *Project) Handlers() []string {
	var names []string
	for _, s := range p.Services {
		names = append(names, handlerFile(s))
	}
	return names
}
