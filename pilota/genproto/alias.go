package genproto

import (
	"maps"
	"path"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
)

// locals are the names that generated functions give to variables. A package
// that is called so is imported under another name.
var locals = []string{
	"b", "both", "c", "ctx", "d", "data", "end", "err", "first", "h", "handler", "how", "i", "k", "key", "last", "m", "most", "n", "next",
	"ok", "opts", "p", "req", "resp", "room", "s", "seen", "size", "start", "stream", "tag", "target", "u", "v", "value", "w", "x",
}

// aliases are names of imported packages that would be hidden by variables.
type aliases map[protogen.GoImportPath]string

// importAliased writes the imports of those packages that have such names,
// and returns their other names. The identifiers are those that the file is
// going to use.
func importAliased(g *protogen.GeneratedFile, own protogen.GoImportPath, used []protogen.GoIdent) aliases {
	found := aliases{}
	for _, id := range used {
		name := path.Base(string(id.GoImportPath))
		if id.GoImportPath != own && slices.Contains(locals, name) {
			found[id.GoImportPath] = name + "pkg"
		}
	}
	taken := map[string]int{}
	for _, p := range slices.Sorted(maps.Keys(found)) {
		if taken[found[p]]++; taken[found[p]] > 1 {
			found[p] += string(rune('0' + taken[found[p]]))
		}
		g.P("import ", found[p], " ", p)
	}
	return found
}

// qualify returns the name of something as the file has to write it.
func (a aliases) qualify(g *protogen.GeneratedFile, id protogen.GoIdent) string {
	if name, ok := a[id.GoImportPath]; ok {
		return name + "." + id.GoName
	}
	return g.QualifiedGoIdent(id)
}

// typesOf returns the messages and enums that fields of the messages have,
// apart from entries of maps.
func typesOf(messages []*protogen.Message) (used []protogen.GoIdent) {
	for _, m := range messages {
		for _, f := range m.Fields {
			if f.Desc.IsMap() {
				f = f.Message.Fields[1]
			}
			if f.Message != nil {
				used = append(used, f.Message.GoIdent)
			}
			if f.Enum != nil {
				used = append(used, f.Enum.GoIdent)
			}
		}
	}
	return used
}
