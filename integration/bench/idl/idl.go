// Package idl generates the code of the benchmark's .proto files.
//
// Each file is generated twice: as volo does it, with its codec and stubs, and
// as protoc-gen-go does it, with neither, for the peers that use protobuf-go.
// The second time its package is stock instead of volo, because a process
// registers a name once. On the wire no name of a message is seen.
package idl

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/genproto"
	"github.com/volo-go/volo/pilota/protoidl"
)

// prefix is the import path of the folder that the code is written to.
const prefix = "github.com/volo-go/volo/integration/bench/genproto"

// stock is the folder that the files of protobuf-go's peers seem to be in.
const stock = "stock"

// Files returns the files to write below genproto. The .proto files are in
// house.
func Files(house fs.FS) ([]gen.File, error) {
	ours, err := files(house, "", genproto.Options{})
	if err != nil {
		return nil, err
	}
	theirs, err := files(house, stock+"/", genproto.Options{NoCodec: true, NoStubs: true})
	return append(ours, theirs...), err
}

// StockRequest returns the encoded request to a plug-in of protoc to generate
// code beside that of protobuf-go for codec.proto.
func StockRequest(house fs.FS, parameter string) ([]byte, error) {
	files, diagnostics := protoidl.Compile(protoidl.Options{
		Inputs:      []string{stock + "/codec.proto"},
		IncludeDirs: []string{"."},
		ReadFile:    read(house),
	})
	if files == nil {
		return nil, fmt.Errorf("codec.proto: %v", diagnostics)
	}
	return proto.Marshal(files.Request(parameter))
}

func files(house fs.FS, folder string, o genproto.Options) ([]gen.File, error) {
	files, diagnostics := pilota.CompileProto(pilota.ProtoOptions{
		Inputs:        []string{folder + "echo.proto", folder + "codec.proto"},
		IncludeDirs:   []string{"."},
		PackagePrefix: prefix,
		Go:            o,
		ReadFile:      read(house),
	})
	if len(files) == 0 {
		return nil, fmt.Errorf("no code: %v", diagnostics)
	}
	return files, nil
}

// read reads the .proto files, those of the peers' folder with their package.
func read(house fs.FS) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		ours, theirs := strings.CutPrefix(name, stock+"/")
		text, err := fs.ReadFile(house, ours)
		if theirs {
			text = bytes.Replace(text, []byte("\npackage volo."), []byte("\npackage "+stock+"."), 1)
		}
		return text, err
	}
}
