package protobuf_test

import (
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/old"
	"github.com/volo-go/volo/pilota/testdata/proto/opaque"
)

// Every message of the tests has a codec, whatever its API, but for those that
// are left to protobuf-go.
func TestEveryMessageHasACodec(t *testing.T) {
	for _, m := range types {
		_, ok := m.(protobuf.Codec)
		_, lazy := m.(*opaque.Lazy)
		_, clash := m.(*old.OneofClash)
		if ok == (lazy || clash) {
			t.Errorf("%T: got a codec: %t", m, ok)
		}
	}
}

// What the codec reads is there for the methods of the opaque API, and what
// they set is written.
func TestMethodsOfTheOpaqueAPI(t *testing.T) {
	sent := opaque.All_builder{
		OInt32:  proto.Int32(0),
		OString: proto.String("text"),
		RAll:    []*opaque.All{opaque.All_builder{OBool: proto.Bool(true)}.Build(), {}},
		CNumber: proto.Uint32(7),
		MBytes:  map[int32][]byte{1: {2}},
		OColor:  opaque.Color_COLOR_RED.Enum(),
	}.Build()
	sent.SetLastWord(1 << 20)
	sent.SetOBytes(nil) // set, and empty
	wire, err := protobuf.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var m opaque.All
	if err := protobuf.Unmarshal(wire, &m, protobuf.DecodeOptions{}); err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"a zero that was set":      m.HasOInt32() && m.GetOInt32() == 0,
		"a string":                 m.HasOString() && m.GetOString() == "text",
		"empty bytes":              m.HasOBytes() && len(m.GetOBytes()) == 0,
		"an enum":                  m.GetOColor() == opaque.Color_COLOR_RED,
		"a bit of the second word": m.HasLastWord() && m.GetLastWord() == 1<<20,
		"messages of a list":       len(m.GetRAll()) == 2 && m.GetRAll()[0].GetOBool() && !m.GetRAll()[1].HasOBool(),
		"a map":                    slices.Equal(m.GetMBytes()[1], []byte{2}),
		"a member of a oneof":      m.WhichChoice() == opaque.All_CNumber_case && m.HasCNumber() && m.GetCNumber() == 7,
		"what was not set":         !m.HasOInt64() && !m.HasOAll() && m.GetRString() == nil,
		"a default":                !m.HasODefault() && m.GetODefault() == "as usual",
	} {
		if !ok {
			t.Errorf("%s is not there", what)
		}
	}
	m.ClearOInt32()
	m.ClearOString()
	m.ClearOBytes()
	m.ClearOColor()
	m.ClearLastWord()
	m.ClearChoice()
	m.SetRAll(nil)
	m.SetMBytes(nil)
	if b, err := protobuf.Marshal(&m); err != nil || len(b) > 0 {
		t.Errorf("after everything is cleared: got %x, %v", b, err)
	}
}

// A fault does not leave a bit without its string.
func TestWhatAFaultLeavesOfAnOpaqueMessage(t *testing.T) {
	var m opaque.Flat
	if err := protobuf.Unmarshal([]byte("\x0a\x01a\x0a\x01\xff"), &m, protobuf.DecodeOptions{}); err == nil {
		t.Fatal("got no error for a string that is not UTF-8")
	}
	if b, err := protobuf.Marshal(&m); err != nil || string(b) != "\x0a\x01a" {
		t.Errorf("got %q, %v", b, err)
	}
}

// Numbers that can be absent are no pointers.
func TestOpaqueNumbersTakeNoMemoryOfTheirOwn(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	wire := encode(t, opaque.All_builder{
		OBool: proto.Bool(true), OInt64: proto.Int64(-1), OSint32: proto.Int32(5), ODouble: proto.Float64(1.5), LastWord: proto.Int32(9),
	}.Build())
	m, buf := new(opaque.All), make([]byte, 0, len(wire))
	got := testing.AllocsPerRun(100, func() {
		if err := protobuf.Unmarshal(wire, m, protobuf.DecodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if b, err := protobuf.Append(buf, m); err != nil || len(b) != len(wire) {
			t.Fatalf("got %x, %v, want %x", b, err, wire)
		}
	})
	if got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

func TestOpaqueMessagesAsJSON(t *testing.T) {
	for seed := range uint64(50) {
		m := random(&opaque.All{}, seed)
		wire := encode(t, m)
		var got opaque.All
		if err := protobuf.Unmarshal(wire, &got, protobuf.DecodeOptions{}); err != nil {
			t.Fatal(err)
		}
		text, err := protojson.Marshal(&got)
		if err != nil {
			continue // infinite times
		}
		var again opaque.All
		if err := protojson.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if _, err := protobuf.Marshal(&again); err != nil {
			t.Fatal(err)
		}
	}
}

// Readers of one message, the encoder among them, do not disturb one another.
func TestManyMayReadAnOpaqueMessage(t *testing.T) {
	wire := encode(t, opaque.Flat_builder{Text: proto.String("text"), N: proto.Int32(1)}.Build())
	var m opaque.Flat
	if err := protobuf.Unmarshal(wire, &m, protobuf.DecodeOptions{}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if b, err := protobuf.Marshal(&m); err != nil || string(b) != string(wire) || !m.HasText() || m.HasRaw() {
				t.Errorf("got %x, %v, want %x", b, err, wire)
			}
		})
	}
	all.Wait()
}
