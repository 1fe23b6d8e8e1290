package protoidl

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// scalars are the types that fields have without a declaration.
var scalars = []string{
	"bool", "bytes", "double", "fixed32", "fixed64", "float", "int32", "int64", "sfixed32", "sfixed64",
	"sint32", "sint64", "string", "uint32", "uint64",
}

// foreign are names of types in Thrift and in languages around, and what they
// are called here.
var foreign = map[string]string{
	"binary": "bytes", "byte": "bytes", "boolean": "bool", "float32": "float", "float64": "double",
	"i8": "int32", "i16": "int32", "i32": "int32", "i64": "int64", "int": "int32", "int8": "int32", "int16": "int32",
	"integer": "int32", "long": "int64", "number": "double", "str": "string", "u32": "uint32", "u64": "uint64", "uint": "uint32",
}

// wellKnown has, by type, the files that come with every compiler.
var wellKnown = map[string]string{
	"google.protobuf.Any":         "google/protobuf/any.proto",
	"google.protobuf.Duration":    "google/protobuf/duration.proto",
	"google.protobuf.Empty":       "google/protobuf/empty.proto",
	"google.protobuf.FieldMask":   "google/protobuf/field_mask.proto",
	"google.protobuf.ListValue":   "google/protobuf/struct.proto",
	"google.protobuf.Struct":      "google/protobuf/struct.proto",
	"google.protobuf.Timestamp":   "google/protobuf/timestamp.proto",
	"google.protobuf.Value":       "google/protobuf/struct.proto",
	"google.protobuf.BoolValue":   "google/protobuf/wrappers.proto",
	"google.protobuf.BytesValue":  "google/protobuf/wrappers.proto",
	"google.protobuf.DoubleValue": "google/protobuf/wrappers.proto",
	"google.protobuf.FloatValue":  "google/protobuf/wrappers.proto",
	"google.protobuf.Int32Value":  "google/protobuf/wrappers.proto",
	"google.protobuf.Int64Value":  "google/protobuf/wrappers.proto",
	"google.protobuf.StringValue": "google/protobuf/wrappers.proto",
	"google.protobuf.UInt32Value": "google/protobuf/wrappers.proto",
	"google.protobuf.UInt64Value": "google/protobuf/wrappers.proto",
}

// unknownType finds out what protocompile says of the type of a field, and of
// the request or the response of an rpc.
var unknownType = regexp.MustCompile(`: unknown (request |response )?type ([\w.]+)`)

// hintType says which type may have been meant by one that is not known.
func (s *search) hintType(d *report.Diagnostic) {
	found := unknownType.FindStringSubmatch(d.Message)
	if found == nil || d.Primary.Span.File == nil {
		return
	}
	name := found[2]
	if file, ok := wellKnown[strings.TrimPrefix(name, ".")]; ok {
		d.Hint("write `import \"%s\";`", file)
		return
	}
	candidates := slices.AppendSeq(s.types(d), maps.Keys(wellKnown))
	if found[1] == "" { // not of an rpc
		if meant := foreign[strings.ToLower(name)]; meant != "" {
			d.Hint("did you mean `%s`?", meant)
			return
		}
		candidates = append(candidates, scalars...)
	}
	meant := report.Nearest(name, candidates)
	switch file, ok := wellKnown[meant]; {
	case ok:
		d.Hint("did you mean `%s`, from %s?", meant, file)
	case meant != "":
		d.Hint("did you mean `%s`?", meant)
	}
}

// types returns the names of the messages and enums of all files read so far,
// as they can be written where d is.
func (s *search) types(d *report.Diagnostic) (names []string) {
	here := ""
	var all []string
	for _, f := range s.files {
		tree := parse(f)
		if tree == nil {
			continue
		}
		pkg := ""
		for _, decl := range tree.Decls {
			if p, ok := decl.(*ast.PackageNode); ok {
				pkg = string(p.Name.AsIdentifier()) + "."
			}
		}
		if f == d.Primary.Span.File {
			here = pkg
		}
		for _, decl := range tree.Decls {
			switch decl := decl.(type) {
			case *ast.MessageNode:
				all = typesIn(all, pkg, decl)
			case *ast.EnumNode:
				all = append(all, pkg+decl.Name.Val)
			}
		}
	}
	for _, name := range all {
		names = append(names, strings.TrimPrefix(name, here))
	}
	return names
}

// parse returns the syntax of f, as far as it is right. protocompile panics
// on some texts that are wrong in more than one way.
func parse(f *source.File) (tree *ast.FileNode) {
	defer func() {
		if recover() != nil {
			tree = nil
		}
	}()
	ignore := reporter.NewReporter(func(reporter.ErrorWithPos) error { return nil }, nil)
	tree, _ = parser.Parse(f.Name, strings.NewReader(f.Text), reporter.NewHandler(ignore))
	return tree
}

// typesIn appends the names of a message and of all types in it.
func typesIn(names []string, scope string, m *ast.MessageNode) []string {
	names = append(names, scope+m.Name.Val)
	scope += m.Name.Val + "."
	for _, decl := range m.Decls {
		switch decl := decl.(type) {
		case *ast.MessageNode:
			names = typesIn(names, scope, decl)
		case *ast.EnumNode:
			names = append(names, scope+decl.Name.Val)
		}
	}
	return names
}
