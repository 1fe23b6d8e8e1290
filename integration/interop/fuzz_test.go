package interop_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/pilota/thrift"
)

// checkReading decodes b, whatever it is, as a struct with both sides. They must
// agree on whether that works, on how many bytes it takes and on what comes out,
// up to the differences that the package comment lists.
func checkReading(t testing.TB, k *kind, b []byte) {
	t.Helper()
	ours, theirs := k.ours(), k.apache()
	rest, err := read(b, ours)
	apacheRest, apacheErr := readApache(b, theirs)
	if mayDiffer(err, apacheErr) {
		return
	}
	if (err == nil) != (apacheErr == nil) {
		t.Fatalf("%s of %x: we say %v, Apache says %v", k.name, b, err, apacheErr)
	}
	if err != nil {
		return
	}
	if len(rest) != len(apacheRest) {
		t.Fatalf("%s of %x: we leave %d bytes, Apache leaves %d", k.name, b, len(rest), len(apacheRest))
	}
	if oddBool(b[:len(b)-len(rest)]) {
		return
	}
	// What we write for what we have read says the same to Apache.
	again, err := thrift.Marshal(ours)
	if err != nil {
		t.Fatalf("%s of %x: cannot be written again: %v", k.name, b, err)
	}
	theirsAgain := k.apache()
	if rest, err := readApache(again, theirsAgain); err != nil || len(rest) > 0 {
		t.Fatalf("%s of %x: Apache refuses what we write: %v, leaves %d of %x", k.name, b, err, len(rest), again)
	}
	if !sameValue(theirsAgain, theirs) {
		t.Fatalf("%s of %x: we read %v, Apache reads %v", k.name, b, ours, theirs)
	}
}

// encodings calls f with a kind and the bytes of each of its values, and of
// some random ones.
func encodings(f func(i int, b []byte)) {
	random := filler{rand.New(rand.NewPCG(5, 6))}
	for i, k := range kinds {
		values := k.values
		for range 3 {
			v := k.ours()
			random.fill(reflect.ValueOf(v).Elem())
			values = append(values[:len(values):len(values)], v)
		}
		for _, v := range values {
			if b, err := thrift.Marshal(v); err == nil && len(b) < 2000 {
				f(i, b)
			}
		}
	}
}

// FuzzBothReadTheSame looks for bytes on which the sides do not agree.
func FuzzBothReadTheSame(f *testing.F) {
	encodings(func(i int, b []byte) {
		f.Add(uint8(i), b)
		f.Add(uint8(i+1), b)
		f.Add(uint8(i), b[:len(b)/2])
	})
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		checkReading(t, kinds[int(which)%len(kinds)], b)
	})
}

// Every message is cut at every place, and damaged at many: with bytes that
// mean something where types and lengths stand, and with any.
func TestBothReadTheSameOfDamagedMessages(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	meaningful := []byte{0, 1, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 0x7f, 0x80, 0xff}
	n := 0
	encodings(func(i int, b []byte) {
		for cut := range len(b) {
			checkReading(t, kinds[i], b[:cut])
		}
		for range 300 {
			damaged := bytes.Clone(b)
			for range 1 + random.IntN(3) {
				at := random.IntN(len(b))
				damaged[at] = byte(random.Uint32())
				if random.IntN(3) > 0 {
					damaged[at] = meaningful[random.IntN(len(meaningful))]
				}
			}
			checkReading(t, kinds[i], damaged)
			n++
		}
	})
	t.Logf("%d damaged messages", n)
}

// mayDiffer tells whether a difference between the sides is one that the
// package comment lists.
func mayDiffer(err, apacheErr error) bool {
	var e apache.TProtocolException
	tooDeep := errors.As(apacheErr, &e) && e.TypeId() == apache.DEPTH_LIMIT
	return tooDeep || errors.Is(err, thrift.ErrDepth) || errors.Is(err, thrift.ErrElementType) || errors.Is(err, thrift.ErrInvalidUnion)
}

// oddBool tells whether a bool that is neither 0 nor 1 is in b, which is a
// struct that has been decoded before.
func oddBool(b []byte) bool {
	_, odd := walk(b, thrift.STRUCT)
	return odd
}

// walk passes over a value by what the wire says of its types.
func walk(b []byte, typ thrift.Type) (rest []byte, odd bool) {
	found := false
	part := func(typ thrift.Type) {
		b, odd = walk(b, typ)
		found = found || odd
	}
	switch typ {
	case thrift.BOOL:
		return b[1:], b[0] > 1
	case thrift.STRUCT:
		for b[0] != 0 {
			typ := thrift.Type(b[0])
			b = b[3:]
			part(typ)
		}
		return b[1:], found
	case thrift.LIST, thrift.SET:
		elem, n := thrift.Type(b[0]), int32(binary.BigEndian.Uint32(b[1:]))
		for b = b[5:]; n > 0; n-- {
			part(elem)
		}
		return b, found
	case thrift.MAP:
		key, value, n := thrift.Type(b[0]), thrift.Type(b[1]), int32(binary.BigEndian.Uint32(b[2:]))
		for b = b[6:]; n > 0; n-- {
			part(key)
			part(value)
		}
		return b, found
	}
	b, err := thrift.Skip(b, typ, 64)
	if err != nil {
		panic(err) // decoding has passed here before
	}
	return b, false
}

// FuzzBothReadTheSameEnvelope does so for the beginning of a message, which
// Apache reads with its strict setting.
func FuzzBothReadTheSameEnvelope(f *testing.F) {
	f.Add(thrift.AppendMessageBegin(nil, "testVoid", thrift.Call, 1))
	f.Add(thrift.AppendMessageBegin(nil, "", thrift.Oneway, -1))
	f.Add(thrift.AppendMessageBegin(nil, "SecondService:secondtestString", thrift.Exception, minimum))
	f.Add([]byte{0x80, 1, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 1, 'a', 1, 0, 0, 0, 0})
	strict := true
	conf := &apache.TConfiguration{TBinaryStrictRead: &strict}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, rest, err := thrift.ConsumeMessageBegin(b)
		buf := apache.NewTMemoryBufferLen(len(b))
		buf.Write(b)
		name, typ, seq, apacheErr := apache.NewTBinaryProtocolConf(buf, conf).ReadMessageBegin(t.Context())
		if errors.Is(err, thrift.ErrInvalidType) && (typ < apache.CALL || typ > apache.ONEWAY) {
			return // Apache looks at the type later
		}
		if (err == nil) != (apacheErr == nil) {
			t.Fatalf("we say %v, Apache says %v", err, apacheErr)
		}
		if err == nil && (string(m.Name) != name || int(m.Type) != int(typ) || m.Seq != seq || len(rest) != buf.Len()) {
			t.Fatalf("we read %q %d %d, Apache reads %q %d %d", m.Name, m.Type, m.Seq, name, typ, seq)
		}
	})
}
