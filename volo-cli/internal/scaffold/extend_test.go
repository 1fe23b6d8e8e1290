package scaffold_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/scaffold"
	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// greeter is a service with two methods, the second of which needs a package.
func greeter() *scaffold.Project {
	item := stub.Import{Path: "example.com/x/gen/item"}
	return &scaffold.Project{Protocol: config.Thrift, IDL: "a.thrift", Services: []*stub.Service{{Name: "Greeter", Methods: []stub.Method{
		{Name: "Hello"},
		{Name: "Find", Params: []stub.Param{{Name: "i", Type: "*item.Item"}}, Result: "*item.Item", Zero: "item.NewItem()", Imports: []stub.Import{item}},
	}}}}
}

const find = `
// Find answers with an empty result.
func (*Greeter) Find(ctx context.Context, i *item.Item) (*item.Item, error) {
	return item.NewItem(), nil
}
`

const hello = `
type Greeter struct{ n int }

func (g *Greeter) Hello(ctx context.Context) error { return nil }
`

func TestExtendAppendsWhatIsMissing(t *testing.T) {
	as := func(name string) string { return strings.ReplaceAll(find, "item.", name+".") }
	for _, tt := range []struct{ name, text, want string }{
		{"imports in parentheses",
			"package handler\n\nimport (\n\t\"context\" // mine\n)\n" + hello,
			"package handler\n\nimport (\n\t\"context\" // mine\n\t\"example.com/x/gen/item\"\n)\n" + hello + find},
		{"one import",
			"package handler\n\nimport \"context\"\n" + hello,
			"package handler\n\nimport \"context\"\nimport (\n\t\"example.com/x/gen/item\"\n)\n" + hello + find},
		{"the package under another name",
			"package handler\n\nimport (\n\t\"context\"\n\tthings \"example.com/x/gen/item\"\n)\n\nvar _ things.Item\n" + hello,
			"package handler\n\nimport (\n\t\"context\"\n\tthings \"example.com/x/gen/item\"\n)\n\nvar _ things.Item\n" + hello + as("things")},
		{"the package under the name of a parameter",
			"package handler\n\nimport (\n\t\"context\"\n\ti \"example.com/x/gen/item\"\n)\n\nvar _ i.Item\n" + hello,
			"package handler\n\nimport (\n\t\"context\"\n\t\"example.com/x/gen/item\"\n\ti \"example.com/x/gen/item\"\n)\n\nvar _ i.Item\n" + hello + find},
		{"another package of that name",
			"package handler\n\nimport (\n\t\"context\"\n\t\"example.com/other/item\"\n)\n\nvar _ item.Item\n" + hello,
			"package handler\n\nimport (\n\t\"context\"\n\t\"example.com/other/item\"\n\titem2 \"example.com/x/gen/item\"\n)\n\nvar _ item.Item\n" + hello + as("item2")},
		{"a function of that name",
			"package handler\n\nimport \"context\"\n\nfunc item() {}\n" + hello,
			"package handler\n\nimport \"context\"\nimport (\n\titem2 \"example.com/x/gen/item\"\n)\n\nfunc item() {}\n" + hello + as("item2")},
		{"text that is not formatted",
			"package handler\nimport \"context\"\n\n\n\nvar   x int\n" + hello + "// the end",
			"package handler\nimport \"context\"\nimport (\n\t\"example.com/x/gen/item\"\n)\n\n\n\nvar   x int\n" + hello + "// the end\n" + find},
	} {
		got, err := greeter().Extend(map[string][]byte{"handler/greeter.go": []byte(tt.text)})
		if err != nil || len(got) != 1 {
			t.Errorf("%s: got %v and %v, want one extension", tt.name, got, err)
			continue
		}
		if text := string(got[0].Text); text != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, text, tt.want)
		}
	}
}

func TestExtendLeavesOthersAlone(t *testing.T) {
	const other = "package handler\n\nimport \"context\"\n"
	for _, tt := range []struct {
		name  string
		files map[string][]byte
	}{
		{"no handler", map[string][]byte{"handler/a.go": []byte(other)}},
		{"one that embeds another", map[string][]byte{"handler/greeter.go": []byte(other + "type Greeter struct{ Base }\n")}},
		{"an interface", map[string][]byte{"handler/greeter.go": []byte(other + "type Greeter interface{ Hello(context.Context) }\n")}},
		{"a struct that has only the name", map[string][]byte{"handler/a.go": []byte(other + "type Greeter struct{}\n")}},
		{"one that is complete, in two files", map[string][]byte{
			"handler/greeter.go": []byte(other + hello), "handler/find.go": []byte("package handler\n\nfunc (Greeter) Find() {}\n")}},
	} {
		if got, err := greeter().Extend(tt.files); err != nil || len(got) != 0 {
			t.Errorf("%s: got %v and %v, want nothing", tt.name, got, err)
		}
	}
	_, err := greeter().Extend(map[string][]byte{"handler/greeter.go": []byte("package handler\nfunc")})
	if err == nil || !strings.Contains(err.Error(), "handler/greeter.go:2:5") {
		t.Errorf("a file that does not parse: got %v, want its place", err)
	}
}
