package main

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func TestRunAnswersARequest(t *testing.T) {
	for _, c := range []struct {
		name, parameter string
		want            []string // files
		fault           string   // in the response, or of the run
	}{
		{"a message", "paths=source_relative", []string{"m.pb.go", "m.volo.go"}, ""},
		{"no codec", "paths=source_relative,codec=false", []string{"m.pb.go"}, ""},
		{"an unknown parameter", "plugins=grpc", nil, "unknown parameter plugins"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
				FileToGenerate: []string{"m.proto"},
				Parameter:      proto.String(c.parameter),
				ProtoFile: []*descriptorpb.FileDescriptorProto{{
					Name: proto.String("m.proto"), Syntax: proto.String("proto3"),
					Options:     &descriptorpb.FileOptions{GoPackage: proto.String("example.com/m")},
					MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := run(bytes.NewReader(in), &out); err != nil {
				if c.fault == "" || !strings.Contains(err.Error(), c.fault) {
					t.Errorf("got %v, want %q", err, c.fault)
				}
				return
			}
			got := new(pluginpb.CodeGeneratorResponse)
			if err := proto.Unmarshal(out.Bytes(), got); err != nil || got.Error != nil {
				t.Fatal(err, got.GetError())
			}
			for i, name := range c.want {
				if i >= len(got.File) || got.File[i].GetName() != name {
					t.Errorf("got %v, want %v", got.File, c.want)
				}
			}
		})
	}
}

func TestRunRefusesWhatIsNoRequest(t *testing.T) {
	err := run(strings.NewReader("\xff"), new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "no CodeGeneratorRequest") {
		t.Errorf("got %v", err)
	}
}
