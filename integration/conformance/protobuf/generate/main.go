// Generate writes the messages of the conformance suite, from the folder of
// schemas that it is given:
//
//	go run -tags protolegacy ./conformance/protobuf/generate SCHEMAS
//
// It is run in the folder of the integration module. With -check it only
// compares, and fails on a difference. With -opaque FOLDER it writes messages of
// the opaque API there, and the file overlay.json, with which go build takes them
// for those that are kept.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/report"
)

const home = "github.com/volo-go/volo/integration/conformance/protobuf"

// packages are the Go packages of the schemas.
var packages = map[string]string{
	"conformance/conformance.proto":                       "conformancepb",
	"google/protobuf/test_messages_edition2023.proto":     "edition2023pb",
	"google/protobuf/test_messages_proto2_editions.proto": "proto2editionspb",
	"google/protobuf/test_messages_proto2.proto":          "proto2pb",
	"google/protobuf/test_messages_proto3_editions.proto": "proto3editionspb",
	"google/protobuf/test_messages_proto3.proto":          "proto3pb",
}

func main() {
	check := flag.Bool("check", false, "compare instead of write")
	opaque := flag.String("opaque", "", "write messages of the opaque API to this `folder`")
	flag.Parse()
	if err := run(flag.Arg(0), *check, *opaque); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(schemas string, check bool, opaque string) error {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", home).Output()
	if err != nil {
		return fmt.Errorf("go list %s: %w", home, err)
	}
	out := filepath.Join(strings.TrimSpace(string(dir)), "messages")
	files, err := compile(schemas, opaque != "")
	if err != nil {
		return err
	}
	if opaque != "" {
		return overlay(opaque, out, files)
	}
	for _, f := range files {
		name := filepath.Join(out, filepath.FromSlash(f.Path))
		if err := put(name, f.Content, check); err != nil {
			return err
		}
	}
	return nil
}

// compile generates the messages; those of the protocol between runner and
// testee are never opaque.
func compile(schemas string, opaque bool) ([]gen.File, error) {
	o := pilota.ProtoOptions{IncludeDirs: []string{schemas}, Parameters: []string{"module=" + home + "/messages"}}
	for schema, pkg := range packages {
		o.Inputs = append(o.Inputs, path.Join(filepath.ToSlash(schemas), schema))
		o.Parameters = append(o.Parameters, "M"+schema+"="+home+"/messages/"+pkg)
		if opaque && pkg != "conformancepb" {
			o.Parameters = append(o.Parameters, "apilevelM"+schema+"=API_OPAQUE")
		}
	}
	files, list := pilota.CompileProto(o)
	if files == nil {
		return nil, errors.Join(list.Render(os.Stderr, report.Style{}), list.Err())
	}
	return files, nil
}

// overlay writes files below dir, and beside them what they stand for below
// kept.
func overlay(dir, kept string, files []gen.File) error {
	replace := map[string]string{}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := put(name, f.Content, false); err != nil {
			return err
		}
		replace[filepath.Join(kept, filepath.FromSlash(f.Path))] = name
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return put(filepath.Join(dir, "overlay.json"), b, false)
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
