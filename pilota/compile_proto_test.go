package pilota_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/gofeaturespb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/genproto"
	"github.com/volo-go/volo/pilota/protoidl"
)

const protoDir = "testdata/proto"

// The Go files below testdata/proto are what the generator writes.
func TestGeneratedProtobuf(t *testing.T) {
	schemas, err := filepath.Glob(protoDir + "/*/*.proto")
	if err != nil || len(schemas) < 5 {
		t.Fatalf("%d schemas, %v", len(schemas), err)
	}
	files, list := pilota.CompileProto(pilota.ProtoOptions{
		Inputs:      schemas,
		IncludeDirs: []string{protoDir},
		Parameters:  []string{"paths=source_relative"},
	})
	if len(list) > 0 {
		t.Fatal(list)
	}
	written := map[string]bool{}
	for _, f := range files {
		name := filepath.Join(protoDir, filepath.FromSlash(f.Path))
		written[name] = true
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		golden(t, name, string(f.Content))
	}
	err = filepath.WalkDir(protoDir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".go" && !written[name] {
			t.Errorf("%s is written by nobody", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compileProto compiles the file m.proto, which holds text.
func compileProto(text string, o pilota.ProtoOptions) ([]gen.File, []string) {
	root := fstest.MapFS{"m.proto": &fstest.MapFile{Data: []byte(text)}}
	o.Inputs = []string{"m.proto"}
	o.ReadFile = func(name string) ([]byte, error) { return fs.ReadFile(root, name) }
	files, list := pilota.CompileProto(o)
	var all []string
	for _, d := range list {
		all = append(all, d.String())
	}
	return files, all
}

func paths(files []gen.File) (names []string) {
	for _, f := range files {
		names = append(names, f.Path)
	}
	return names
}

const service = `message M {} service S { rpc Call(M) returns (M); }`

func TestPlacesOfGeneratedProtobuf(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          pilota.ProtoOptions
		want       []string
	}{
		{"below the prefix, after the Protobuf package", `syntax = "proto3"; package shop.v1; ` + service,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"},
			[]string{"shop/v1/m.pb.go", "shop/v1/m.volo.go", "shop/v1/shopv1grpc/m.volo.go"}},
		{"after the file, without a package", `syntax = "proto3"; message M {}`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go", "m/m.volo.go"}},
		{"where go_package says", `syntax = "proto3"; option go_package = "example.com/gen/a/b;c"; ` + service,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"},
			[]string{"a/b/cgrpc/m.volo.go", "a/b/m.pb.go", "a/b/m.volo.go"}},
		{"where an M option says", `syntax = "proto3"; option go_package = "example.com/other"; message M {}`,
			pilota.ProtoOptions{Parameters: []string{"Mm.proto=example.com/x", "module=example.com"}}, []string{"x/m.pb.go", "x/m.volo.go"}},
		{"no codec for who wants none", `syntax = "proto3"; option go_package = "example.com/x"; ` + service,
			pilota.ProtoOptions{Go: genproto.Options{NoCodec: true}}, []string{"example.com/x/m.pb.go", "example.com/x/xgrpc/m.volo.go"}},
		{"services alone", `syntax = "proto3"; option go_package = "example.com/x"; ` + service,
			pilota.ProtoOptions{Parameters: []string{"messages=false"}}, []string{"example.com/x/xgrpc/m.volo.go"}},
		{"messages alone", `syntax = "proto3"; option go_package = "example.com/x"; ` + service,
			pilota.ProtoOptions{Parameters: []string{"stubs=false"}}, []string{"example.com/x/m.pb.go", "example.com/x/m.volo.go"}},
		{"the opaque API", `edition = "2023"; import "google/protobuf/go_features.proto"; option features.(pb.go).api_level = API_OPAQUE; message M {}`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go", "m/m.volo.go"}},
		{"no codec for lazy fields of the opaque API", `edition = "2023"; import "google/protobuf/go_features.proto"; option features.(pb.go).api_level = API_OPAQUE; message M { M m = 1 [lazy = true]; }`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go"}},
		{"lazy fields of the open API", `syntax = "proto3"; message M { M m = 1 [lazy = true]; }`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go", "m/m.volo.go"}},
		{"two base files for the hybrid API", `edition = "2023"; import "google/protobuf/go_features.proto"; option features.(pb.go).api_level = API_HYBRID; message M {}`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go", "m/m.volo.go", "m/m_protoopaque.pb.go", "m/m_protoopaque.volo.go"}},
		{"no codec for names that clash", `syntax = "proto3"; message M { string put_protobuf = 1; }`,
			pilota.ProtoOptions{PackagePrefix: "example.com/gen"}, []string{"m/m.pb.go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, diagnostics := compileProto(c.text, c.o)
			if got := paths(files); !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, diagnostics, c.want)
			}
		})
	}
}

func TestWhatProtobufIsNotGenerated(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          pilota.ProtoOptions
		want       string
	}{
		{"nowhere to put it", `syntax = "proto3"; message M {}`, pilota.ProtoOptions{}, "unable to determine Go import path"},
		{"an unknown parameter", `syntax = "proto3"; message M {}`,
			pilota.ProtoOptions{PackagePrefix: "example.com", Parameters: []string{"plugins=grpc"}}, "unknown parameter plugins"},
		{"a parameter that is neither true nor false", `syntax = "proto3"; message M {}`,
			pilota.ProtoOptions{PackagePrefix: "example.com", Parameters: []string{"codec=maybe"}}, "codec=maybe: want true or false"},
		{"a file with errors", `syntax = "proto3"; message M { N n = 1; }`, pilota.ProtoOptions{}, "unknown type N"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, got := compileProto(c.text, c.o)
			if len(files) > 0 || len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %v, %v, want %s", paths(files), got, c.want)
			}
		})
	}
}

func TestEdition2024ComesAsDescriptors(t *testing.T) {
	open := &descriptorpb.FeatureSet{}
	proto.SetExtension(open, gofeaturespb.E_Go, &gofeaturespb.GoFeatures{ApiLevel: gofeaturespb.GoFeatures_API_OPEN.Enum()})
	for _, c := range []struct {
		name     string
		features *descriptorpb.FeatureSet
		want     []string
	}{
		{"the opaque API is the default", nil, []string{"m/m.pb.go", "m/m.volo.go"}},
		{"the open API", open, []string{"m/m.pb.go", "m/m.volo.go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{{
				Name: proto.String("m.proto"), Syntax: proto.String("editions"), Edition: descriptorpb.Edition_EDITION_2024.Enum(),
				Options:     &descriptorpb.FileOptions{Features: c.features},
				MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			files, list := pilota.CompileProto(pilota.ProtoOptions{DescriptorSet: set, PackagePrefix: "example.com"})
			if got := paths(files); !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, list, c.want)
			}
		})
	}
}

func TestPluginDeclaresWhatItSupports(t *testing.T) {
	got, err := pilota.GenerateProto(new(pluginpb.CodeGeneratorRequest), genproto.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const want = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL | pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)
	if got.GetSupportedFeatures() != want || got.GetMaximumEdition() != int32(descriptorpb.Edition_EDITION_2024) {
		t.Errorf("got %v", got)
	}
}

// With the build tag, the messages of the hybrid API are opaque: everything
// compiles still and is encoded as before.
func TestHybridProtobufUnderItsTag(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-tags", "protoopaque", "-run", "ThatOfProtobufGo/volo.hybrid|EveryMessageHasACodec", "./protobuf")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The base files are protoc-gen-go's, at every API level, but for the names of
// methods.
func TestBaseFilesAreThoseOfProtocGenGo(t *testing.T) {
	for _, name := range []string{"new/new.proto", "hybrid/hybrid.proto", "hybrid/level.proto", "hybrid/open.proto", "opaque/opaque.proto"} {
		t.Run(name, func(t *testing.T) {
			want := protocGenGo(t, name)
			if len(want) == 0 {
				t.Fatal("protoc-gen-go wrote nothing")
			}
			for _, f := range want {
				got, err := os.ReadFile(filepath.Join(protoDir, filepath.FromSlash(f.GetName())))
				if err != nil {
					t.Fatal(err)
				}
				renamed := strings.ReplaceAll(string(got), ") stockReflect()", ") ProtoReflect()")
				if renamed == string(got) {
					t.Errorf("%s: no method has another name", f.GetName())
				}
				if renamed != f.GetContent() {
					t.Errorf("%s: got\n%s\nwant\n%s", f.GetName(), renamed, f.GetContent())
				}
			}
		})
	}
}

// protocGenGo returns what protoc-gen-go writes for a schema of the tests.
func protocGenGo(t *testing.T, name string) []*pluginpb.CodeGeneratorResponse_File {
	t.Helper()
	files, list := protoidl.Compile(protoidl.Options{Inputs: []string{filepath.Join(protoDir, name)}, IncludeDirs: []string{protoDir}})
	if files == nil {
		t.Fatal(list)
	}
	plugin, err := protogen.Options{}.New(files.Request("paths=source_relative"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range plugin.Files {
		if f.Generate {
			internal_gengo.GenerateFile(plugin, f)
		}
	}
	return plugin.Response().GetFile()
}
