package protobuf_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/bench"
	newer "github.com/volo-go/volo/pilota/testdata/proto/new"
	"github.com/volo-go/volo/pilota/testdata/proto/old"
	"github.com/volo-go/volo/pilota/testdata/proto/shop"
)

// allocated returns how many bytes have been allocated so far.
func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

func TestStringsThatAreNotUTF8AreNotEncoded(t *testing.T) {
	for _, length := range []int{1, 3, 4, 7, 8, 9, 16, 64, 65, 200} {
		for at := range length {
			text := []byte(strings.Repeat("a", length))
			text[at] = 0xff
			for _, m := range []proto.Message{
				&newer.All{IString: string(text)},
				&newer.All{RString: []string{"good", string(text)}},
				&newer.All{MInt32: map[int32]string{1: string(text)}},
				&newer.All{Choice: &newer.All_CString{CString: string(text)}},
				&newer.All{IAll: &newer.All{OString: proto.String(string(text))}},
				&shop.Item{How: &shop.Item_Who{}, ByName: map[string]*timestamppb.Timestamp{string(text): nil}},
			} {
				b := []byte("kept")
				got, err := protobuf.Append(b, m)
				if err == nil || !strings.Contains(err.Error(), "UTF-8") || string(got) != "kept" {
					t.Fatalf("%d bytes, bad at %d: got %q, %v", length, at, got, err)
				}
				if _, err := proto.Marshal(m); err == nil {
					t.Fatalf("proto.Marshal: %d bytes, bad at %d: no error", length, at)
				}
			}
		}
	}
	if _, err := protobuf.Marshal(&old.All{OString: proto.String("\xff")}); err != nil {
		t.Errorf("proto2 has no such rule, but got %v", err)
	}
}

func TestStringsOfAllLengthsAreEncoded(t *testing.T) {
	for length := range 300 {
		for _, text := range []string{strings.Repeat("a", length), strings.Repeat("é", length)} {
			m, got := &bench.Echo{Message: text}, new(bench.Echo)
			b, err := protobuf.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := protobuf.Unmarshal(b, got, protobuf.DecodeOptions{}); err != nil || got.Message != text {
				t.Fatalf("length %d: got %q, %v", len(text), got.Message, err)
			}
		}
	}
}

func TestNilMessagesAreEmpty(t *testing.T) {
	for _, m := range []proto.Message{
		(*newer.All)(nil), (*old.Open)(nil),
		&newer.All{RAll: nil, MString: nil}, &newer.All{Choice: (*newer.All_CAll)(nil)},
	} {
		b, err := protobuf.Marshal(m)
		if err != nil || len(b) != 0 || protobuf.Size(m) != 0 || proto.Size(m) != 0 {
			t.Errorf("%T: got %x, %v, want nothing", m, b, err)
		}
	}
	for _, m := range []proto.Message{
		&newer.All{RAll: []*newer.All{nil, nil}, MString: map[string]*newer.All{"a": nil}},
		&newer.All{Choice: &newer.All_CAll{}}, &newer.All{Choice: &newer.All_CTime{}},
		&newer.All{Times: []*timestamppb.Timestamp{nil}},
	} {
		got, err := protobuf.Marshal(m)
		if want := encode(t, m); err != nil || string(got) != string(want) {
			t.Errorf("%T: got %x, %v, want %x", m, got, err, want)
		}
	}
}

func TestEncodingAndDecodingAllocateLittle(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	most := map[string]float64{"small": 2, "echo1k": 2, "medium": 22, "large": 1110, "maps": 15, "ints": 4}
	for _, s := range shapes {
		buf := make([]byte, 0, proto.Size(s.message))
		if got := testing.AllocsPerRun(100, func() { _, _ = protobuf.Append(buf, s.message) }); got != 0 {
			t.Errorf("%s: encoding into a buffer: got %v allocations, want none", s.name, got)
		}
		wire := encode(t, s.message)
		typ := s.message.ProtoReflect().Type()
		got := testing.AllocsPerRun(20, func() {
			if err := protobuf.Unmarshal(wire, typ.New().Interface(), protobuf.DecodeOptions{}); err != nil {
				t.Fatal(err)
			}
		})
		if got > most[s.name] {
			t.Errorf("%s: decoding: got %v allocations, want at most %v", s.name, got, most[s.name])
		}
	}
}

func TestTheEcosystemWorksOnOurMessages(t *testing.T) {
	packed, err := anypb.New(small(1))
	if err != nil {
		t.Fatal(err)
	}
	want := &newer.All{
		IInt64: -5, IDouble: 1.5, IString: "größer", IBytes: []byte{0, 1}, IShade: newer.Shade_DARK, IAll: &newer.All{IBool: true},
		OBool: proto.Bool(false), OString: proto.String(""), RString: []string{"", "a"}, RAll: []*newer.All{{}, {IInt32: 1}},
		Choice: &newer.All_CAll{CAll: &newer.All{Choice: &newer.All_CShade{}}},
		MBool:  map[bool]int32{true: 1, false: 0}, MString: map[string]*newer.All{"a": {IUint32: 7}},
		Time: timestamppb.New(time.Unix(1, 2)), Any: packed, Needs: &old.Needs{Id: proto.Int32(1), Name: proto.String("n")},
	}
	for _, c := range []struct {
		name string
		turn func(got *newer.All) error
	}{
		{"Clone", func(got *newer.All) error {
			proto.Merge(got, proto.Clone(want))
			return nil
		}},
		{"text", func(got *newer.All) error {
			b, err := prototext.Marshal(want)
			return errors.Join(err, prototext.Unmarshal(b, got))
		}},
		{"JSON", func(got *newer.All) error {
			b, err := protojson.Marshal(want)
			return errors.Join(err, protojson.Unmarshal(b, got))
		}},
		{"a field of another generator's message", func(got *newer.All) error {
			list, err := anypb.New(want)
			if err != nil {
				return err
			}
			b, err := proto.Marshal(list)
			return errors.Join(err, proto.Unmarshal(b, list), list.UnmarshalTo(got))
		}},
		{"a copy, field by field", func(got *newer.All) error {
			want.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
				got.ProtoReflect().Set(fd, v)
				return true
			})
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := new(newer.All)
			if err := c.turn(got); err != nil || !proto.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func TestReflectionFindsTheCodec(t *testing.T) {
	m := &bench.Echo{Message: "hello"}
	if _, ok := m.ProtoReflect().(*protobuf.Reflection); !ok {
		t.Fatalf("got %T, want a Reflection", m.ProtoReflect())
	}
	if m.ProtoReflect() != m.ProtoReflect() {
		t.Error("two views of a message differ")
	}
	if got := m.ProtoReflect().New(); got.Interface().(*bench.Echo).Message != "" {
		t.Errorf("New: got %v", got)
	}
	var none *bench.Echo
	if none.ProtoReflect().IsValid() {
		t.Error("a nil message is valid")
	}
	// The codec reports faults in words of its own.
	err := proto.Unmarshal([]byte{0x0a}, m)
	if _, ok := errors.AsType[*protobuf.DecodeError](err); !ok {
		t.Errorf("got %T, want a *DecodeError", err)
	}
}

func TestTimestampsAreThoseOfProtobufGo(t *testing.T) {
	unknown := &timestamppb.Timestamp{Seconds: 5}
	unknown.ProtoReflect().SetUnknown([]byte("\x18\x01"))
	for _, at := range []*timestamppb.Timestamp{
		{}, {Seconds: 1}, {Nanos: 1}, {Seconds: -1, Nanos: -1}, {Seconds: 1 << 62, Nanos: 999_999_999}, unknown,
	} {
		m := &newer.All{Time: at, Times: []*timestamppb.Timestamp{at, nil, at}, Choice: &newer.All_CTime{CTime: at}}
		got, err := protobuf.Marshal(m)
		if want := encode(t, m); err != nil || string(got) != string(want) {
			t.Errorf("%v: got %x, %v, want %x", at, got, err, want)
		}
		same(t, m, got, protobuf.DecodeOptions{})
	}
	for _, wire := range []string{
		"\xba\x04\x02\x08\x01\xba\x04\x02\x10\x02", // in two parts
		"\xba\x04\x04\x08\x01\x08\x02",             // the last one counts
		"\xba\x04\x04\x08\x01\x18\x02",             // an unknown field
		"\xba\x04\x03\x88\x00\x01",                 // a tag of two bytes
		"\xba\x04\x02\x08\x80",                     // no end
		"\xba\x04\x01\x08",                         // no value
		"\xba\x04\x03\x0a\x01\x01",                 // another wire type
		"\xba\x04\x06\x10\xff\xff\xff\xff\x7f",     // more than 32 bits
	} {
		same(t, new(newer.All), []byte(wire), protobuf.DecodeOptions{})
	}
}

func TestManyMayEncodeOneMessage(t *testing.T) {
	m := medium(3)
	want := encode(t, m)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if b, err := protobuf.Marshal(m); err != nil || len(b) != len(want) {
					t.Errorf("got %d bytes, %v, want %d", len(b), err, len(want))
				}
				if b, err := proto.Marshal(m); err != nil || len(b) != len(want) {
					t.Errorf("got %d bytes, %v, want %d", len(b), err, len(want))
				}
			}
		})
	}
	all.Wait()
}

func TestDecodersAreReusable(t *testing.T) {
	var d protobuf.Decoder
	var kept []*bench.Medium
	for i := range 10 {
		wire := encode(t, medium(i))
		d.Reset(wire, protobuf.DecodeOptions{})
		m := new(bench.Medium)
		if err := m.ConsumeProtobuf(&d, wire); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, m)
		d.Reset([]byte{0x0a}, protobuf.DecodeOptions{}) // a fault leaves nothing behind
		_ = new(bench.Medium).ConsumeProtobuf(&d, []byte{0x0a})
	}
	for i, m := range kept {
		if !proto.Equal(m, medium(i)) {
			t.Errorf("message %d was changed by later ones", i)
		}
	}
}

// Texts of lengths around those where another way of copying begins, written
// forwards into room and backwards without.
func TestTextsOfEveryLength(t *testing.T) {
	for _, about := range []int{2, 4, 8, 16, 32, 64, 128, 256, 512, 4096, 1 << 14} {
		for n := about - 2; n <= about+2; n++ {
			ascii := strings.Repeat("Volo for Go. ", n/13+1)[:n]
			texts := []string{ascii}
			if n >= 2 {
				texts = append(texts, ascii[:n-2]+"ö", "ö"+ascii[2:])
			}
			for _, text := range texts {
				m := &bench.Echo{Message: text, Id: 1}
				want := encode(t, m)
				for _, buf := range [][]byte{nil, make([]byte, 0, len(want)), make([]byte, 0, len(want)+40)} {
					if got, err := protobuf.Append(buf, m); err != nil || string(got) != string(want) {
						t.Fatalf("%d bytes into %d: got %q, %v, want %q", n, cap(buf), got, err, want)
					}
				}
			}
			if n == 0 {
				continue
			}
			for _, text := range []string{ascii[:n-1] + "\xff", "\xff" + ascii[1:]} {
				m := &bench.Echo{Message: text}
				for _, buf := range [][]byte{nil, make([]byte, 0, n+40)} {
					if got, err := protobuf.Append(buf, m); err == nil || len(got) != 0 {
						t.Fatalf("%d bytes that are no UTF-8: got %q, %v", n, got, err)
					}
				}
			}
		}
	}
}
