// Package vtproto makes a child of the benchmark out of vtprotobuf, which this
// repository neither contains nor requires.
//
// Its module has the sources embedded here, protobuf-go's code of codec.proto
// and a copy of the packages load, codec and child. [Build] builds vtprotobuf's
// plug-in at [Version], lets it generate its codec, and builds the binary;
// package ondemand says where and when. It takes no protoc: the plug-in is
// handed what this repository's front end makes of the file.
package vtproto

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"path"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/integration/bench/house"
	"github.com/volo-go/volo/integration/bench/idl"
	"github.com/volo-go/volo/integration/ondemand"
)

// Version is the version of vtprotobuf that the embedded go.mod requires.
const Version = "v0.6.0"

// Codecs returns the names of the codecs that the binary offers, each with a
// line about it.
func Codecs() [][2]string {
	return [][2]string{{"vtprotobuf", "vtprotobuf " + Version + ", which copies every string"}}
}

//go:embed module/*.txt
var module embed.FS

// What the plug-in is asked for: to write beside protobuf-go's code.
const parameter = "paths=source_relative,features=size+marshal+unmarshal," +
	"Mstock/codec.proto=volobench/vtprotobuf/shapes;stockshapes"

// Build returns the path of the binary, which it builds if it is not there.
// bench holds the benchmark's folders load, codec, child and
// genproto/stock/shapes, and codec.proto. progress is told what is being done
// if that takes time.
func Build(ctx context.Context, bench fs.FS, progress func(string)) (string, error) {
	files, err := sources(bench)
	if err != nil {
		return "", err
	}
	request, err := idl.StockRequest(bench, parameter)
	if err != nil {
		return "", err
	}
	return ondemand.Module{
		Name:    "vtprotobuf",
		Version: Version,
		Binary:  "bench-vtprotobuf",
		Files:   files,
		Steps: []ondemand.Step{
			{Args: []string{"go", "build", "-o", "plugin", "github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto"}},
			{Args: []string{"./plugin"}, In: request, Out: generated},
			{Args: []string{"go", "build", "-o", "bench-vtprotobuf", "."}},
		},
	}.Build(ctx, progress)
}

// sources returns the files of the module that the plug-in does not generate.
func sources(bench fs.FS) ([]ondemand.File, error) {
	files, err := house.Files(bench)
	if err != nil {
		return nil, err
	}
	messages, err := ondemand.Glob(bench, "genproto/stock/shapes/*.go", inShapes)
	if err != nil {
		return nil, err
	}
	own, err := ondemand.Glob(module, "module/*.txt", ondemand.Text)
	return append(append(files, messages...), own...), err
}

func inShapes(name string) string { return path.Join("shapes", path.Base(name)) }

// generated returns the files of a plug-in's response.
func generated(response []byte) ([]ondemand.File, error) {
	var r pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(response, &r); err != nil {
		return nil, err
	}
	if r.Error != nil {
		return nil, errors.New(r.GetError())
	}
	var files []ondemand.File
	for _, f := range r.File {
		files = append(files, ondemand.File{Name: inShapes(f.GetName()), Data: []byte(f.GetContent())})
	}
	return files, nil
}
