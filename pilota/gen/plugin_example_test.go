package gen_test

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
)

// A validator gives required strings a tag, and each struct a method that
// refuses empty ones.
type validator struct{ gen.Nothing }

func isChecked(f *ir.Field) bool {
	return f.Requiredness == ir.Required && f.Type.Underlying().Kind == ir.String
}

func (validator) Field(f *gen.Field) error {
	if isChecked(f.IR) {
		f.SetTag("validate", "nonempty")
	}
	return nil
}

func (validator) Struct(s *gen.Struct, w *gen.Writer) error {
	w.P("// Validate reports the first required string that is empty.")
	w.P("func (p *%s) Validate() error {", s.GoName)
	for _, f := range s.Fields {
		if isChecked(f.IR) {
			w.P("if p.%s == \"\" { return %s.New(%q) }", f.GoName, w.Import("errors"), f.IR.Name+" is empty")
		}
	}
	w.P("return nil")
	w.P("}")
	return nil
}

func (validator) Package(p *gen.Package) ([]gen.File, error) {
	text := fmt.Sprintf("package %s\n\n// Validator is what structs of this package are.\ntype Validator interface{ Validate() error }\n", p.Name)
	return []gen.File{{Path: "validator.go", Content: []byte(text)}}, nil
}

func ExamplePlugin() {
	program, _ := lower.Lower(lower.Options{
		Inputs:  []string{"user.thrift"},
		KeepAll: true,
		ReadFile: func(string) ([]byte, error) {
			return []byte("struct User { 1: required string name }"), nil
		},
	})
	files, err := gen.Generate(program, gen.Options{Plugins: []gen.Plugin{validator{}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range files {
		fmt.Println(f.Path)
		for line := range strings.Lines(string(f.Content)) {
			if strings.Contains(line, "validate") || strings.Contains(line, "is empty") {
				fmt.Print(line)
			}
		}
	}
	// Output:
	// user/user.go
	// 	Name string `thrift:"name,1,required" json:"name" validate:"nonempty"`
	// // Validate reports the first required string that is empty.
	// 		return errors.New("name is empty")
	// user/validator.go
}
