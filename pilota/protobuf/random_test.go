package protobuf_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A filler fills messages with random values, through reflection.
type filler struct {
	*rand.Rand
	depth int // levels of messages that are still filled
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// random returns a message of the type of m with about one field in three.
func random(m proto.Message, seed uint64) proto.Message {
	f := filler{newRand(seed), 3}
	return f.message(m.ProtoReflect().New()).Interface()
}

func (f *filler) message(m protoreflect.Message) protoreflect.Message {
	f.depth--
	defer func() { f.depth++ }()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Cardinality() == protoreflect.Required || f.depth >= 0 && f.IntN(3) == 0 {
			f.field(m, fd)
		}
	}
	protoregistry.GlobalTypes.RangeExtensionsByMessage(m.Descriptor().FullName(), func(t protoreflect.ExtensionType) bool {
		if f.depth >= 0 && f.IntN(2) == 0 {
			f.field(m, t.TypeDescriptor())
		}
		return true
	})
	if f.IntN(4) == 0 {
		m.SetUnknown(protoreflect.RawFields("\xba\x3e\x02hi")) // field 999
	}
	return m
}

func (f *filler) field(m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	switch {
	case fd.IsMap():
		mp := m.Mutable(fd).Map()
		for range f.IntN(5) {
			key := f.scalar(fd.MapKey()).MapKey()
			if fd.MapValue().Message() != nil {
				v := mp.NewValue()
				f.fill(v.Message())
				mp.Set(key, v)
				continue
			}
			mp.Set(key, f.scalar(fd.MapValue()))
		}
	case fd.IsList():
		list := m.Mutable(fd).List()
		for range f.IntN(6) {
			if fd.Message() != nil {
				v := list.NewElement()
				f.fill(v.Message())
				list.Append(v)
				continue
			}
			list.Append(f.scalar(fd))
		}
	case fd.Message() != nil:
		f.fill(m.Mutable(fd).Message())
	default:
		m.Set(fd, f.scalar(fd))
	}
}

// fill fills a message in a message. One with required fields is always
// filled.
func (f *filler) fill(m protoreflect.Message) {
	if f.depth > 0 || m.Descriptor().RequiredNumbers().Len() > 0 {
		f.message(m)
	}
}

func (f *filler) scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	n := f.Uint64() >> f.IntN(64)
	if f.IntN(4) == 0 {
		n = -n
	}
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n&1 == 1)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(n)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32([]float32{0, float32(math.Copysign(0, -1)), 1.5, float32(int64(n))}[f.IntN(4)])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64([]float64{0, math.Copysign(0, -1), math.Inf(1), float64(int64(n))}[f.IntN(4)])
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(f.text())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(f.text()))
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(f.IntN(values.Len())).Number())
	}
	panic(fmt.Sprintf("no random %v", fd.Kind()))
}

// text returns strings of many lengths, some beyond ASCII.
func (f *filler) text() string {
	b := make([]byte, f.IntN(2+f.IntN(100)))
	for i := range b {
		b[i] = byte('a' + f.IntN(26))
	}
	if f.IntN(4) == 0 {
		b = append(b, "größer als 日本"...)
	}
	return string(b)
}
