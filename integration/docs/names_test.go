package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The packages whose names the prose may use, and where they are.
var packages = map[string]string{
	"volothrift": "volo-thrift", "vologrpc": "volo-grpc", "grpcgo": "volo-grpc/contrib/grpcgo",
	"volothrifttest": "volo-thrift/volothrifttest", "vologrpctest": "volo-grpc/vologrpctest", "generic": "volo-thrift/generic",
	"health": "volo-grpc/health", "reflection": "volo-grpc/reflection", "channelz": "volo-grpc/channelz",
	"metainfo": "metainfo", "motore": "motore", "rpc": "motore/rpc", "transport": "motore/transport",
	"discovery": "motore/discovery", "loadbalance": "motore/loadbalance", "etcd": "motore/contrib/etcd",
	"retry": "motore/retry", "hedge": "motore/hedge", "breaker": "motore/breaker", "limit": "motore/limit",
	"fallback": "motore/fallback", "collapse": "motore/collapse", "observe": "motore/observe",
	"accesslog": "motore/accesslog", "debugpage": "motore/debugpage", "otel": "motore/contrib/otel",
	"prometheus": "motore/contrib/prometheus", "thrift": "pilota/thrift",
}

// declared returns the exported names of the package in a folder, methods and
// fields among them.
func declared(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no package in", folder, err)
	}
	names := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = true
				return false
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.ValueSpec:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			case *ast.Field:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			}
			return true
		})
	}
	return names
}

var (
	code     = regexp.MustCompile("`([^`\n]+)`")
	selector = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
	option   = regexp.MustCompile(`^(?:With|Call)[A-Z]\w*`)
)

// Names in the prose are those of the code: pkg.Name and pkg.Type.Name, and
// options by their name alone if one of the frameworks has them.
func TestNamesInTheProseExist(t *testing.T) {
	known := map[string]map[string]bool{}
	for name, folder := range packages {
		known[name] = declared(t, folder)
	}
	for chapter, text := range chapters(t) {
		for _, m := range code.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			for _, s := range selector.FindAllStringSubmatch(m[1], -1) {
				names, ok := known[s[1]]
				if ok && (!names[s[2]] || s[3] != "" && !names[s[3]]) {
					t.Errorf("%s: there is no %s", chapter, s[0])
				}
			}
			if name := option.FindString(m[1]); name != "" && !known["volothrift"][name] && !known["vologrpc"][name] {
				t.Errorf("%s: no framework has %s", chapter, name)
			}
		}
	}
}
