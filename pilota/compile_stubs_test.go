package pilota_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/volo-go/volo/pilota"
)

// importLines returns the lines of a file's import declaration.
func importLines(content string) (lines []string) {
	_, rest, _ := strings.Cut(content, "import (\n")
	block, _, _ := strings.Cut(rest, "\n)")
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestImportsOfStubs(t *testing.T) {
	for _, c := range []struct {
		name, request, answer string // go_package of the files that have them
		want                  []string
	}{
		{"versions of two packages", "example.com/shop/v1", "example.com/bank/v1",
			[]string{`bankv1 "example.com/bank/v1"`, `shopv1 "example.com/shop/v1"`}},
		{"two versions of a package", "example.com/shop/v1beta1", "example.com/shop/v2",
			[]string{`shopv1beta1 "example.com/shop/v1beta1"`, `shopv2 "example.com/shop/v2"`}},
		{"a package that says how it is called", "example.com/shop/v1;store", "example.com/shop/v2",
			[]string{`store "example.com/shop/v1"`, `shopv2 "example.com/shop/v2"`}},
		{"a version below a folder that is no identifier", "example.com/my-shop/v1", "example.com/2nd/v1",
			[]string{`ndv1 "example.com/2nd/v1"`, `myshopv1 "example.com/my-shop/v1"`}},
		{"the same name twice", "example.com/a/shop", "example.com/b/shop",
			[]string{`"example.com/a/shop"`, `shoppkg "example.com/b/shop"`}},
		{"names of variables", "example.com/req", "example.com/a/req",
			[]string{`reqpkg "example.com/a/req"`, `reqpkg2 "example.com/req"`}},
		{"names of what stubs import", "example.com/proto", "example.com/vologrpc",
			[]string{`protopkg "example.com/proto"`, `vologrpcpkg "example.com/vologrpc"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := func(pkg, message string) *fstest.MapFile {
				return &fstest.MapFile{Data: []byte(`syntax = "proto3"; package ` + message + `; option go_package = "` + pkg + `"; message ` + message + ` {}`)}
			}
			root := fstest.MapFS{
				"a.proto": file(c.request, "A"), "b.proto": file(c.answer, "B"),
				"m.proto": &fstest.MapFile{Data: []byte(`syntax = "proto3"; import "a.proto"; import "b.proto"; option go_package = "example.com/m";
					service S { rpc Call(A.A) returns (B.B); }`)},
			}
			files, list := pilota.CompileProto(pilota.ProtoOptions{
				Inputs: []string{"m.proto"}, Parameters: []string{"messages=false"},
				ReadFile: func(name string) ([]byte, error) { return fs.ReadFile(root, name) },
			})
			if len(list) > 0 || len(files) != 1 {
				t.Fatalf("got %v, %v", paths(files), list)
			}
			want := append([]string{`"context"`}, c.want...)
			want = append(want, `vologrpc "github.com/volo-go/volo/volo-grpc"`, `"google.golang.org/protobuf/proto"`)
			if got := importLines(string(files[0].Content)); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
