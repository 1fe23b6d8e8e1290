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
	"os"
	"path/filepath"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/genproto"
)

// prefix is the import path of the folder that the code is written to.
const prefix = "github.com/volo-go/volo/integration/bench/gen/proto"

// stock is the folder that the files of protobuf-go's peers seem to be in.
const stock = "stock"

// Files returns the files to write below gen/proto. The .proto files are read
// from dir.
func Files(dir string) ([]gen.File, error) {
	ours, err := files(dir, "", genproto.Options{})
	if err != nil {
		return nil, err
	}
	theirs, err := files(dir, stock+"/", genproto.Options{NoCodec: true, NoStubs: true})
	return append(ours, theirs...), err
}

func files(dir, folder string, o genproto.Options) ([]gen.File, error) {
	files, diagnostics := pilota.CompileProto(pilota.ProtoOptions{
		Inputs:        []string{folder + "echo.proto", folder + "codec.proto"},
		IncludeDirs:   []string{"."},
		PackagePrefix: prefix,
		Go:            o,
		ReadFile: func(name string) ([]byte, error) {
			text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, stock+"/"))))
			if strings.HasPrefix(name, stock+"/") {
				text = bytes.Replace(text, []byte("\npackage volo."), []byte("\npackage "+stock+"."), 1)
			}
			return text, err
		},
	})
	if len(files) == 0 {
		return nil, fmt.Errorf("no code: %v", diagnostics)
	}
	return files, nil
}
