package genproto

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"

	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
)

// stockReflect is what the ProtoReflect of protoc-gen-go is called in messages
// that have one of ours.
const stockReflect = "stockReflect"

// stockFile writes what protoc-gen-go writes. The ProtoReflect methods of the
// given messages are renamed, to make room for ours.
func stockFile(p *protogen.Plugin, f *protogen.File, messages []*protogen.Message) error {
	g := internal_gengo.GenerateFile(p, f)
	if len(messages) == 0 {
		return nil
	}
	content, err := g.Content()
	if err != nil {
		return err
	}
	g.Skip()
	renamed, err := renameReflect(content, messages)
	if err != nil {
		return err
	}
	_, err = p.NewGeneratedFile(f.GeneratedFilenamePrefix+".pb.go", f.GoImportPath).Write(renamed)
	return err
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
