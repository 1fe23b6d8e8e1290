package genproto

import (
	"cmp"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
)

// stubImports are the packages that a file of stubs imports, by path, with the
// names that it has for them.
type stubImports map[protogen.GoImportPath]string

// hiding are the names in stubs that would hide a package called so.
var hiding = []string{"c", "ctx", "err", "h", "handler", "init", "opts", "req", "resp", "stream", "target"}

// A version is a package name that says nothing without the folder above.
var version = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]*|p[0-9]+.*)?$`)

// importsOf names what the stubs of f need. The order in which they are named,
// and so every name, depends on their paths alone.
func importsOf(p *protogen.Plugin, f *protogen.File, n stubNames) stubImports {
	imports := stubImports{frameworkPackage: "vologrpc"}
	used := map[string]bool{"vologrpc": true}
	take(used, hiding)
	declared := map[protogen.GoImportPath]string{}
	for _, file := range p.Files {
		declared[file.GoImportPath] = string(file.GoPackageName)
	}
	messages := map[protogen.GoImportPath]bool{}
	for _, s := range f.Services {
		used[methodsOf(n.services[s])] = true
		for _, m := range s.Methods {
			imports[contextPackage], imports[protoPackage] = "context", "proto"
			used["context"], used["proto"] = true, true
			messages[m.Input.GoIdent.GoImportPath] = true
			messages[m.Output.GoIdent.GoImportPath] = true
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(messages)) {
		wish := nameOfPackage(pkg, declared[pkg])
		if used[wish] || token.IsKeyword(wish) || types.Universe.Lookup(wish) != nil {
			wish += "pkg"
		}
		name := wish
		for i := 2; used[name]; i++ {
			name = wish + strconv.Itoa(i)
		}
		used[name] = true
		imports[pkg] = name
	}
	return imports
}

// nameOfPackage returns what a package is best imported as: the name that it
// declares, and before a mere version the folder above.
func nameOfPackage(pkg protogen.GoImportPath, declared string) string {
	name := cmp.Or(declared, path.Base(string(pkg)))
	if above := path.Dir(string(pkg)); version.MatchString(name) && path.Base(above) != "." {
		return identifier(path.Base(above)) + name
	}
	return name
}

// identifier makes part of an identifier of a folder's name.
func identifier(folder string) string {
	var name []byte
	for i := 0; i < len(folder); i++ {
		c := folder[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if letter || '0' <= c && c <= '9' && len(name) > 0 {
			name = append(name, c)
		}
	}
	return string(name)
}

// write writes the declaration: the standard library, then the rest.
func (i stubImports) write(g *protogen.GeneratedFile) {
	g.P("import (")
	if _, ok := i[contextPackage]; ok {
		g.P(contextPackage)
		g.P()
	}
	for _, pkg := range slices.Sorted(maps.Keys(i)) {
		switch name := i[pkg]; {
		case pkg == contextPackage:
		case name == path.Base(string(pkg)):
			g.P(pkg)
		default:
			g.P(name, " ", pkg)
		}
	}
	g.P(")")
}
