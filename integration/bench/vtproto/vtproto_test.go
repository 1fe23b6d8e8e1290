package vtproto

import (
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/integration/bench/idl"
	"github.com/volo-go/volo/integration/ondemand"
)

// Internal tests: what is built from is decided here, the building itself
// takes a network.

func TestTheModuleHasTheMessagesAndTheVersion(t *testing.T) {
	files, err := sources(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"go.mod":                          "github.com/planetscale/vtprotobuf " + Version + "\n",
		"shapes/codec.pb.go":              "package stockshapes",
		"house/bench/codec/codec.go":      "package codec",
		"house/bench/child/process.go":    "package child",
		"house/bench/load/usage.go":       "package load",
		"main.go":                         `"vtprotobuf"`,
		"house/go.mod":                    "module github.com/volo-go/volo/integration\n",
		"house/bench/codec/proto_wire.go": "package codec",
	} {
		i := slices.IndexFunc(files, func(f ondemand.File) bool { return f.Name == name })
		if i < 0 || !strings.Contains(string(files[i].Data), want) {
			t.Errorf("%s is missing or lacks %q", name, want)
		}
	}
}

func TestThePlugInIsAskedForTheShapes(t *testing.T) {
	b, err := idl.StockRequest(os.DirFS(".."), parameter)
	if err != nil {
		t.Fatal(err)
	}
	var r pluginpb.CodeGeneratorRequest
	if err := proto.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.ProtoFile) != 1 || r.ProtoFile[0].GetPackage() != "stock.shapes" || r.GetParameter() != parameter {
		t.Errorf("got %v with %q, want codec.proto in package stock.shapes", r.FileToGenerate, r.GetParameter())
	}
}

func TestWhatThePlugInWritesStandsBesideTheMessages(t *testing.T) {
	encode := func(r *pluginpb.CodeGeneratorResponse) []byte {
		b, err := proto.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	files, err := generated(encode(&pluginpb.CodeGeneratorResponse{File: []*pluginpb.CodeGeneratorResponse_File{
		{Name: proto.String("stock/codec_vtproto.pb.go"), Content: proto.String("package stockshapes")},
	}}))
	if err != nil || len(files) != 1 || files[0].Name != "shapes/codec_vtproto.pb.go" {
		t.Errorf("got %v, %v, want shapes/codec_vtproto.pb.go", files, err)
	}
	if _, err := generated(encode(&pluginpb.CodeGeneratorResponse{Error: proto.String("no such feature")})); err == nil || err.Error() != "no such feature" {
		t.Errorf("err = %v, want what the plug-in says", err)
	}
}
