package interop_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	ours "github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/pilota/thrift"
)

// Each line of "Where we differ from Apache" in the package comment stands
// here, so that it stays true of both sides.

func TestWhereWeWriteOtherBytes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ours   thrift.Struct
		apache apache.TStruct
		// What is written, in hex, with spaces; or a part of the error.
		ourBytes, apacheBytes string
		ourErr                error
		apacheErr             string
	}{
		{
			name: "a nil struct in a field of default requiredness, which both leave out",
			ours: &ours.OneField{}, ourBytes: "00",
			apache: &theirs.OneField{}, apacheBytes: "00",
		},
		{
			name: "a nil struct in a required field",
			ours: &ours.StructB{}, ourErr: thrift.ErrNil,
			apache: &theirs.StructB{}, apacheBytes: "0c0002 00 00",
		},
		{
			name: "a nil struct in a list",
			ours: &ours.ListBonks{Bonk: []*ours.Bonk{nil}}, ourErr: thrift.ErrNil,
			apache: &theirs.ListBonks{Bonk: []*theirs.Bonk{nil}}, apacheBytes: "0f0001 0c 00000001 00 00",
		},
		{
			name: "an optional field that is set to its default",
			ours: &ours.BoolTest{B: new(true)}, ourBytes: "020001 01 00",
			apache: &theirs.BoolTest{B: true, S: "true"}, apacheBytes: "00",
		},
		{
			name: "a set with the same element twice",
			ours: &ours.OptionalSetDefaultTest{WithDefault: []string{"", ""}}, ourBytes: "0e0001 0b 00000002 00000000 00000000 00",
			apache: &theirs.OptionalSetDefaultTest{WithDefault: &[]string{"", ""}}, apacheErr: "slice is not unique",
		},
		{
			name: "a union without a member",
			ours: &ours.SomeUnion{}, ourErr: thrift.ErrInvalidUnion,
			apache: &theirs.SomeUnion{}, apacheErr: "exactly one field must be set",
		},
		{
			name: "a union with two members",
			ours: &ours.SomeUnion{I32Thing: new(int32(1)), StringThing: new("")}, ourErr: thrift.ErrInvalidUnion,
			apache: &theirs.SomeUnion{I32Thing: new(int32(1)), StringThing: new("")}, apacheErr: "exactly one field must be set",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := thrift.Marshal(tt.ours)
			if !errors.Is(err, tt.ourErr) || err == nil && !bytes.Equal(got, unhex(tt.ourBytes)) {
				t.Errorf("we: got %x, %v, want %s, %v", got, err, tt.ourBytes, tt.ourErr)
			}
			got, err = writeApache(tt.apache)
			if !saysError(err, tt.apacheErr) || err == nil && !bytes.Equal(got, unhex(tt.apacheBytes)) {
				t.Errorf("Apache: got %x, %v, want %s, %s", got, err, tt.apacheBytes, tt.apacheErr)
			}
		})
	}
}

func TestWhereWeReadOtherThings(t *testing.T) {
	for _, tt := range []struct {
		name               string
		bytes              string // in hex
		ours, ourWant      thrift.Struct
		ourErr             error
		apache, apacheWant apache.TStruct
		apacheErr          string
	}{
		{
			name:  "an empty struct, which is not nil",
			bytes: "0c0001 00 00",
			ours:  &ours.OneField{}, ourWant: &ours.OneField{Field: &ours.EmptyStruct{}},
			apache: &theirs.OneField{}, apacheWant: &theirs.OneField{Field: &theirs.EmptyStruct{}},
		},
		{
			name:  "a union without a member",
			bytes: "00",
			ours:  &ours.SomeUnion{}, ourErr: thrift.ErrInvalidUnion,
			apache: &theirs.SomeUnion{}, apacheWant: &theirs.SomeUnion{},
		},
		{
			name:  "a union with two members",
			bytes: "0b0002 00000000 080003 00000001 00",
			ours:  &ours.SomeUnion{}, ourErr: thrift.ErrInvalidUnion,
			apache: &theirs.SomeUnion{}, apacheWant: &theirs.SomeUnion{I32Thing: new(int32(1)), StringThing: new("")},
		},
		{
			name:  "a list of bytes that should be one of i32",
			bytes: "0f0001 03 00000001 01020304 00",
			ours:  &ours.ListTypeVersioningV1{}, ourErr: thrift.ErrElementType,
			apache: &theirs.ListTypeVersioningV1{}, apacheWant: &theirs.ListTypeVersioningV1{Myints: []int32{0x01020304}},
		},
		{
			name:  "an empty list of another type, which both let pass",
			bytes: "0f0001 03 00000000 00",
			ours:  &ours.ListTypeVersioningV1{}, ourWant: &ours.ListTypeVersioningV1{},
			apache: &theirs.ListTypeVersioningV1{}, apacheWant: &theirs.ListTypeVersioningV1{},
		},
		{
			name:  "a bool of 2",
			bytes: "020001 02 00",
			ours:  &ours.Bools{}, ourWant: &ours.Bools{ImTrue: true},
			apache: &theirs.Bools{}, apacheWant: &theirs.Bools{ImTrue: false},
		},
		{
			name:  "63 levels in a field that is unknown",
			bytes: "0f0009" + strings.Repeat("0f 00000001", 62) + "03 00000001 00" + "00",
			ours:  &ours.EmptyStruct{}, ourWant: &ours.EmptyStruct{},
			apache: &theirs.EmptyStruct{}, apacheWant: &theirs.EmptyStruct{},
		},
		{
			name:  "64 levels in a field that is unknown",
			bytes: "0f0009" + strings.Repeat("0f 00000001", 63) + "03 00000001 00" + "00",
			ours:  &ours.EmptyStruct{}, ourWant: &ours.EmptyStruct{},
			apache: &theirs.EmptyStruct{}, apacheErr: "Depth limit exceeded",
		},
		{
			name:  "65 levels in a field that is unknown",
			bytes: "0f0009" + strings.Repeat("0f 00000001", 64) + "03 00000001 00" + "00",
			ours:  &ours.EmptyStruct{}, ourErr: thrift.ErrDepth,
			apache: &theirs.EmptyStruct{}, apacheErr: "Depth limit exceeded",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rest, err := read(unhex(tt.bytes), tt.ours)
			if !errors.Is(err, tt.ourErr) || err == nil && (len(rest) > 0 || !sameValue(tt.ours, tt.ourWant)) {
				t.Errorf("we: got %v, %v, want %v, %v", tt.ours, err, tt.ourWant, tt.ourErr)
			}
			rest, err = readApache(unhex(tt.bytes), tt.apache)
			if !saysError(err, tt.apacheErr) || err == nil && (len(rest) > 0 || !sameValue(tt.apache, tt.apacheWant)) {
				t.Errorf("Apache: got %v, %v, want %v, %s", tt.apache, err, tt.apacheWant, tt.apacheErr)
			}
		})
	}
}

// What a field was renamed, retyped or forgotten for is read as the IDL's
// comments on versioning promise, by both sides.
func TestVersionsOfAStructUnderstandEachOther(t *testing.T) {
	v2, err := thrift.Marshal(version2)
	if err != nil {
		t.Fatal(err)
	}
	v1 := &ours.VersioningTestV1{}
	if err := thrift.Unmarshal(v2, v1); err != nil || v1.BeginInBoth != 1 || v1.OldString != "" || v1.EndInBoth != version2.EndInBoth {
		t.Errorf("V1 of V2: got %v, %v", v1, err)
	}
	apacheV1 := &theirs.VersioningTestV1{}
	if _, err := readApache(v2, apacheV1); err != nil || *apacheV1 != *to[*theirs.VersioningTestV1](v1) {
		t.Errorf("Apache's V1 of V2: got %v, %v", apacheV1, err)
	}
	ints, err := thrift.Marshal(&ours.ListTypeVersioningV1{Hello: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	strings := &ours.ListTypeVersioningV2{}
	if err := thrift.Unmarshal(ints, strings); err != nil || strings.Hello != "hello" || len(strings.Strings) > 0 {
		t.Errorf("V2 of an empty list of V1: got %v, %v", strings, err)
	}
}

func TestBothRefuseAStructThatLacksARequiredField(t *testing.T) {
	if _, err := read([]byte{0}, &ours.StructA{}); !errors.Is(err, thrift.ErrMissingRequired) {
		t.Errorf("we: got %v", err)
	}
	if _, err := readApache([]byte{0}, &theirs.StructA{}); !saysError(err, "Required field") {
		t.Errorf("Apache: got %v", err)
	}
}

// saysError tells whether err is nil if part is empty, and says part otherwise.
func saysError(err error, part string) bool {
	if err == nil || part == "" {
		return err == nil && part == ""
	}
	return strings.Contains(err.Error(), part)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}
