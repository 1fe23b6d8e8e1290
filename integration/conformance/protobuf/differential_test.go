package protobufsuite_test

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/integration/conformance/protobuf/messages/edition2023pb"
	"github.com/volo-go/volo/integration/conformance/protobuf/messages/proto2pb"
	"github.com/volo-go/volo/integration/conformance/protobuf/messages/proto3pb"
	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/opaque"
)

var types = []proto.Message{
	&proto2pb.TestAllTypesProto2{}, &proto3pb.TestAllTypesProto3{}, &edition2023pb.TestAllTypesEdition2023{},
	&opaque.All{}, &opaque.Extended{},
}

// Generated messages and protobuf-go's dynamic ones, which know the schema
// only, make the same of any bytes.
func FuzzAgainstDynamicMessages(f *testing.F) {
	for i := range types {
		f.Add(byte(i), []byte("\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x72\x02hi\x7a\x00"))
		f.Add(byte(i), []byte("\x92\x01\x02\x08\x05\xfa\x01\x03\x01\x02\x03\xf8\x01\x04"))
		f.Add(byte(i), []byte("\xc2\x03\x04\x08\x01\x10\x02\xba\x04\x05\x0a\x01k\x12\x00"))
		f.Add(byte(i), []byte("\xcb\x0c\xd0\x0c\x01\xcc\x0c\x83\x38\x08\x01\x84\x38"))
	}
	f.Fuzz(func(t *testing.T, which byte, wire []byte) {
		typ := types[int(which)%len(types)]
		ours := typ.ProtoReflect().New().Interface()
		theirs := dynamicpb.NewMessage(typ.ProtoReflect().Descriptor())
		err := protobuf.Unmarshal(wire, ours, protobuf.DecodeOptions{})
		want := proto.Unmarshal(wire, theirs)
		if (err == nil) != (want == nil) {
			t.Fatalf("%x: got %v, want %v", wire, err, want)
		}
		if err != nil {
			return
		}
		// Unknown fields with needlessly long tags are shortened by one and
		// kept by the other: what ours makes of theirs is compared.
		deterministic := proto.MarshalOptions{Deterministic: true}
		got, err := deterministic.Marshal(ours)
		if err != nil {
			t.Fatalf("%x: ours is not written: %v", wire, err)
		}
		b, err := deterministic.Marshal(theirs)
		again := typ.ProtoReflect().New().Interface()
		if err := errors.Join(err, protobuf.Unmarshal(b, again, protobuf.DecodeOptions{})); err != nil {
			t.Fatalf("%x: theirs is not read: %v", wire, err)
		}
		if want, err := deterministic.Marshal(again); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x: got\n%x\nwant\n%x, %v", wire, got, want, err)
		}
	})
}
