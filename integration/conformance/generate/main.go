// Generate writes the messages and stubs of the suites interop, connect and
// kitex:
//
//	go run ./conformance/generate
//
// It is run in the folder of the integration module. The schemas of connect
// are in the module of the suite; those of interop are the descriptors that
// grpc-go's generated code registers. With -check it only compares, and fails
// on a difference.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/integration/interop/generated"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/report"
)

const (
	home          = "github.com/volo-go/volo/integration/conformance/"
	connectModule = "connectrpc.com/conformance@v1.0.7"
)

func main() {
	check := flag.Bool("check", false, "compare instead of write")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	o, err := connect()
	if err != nil {
		return err
	}
	if err := generate(o, "connect/gen", check); err != nil {
		return err
	}
	if o, err = interop(); err != nil {
		return err
	}
	if err := generate(o, "interop/gen", check); err != nil {
		return err
	}
	if kitex := generated.Kitex("conformance"); check {
		return kitex.Compare()
	} else {
		return kitex.Write()
	}
}

// connect returns what to generate for suite connect.
func connect() (o pilota.ProtoOptions, err error) {
	out, err := exec.Command("go", "mod", "download", "-json", connectModule).Output()
	if err != nil {
		return o, fmt.Errorf("go mod download %s: %w\n%s", connectModule, err, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return o, err
	}
	dir := filepath.Join(module.Dir, "proto")
	o.IncludeDirs = []string{dir}
	for _, name := range []string{"client_compat", "config", "server_compat", "service"} {
		name = "connectrpc/conformance/v1/" + name + ".proto"
		o.Inputs = append(o.Inputs, filepath.Join(dir, filepath.FromSlash(name)))
		o.Parameters = append(o.Parameters, "M"+name+"="+home+"connect/gen/conformancev1")
	}
	return o, nil
}

// interop returns what to generate for suite interop.
func interop() (o pilota.ProtoOptions, err error) {
	set := new(descriptorpb.FileDescriptorSet)
	for _, f := range []protoreflect.FileDescriptor{
		testpb.File_grpc_testing_empty_proto, testpb.File_grpc_testing_messages_proto, testpb.File_grpc_testing_test_proto,
	} {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
		o.Parameters = append(o.Parameters, "M"+f.Path()+"="+home+"interop/gen/grpctesting")
	}
	o.DescriptorSet, err = proto.Marshal(set)
	return o, err
}

// generate writes what o asks for into a folder of package conformance.
func generate(o pilota.ProtoOptions, folder string, check bool) error {
	o.Parameters = append(o.Parameters, "module="+home+folder)
	files, list := pilota.CompileProto(o)
	if files == nil {
		return errors.Join(list.Render(os.Stderr, report.Style{}), list.Err())
	}
	for _, f := range files {
		name := filepath.Join("conformance", filepath.FromSlash(folder), filepath.FromSlash(f.Path))
		if err := put(name, f.Content, check); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file, or compares it with what is there.
func put(name string, content []byte, check bool) error {
	if !check {
		return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, content, 0o644))
	}
	have, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, content) {
		return fmt.Errorf("%s is not what the generator writes: run it without -check", name)
	}
	return nil
}
