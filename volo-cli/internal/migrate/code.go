package migrate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// Kitex returns the Go files that change, and what is left. generated are the
// files of Volo's code below the folder gen.
//
// Messages stand in packages of the same names, so their imports change. A main
// that is as kitex wrote it becomes one of Volo; any other use of kitex is left
// to a person.
func (p *Project) Kitex(services []*stub.Service, generated map[string][]byte) (files map[string][]byte, todos []Todo, err error) {
	files = make(map[string][]byte)
	folders := make(map[string]bool)
	for name := range generated {
		folders[path.Dir(name)] = true
	}
	for _, name := range p.code {
		text, lines, f, err := p.imports(name)
		if err != nil {
			return nil, nil, err
		}
		if main := p.kitexMain(f, lines, services); main != nil {
			files[name] = main
			continue
		}
		var left []Todo
		var edits []edit
		messages := make(map[string]declared)
		for _, l := range lines {
			below, ours := strings.CutPrefix(l.path, p.Module+"/kitex_gen/")
			switch {
			case ours && p.stubs["kitex_gen/"+below]:
				left = append(left, Todo{name, l.line, "stubs of kitex: " + p.instead(below, services)})
			case ours && folders[below]:
				edits = append(edits, edit{l.start, l.end, strconv.Quote(p.Module + "/gen/" + below)})
				messages[l.local] = messagesIn(below, generated)
			case ours:
				left = append(left, Todo{name, l.line, "Volo generates no package " + below})
			case strings.HasPrefix(l.path, "github.com/cloudwego/kitex/") || strings.HasPrefix(l.path, "github.com/kitex-contrib/"):
				left = append(left, Todo{name, l.line, "uses " + l.path + ", for which volothrift has options, layers and errors of its own"})
			}
		}
		renamed, unnamed := named(name, text, f, messages)
		todos = append(append(todos, left...), unnamed...)
		if edits = append(edits, renamed...); len(edits) > 0 {
			files[name] = apply(text, edits)
		}
	}
	return files, append(todos, Todo{What: "remove kitex_gen, kitex_info.yaml and kitex's scripts when nothing imports them any more"}), nil
}

// instead says what takes the place of a stub package.
func (p *Project) instead(below string, services []*stub.Service) string {
	for _, s := range services {
		if strings.EqualFold(s.Name, path.Base(below)) {
			return fmt.Sprintf("%s has New%sClient and New%sService", s.Import, s.Name, s.Name)
		}
	}
	return "the packages below gen whose names end in thrift have clients and services"
}

// kitexMain returns a main for Volo in place of one that is as kitex wrote it:
// that imports nothing but log and one stub package, and declares nothing but
// main, with one NewServer that has no options. Otherwise it returns nil.
func (p *Project) kitexMain(f *ast.File, lines []importLine, services []*stub.Service) []byte {
	if f.Name.Name != "main" || len(f.Decls) != 2 {
		return nil
	}
	var local string
	var served *stub.Service
	for _, l := range lines {
		below, ours := strings.CutPrefix(l.path, p.Module+"/")
		switch i := slices.IndexFunc(services, func(s *stub.Service) bool { return strings.EqualFold(s.Name, path.Base(below)) }); {
		case l.path == "log":
		case !ours || !p.stubs[below] || i < 0 || served != nil:
			return nil
		default:
			local, served = l.local, services[i]
		}
	}
	handler := ""
	calls := 0
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		calls++
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "NewServer" && len(call.Args) == 1 {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				handler = typeOf(call.Args[0])
			}
		}
		return true
	})
	if served == nil || handler == "" || calls > 5 { // NewServer, new, Run, Println, Error
		return nil
	}
	var b bytes.Buffer
	if serverTemplate.Execute(&b, map[string]string{"Import": served.Import, "Package": served.Package, "Name": served.Name, "Handler": handler}) != nil {
		return nil
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil
	}
	return text
}

// typeOf returns T of new(T), else nothing.
func typeOf(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	if fun, ok := call.Fun.(*ast.Ident); !ok || fun.Name != "new" {
		return ""
	}
	if id, ok := call.Args[0].(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// serverTemplate is a main like that of kitex, which serves on port 8888 of all
// addresses.
var serverTemplate = template.Must(template.New("main.go").Parse(`package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	stubs "{{.Import}}"
	"github.com/volo-go/volo/volo-thrift"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := volothrift.NewServer()
	if err := server.Register(stubs.New{{.Name}}Service(new({{.Handler}}))); err != nil {
		log.Fatal(err)
	}
	if err := server.Run(ctx, ":8888"); err != nil {
		log.Fatal(err)
	}
}
`))

// GRPC returns what is left in a project that uses grpc-go. Its Go code stays
// as it is: the streams of handlers and the options of servers differ.
func (p *Project) GRPC(services []*stub.Service) ([]Todo, error) {
	var todos []Todo
	for _, name := range p.code {
		_, lines, _, err := p.imports(name)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			below, ours := strings.CutPrefix(l.path, p.Module+"/")
			switch {
			case ours && p.stubs[below]:
				todos = append(todos, Todo{name, l.line, "imports " + l.path + "; Volo's messages and stubs are below " + p.Module + "/gen"})
			case l.path == "google.golang.org/grpc" || strings.HasPrefix(l.path, "google.golang.org/grpc/"):
				todos = append(todos, Todo{name, l.line, "uses " + l.path + ", for which vologrpc has options, layers and errors of its own"})
			}
		}
	}
	for _, s := range services {
		todos = append(todos, Todo{What: fmt.Sprintf("%s has New%sClient and New%sService", s.Import, s.Name, s.Name)})
	}
	return append(todos,
		Todo{What: "remove the generated code of protoc: one program must not have both, since a .proto file is registered once"},
		Todo{What: "code that has to stay on grpc-go's stubs for now can be served by volo-grpc through the bridge in volo-grpc/contrib/grpcgo"}), nil
}
