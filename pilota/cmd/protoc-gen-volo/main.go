// Protoc-gen-volo is the plug-in of protoc and buf that generates Go as volo
// does: messages with a codec, and stubs for volo-grpc.
//
//	protoc --volo_out=. --volo_opt=paths=source_relative shop.proto
//
// It takes the parameters of protoc-gen-go (paths, module, M…, apilevelM…,
// default_api_level, annotate_code), and codec, stubs and messages, which
// turn off parts of the output with =false.
package main

import (
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/genproto"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "protoc-gen-volo:", err)
		os.Exit(1)
	}
}

// run answers one request.
func run(in io.Reader, out io.Writer) error {
	b, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	request := new(pluginpb.CodeGeneratorRequest)
	if err := proto.Unmarshal(b, request); err != nil {
		return fmt.Errorf("standard input is no CodeGeneratorRequest: %w", err)
	}
	response, err := pilota.GenerateProto(request, genproto.Options{})
	if err != nil {
		return err
	}
	if b, err = proto.Marshal(response); err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}
