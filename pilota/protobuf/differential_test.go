package protobuf_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/edition"
	"github.com/volo-go/volo/pilota/testdata/proto/hybrid"
	newer "github.com/volo-go/volo/pilota/testdata/proto/new"
	"github.com/volo-go/volo/pilota/testdata/proto/old"
	"github.com/volo-go/volo/pilota/testdata/proto/opaque"
)

// types are messages that differ in what they are made of.
var types = []proto.Message{
	&old.All{}, &old.Needs{}, &old.Many{}, &old.OneofClash{}, &old.Holder{}, &old.Open{}, &old.ClashHolder{}, &newer.All{}, &edition.All{}, &opaque.Shelf{},
	&opaque.All{}, &opaque.Flat{}, &opaque.Needs{}, &opaque.Extended{}, &opaque.Lazy{}, &opaque.Box{},
	&hybrid.All{}, &hybrid.Open{}, &hybrid.Mixed{}, &hybrid.Level{}, &hybrid.Closed{},
}

func TestEncodingIsThatOfProtobufGo(t *testing.T) {
	for _, typ := range types {
		t.Run(string(typ.ProtoReflect().Descriptor().FullName()), func(t *testing.T) {
			for seed := range uint64(200) {
				m := random(typ, seed)
				want, err := protobuf.StockAppend(nil, m, true)
				if err != nil {
					t.Fatal(err)
				}
				got, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("seed %d: proto.Marshal: got\n%s, %v\nwant\n%s", seed, hex.Dump(got), err, hex.Dump(want))
				}
				if got, want := protobuf.Size(m), protobuf.StockSize(m); got != want {
					t.Fatalf("seed %d: size: got %d, want %d", seed, got, want)
				}
				prefix := []byte("before")
				got, err = protobuf.Append(prefix, m)
				if err != nil || !bytes.HasPrefix(got, prefix) {
					t.Fatalf("seed %d: Append: got %q, %v", seed, got, err)
				}
				again := typ.ProtoReflect().New().Interface()
				if err := protobuf.StockMerge(got[len(prefix):], again); err != nil || !proto.Equal(again, m) {
					t.Fatalf("seed %d: Append is read as\n%v, %v\nwant\n%v", seed, again, err, m)
				}
			}
		})
	}
}

// modes are all ways to keep strings.
var modes = []protobuf.StringMode{protobuf.CopyOnce, protobuf.CopyEach, protobuf.Alias}

func TestDecodingIsThatOfProtobufGo(t *testing.T) {
	for _, typ := range types {
		t.Run(string(typ.ProtoReflect().Descriptor().FullName()), func(t *testing.T) {
			for seed := range uint64(200) {
				wire := encode(t, random(typ, seed))
				wire = append(wire, encode(t, random(typ, seed+1))...) // to be merged
				for _, mode := range modes {
					same(t, typ, wire, protobuf.DecodeOptions{Strings: mode})
				}
			}
		})
	}
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := protobuf.StockAppend(nil, m, false)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// same fails the test unless both decoders make the same of wire: an equal
// message, or an error.
func same(t testing.TB, typ proto.Message, wire []byte, o protobuf.DecodeOptions) {
	t.Helper()
	want, got, through := typ.ProtoReflect().New().Interface(), typ.ProtoReflect().New().Interface(), typ.ProtoReflect().New().Interface()
	wantErr := protobuf.StockMerge(wire, want)
	missing := proto.CheckInitialized(want)
	gotErr := protobuf.Unmarshal(wire, got, o)
	throughErr := proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(wire, through)
	switch {
	case wantErr != nil:
		if gotErr == nil || throughErr == nil {
			t.Fatalf("got %v and %v, want an error like %v, for %x", gotErr, throughErr, wantErr, wire)
		}
		return
	case (gotErr != nil) != (missing != nil) || throughErr != nil:
		t.Fatalf("got %v and %v, want %v, for %x", gotErr, throughErr, missing, wire)
	}
	if !sameBytes(t, got, want) || !sameBytes(t, through, want) {
		t.Fatalf("got\n%v\nwant\n%v\nfor %x", got, want, wire)
	}
}

// sameBytes compares encodings: other than proto.Equal it takes NaN for
// equal to itself.
func sameBytes(t testing.TB, a, b proto.Message) bool {
	t.Helper()
	x, err1 := protobuf.StockAppend(nil, a, true)
	y, err2 := protobuf.StockAppend(nil, b, true)
	return bytes.Equal(x, y) && (err1 == nil) == (err2 == nil)
}

func TestMutilatedMessagesAreJudgedLikeByProtobufGo(t *testing.T) {
	for _, typ := range types {
		for seed := range uint64(30) {
			wire := encode(t, random(typ, seed))
			f := filler{Rand: newRand(seed)}
			for range 40 {
				b := bytes.Clone(wire)
				switch {
				case len(b) == 0:
				case f.IntN(3) == 0:
					b = b[:f.IntN(len(b))]
				default:
					for range 1 + f.IntN(3) {
						b[f.IntN(len(b))] = byte(f.Uint32())
					}
				}
				same(t, typ, b, protobuf.DecodeOptions{})
			}
		}
	}
}

// What was read until a fault is a message still. (Messages with lazy fields
// are none to protobuf-go then.)
func TestWhatAFaultLeavesIsEncodedOrRefused(t *testing.T) {
	for _, typ := range []proto.Message{&old.Needs{}, &newer.All{}, &edition.All{}, &opaque.Flat{}, &opaque.Needs{}, &opaque.Extended{}, &hybrid.All{}} {
		for seed := range uint64(100) {
			wire := encode(t, random(typ, seed))
			r := newRand(seed)
			for range min(20, len(wire)) {
				n := r.IntN(len(wire))
				m := typ.ProtoReflect().New().Interface()
				if protobuf.Unmarshal(append(wire[:len(wire):len(wire)], wire[:n]...), m, protobuf.DecodeOptions{}) == nil {
					continue
				}
				if b, err := protobuf.Marshal(m); err == nil && len(b) != protobuf.Size(m) {
					t.Fatalf("%T: got %d bytes, want %d, of what was read of %x", m, len(b), protobuf.Size(m), wire)
				}
			}
		}
	}
}

func FuzzDecodingIsThatOfProtobufGo(f *testing.F) {
	for i, typ := range types {
		for seed := range uint64(4) {
			f.Add(byte(i), encode(f, random(typ, seed)))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, wire []byte) {
		typ := types[int(which)%len(types)]
		same(t, typ, wire, protobuf.DecodeOptions{})
		m := typ.ProtoReflect().New().Interface()
		if protobuf.Unmarshal(wire, m, protobuf.DecodeOptions{}) != nil {
			return
		}
		again, err := protobuf.Marshal(m)
		if err != nil {
			t.Fatalf("%x is read, but not written: %v", wire, err)
		}
		same(t, typ, again, protobuf.DecodeOptions{})
	})
}
