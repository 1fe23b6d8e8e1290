package genproto

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"

	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/gofeaturespb"
)

// stockReflect is what the ProtoReflect of protoc-gen-go is called in messages
// that have one of ours.
const stockReflect = "stockReflect"

// A variant is one of the base files of a .proto file, and its codecs.
type variant struct {
	suffix     string // of the name
	constraint string // by build tags
}

// variantsOf returns the base files that protoc-gen-go writes for f: two of the
// hybrid API, with and without a tag that makes all messages opaque.
func variantsOf(f *protogen.File) []variant {
	if f.APILevel != gofeaturespb.GoFeatures_API_HYBRID {
		return []variant{{}}
	}
	return []variant{{"", "//go:build !protoopaque"}, {"_protoopaque", "//go:build protoopaque"}}
}

// enter makes the API of f that of its file v.
func (v variant) enter(f *protogen.File) {
	if v.constraint != "" {
		// Of an opaque file, protoc-gen-go writes one base file. Whether it is
		// hybrid or opaque makes no other difference to what is no message.
		f.APILevel = gofeaturespb.GoFeatures_API_OPAQUE
	}
	if v.suffix != "" {
		makeOpaque(f.Messages)
	}
}

func makeOpaque(messages []*protogen.Message) {
	for _, m := range messages {
		m.APILevel = gofeaturespb.GoFeatures_API_OPAQUE
		makeOpaque(m.Messages)
	}
}

// stockFile writes what protoc-gen-go writes. The ProtoReflect methods of the
// given messages are renamed, to make room for ours.
func stockFile(p *protogen.Plugin, f *protogen.File, v variant, messages []*protogen.Message) error {
	g := internal_gengo.GenerateFile(p, f)
	if len(messages) == 0 && v.constraint == "" {
		return nil
	}
	content, err := g.Content()
	if err != nil {
		return err
	}
	g.Skip()
	if content, err = renameReflect(content, messages); err != nil {
		return err
	}
	if content, err = constrain(content, v.constraint); err != nil {
		return err
	}
	_, err = p.NewGeneratedFile(f.GeneratedFilenamePrefix+v.suffix+".pb.go", f.GoImportPath).Write(content)
	return err
}

// constrain puts a constraint by build tags where protoc-gen-go has it.
func constrain(content []byte, constraint string) ([]byte, error) {
	if constraint == "" {
		return content, nil
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", content, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	at := fset.Position(file.Package).Offset
	return slices.Insert(content, at, []byte(constraint+"\n\n")...), nil
}

// renameReflect gives the ProtoReflect methods of messages their other name.
func renameReflect(content []byte, messages []*protogen.Message) ([]byte, error) {
	ours := map[string]bool{}
	for _, m := range messages {
		ours[m.GoIdent.GoName] = true
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", content, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	from, renamed := 0, 0
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != "ProtoReflect" || !ours[receiver(fn)] {
			continue
		}
		at := fset.Position(fn.Name.Pos()).Offset
		out.Write(content[from:at])
		out.WriteString(stockReflect)
		from = at + len(fn.Name.Name)
		renamed++
	}
	out.Write(content[from:])
	if renamed != len(ours) {
		return nil, fmt.Errorf("protoc-gen-go wrote %d ProtoReflect methods for %d messages", renamed, len(ours))
	}
	return out.Bytes(), nil
}

// receiver returns the name of the type that fn is a method of, by pointer.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) != 1 {
		return ""
	}
	if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok {
		if name, ok := star.X.(*ast.Ident); ok {
			return name.Name
		}
	}
	return ""
}
