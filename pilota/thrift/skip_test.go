package thrift_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

// values are one encoding of each kind of value.
var values = []struct {
	what string
	typ  thrift.Type
	b    []byte
	deep int // structs and containers that nest
}{
	{"a bool", thrift.BOOL, []byte{1}, 0},
	{"an i8", thrift.I8, []byte{1}, 0},
	{"an i16", thrift.I16, make([]byte, 2), 0},
	{"an i32", thrift.I32, make([]byte, 4), 0},
	{"an i64", thrift.I64, make([]byte, 8), 0},
	{"a double", thrift.DOUBLE, make([]byte, 8), 0},
	{"a uuid", thrift.UUID, make([]byte, 16), 0},
	{"a string", thrift.STRING, []byte{0, 0, 0, 2, 'h', 'i'}, 0},
	{"an empty struct", thrift.STRUCT, []byte{0}, 1},
	{"a struct", thrift.STRUCT, []byte{byte(thrift.I8), 0, 1, 9, byte(thrift.STRUCT), 0, 2, 0, 0}, 2},
	{"a list of i32", thrift.LIST, []byte{byte(thrift.I32), 0, 0, 0, 1, 1, 2, 3, 4}, 1},
	{"a list of strings", thrift.LIST, []byte{byte(thrift.STRING), 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 'x'}, 1},
	{"a set of structs", thrift.SET, []byte{byte(thrift.STRUCT), 0, 0, 0, 2, 0, 0}, 2},
	{"a map of i8 to bool", thrift.MAP, []byte{byte(thrift.I8), byte(thrift.BOOL), 0, 0, 0, 2, 1, 1, 2, 0}, 1},
	{"a map of string to list", thrift.MAP, []byte{
		byte(thrift.STRING), byte(thrift.LIST), 0, 0, 0, 1, 0, 0, 0, 1, 'k', byte(thrift.BOOL), 0, 0, 0, 1, 1}, 2},
	{"an empty map without types", thrift.MAP, []byte{0, 0, 0, 0, 0, 0}, 1},
}

func TestSkipEndsWhereTheValueEnds(t *testing.T) {
	for _, v := range values {
		rest, err := thrift.Skip(append(bytes.Clone(v.b), "rest"...), v.typ, 64)
		if err != nil || string(rest) != "rest" {
			t.Errorf("%s: rest is %q, %v", v.what, rest, err)
		}
		for n := range v.b {
			_, err := thrift.Skip(v.b[:n], v.typ, 64)
			if e, ok := errors.AsType[*thrift.DecodeError](err); !ok || e.Offset > n {
				t.Errorf("%s, cut after %d bytes: got %v", v.what, n, err)
			}
		}
	}
}

func TestSkipCountsDepth(t *testing.T) {
	for _, v := range values {
		if _, err := thrift.Skip(v.b, v.typ, v.deep); err != nil {
			t.Errorf("%s with depth %d: %v", v.what, v.deep, err)
		}
		if v.deep == 0 {
			continue
		}
		if _, err := thrift.Skip(v.b, v.typ, v.deep-1); !errors.Is(err, thrift.ErrDepth) {
			t.Errorf("%s with depth %d: got %v, want ErrDepth", v.what, v.deep-1, err)
		}
	}
}

func TestSkipDistrustsHeaders(t *testing.T) {
	for _, c := range []struct {
		what string
		typ  thrift.Type
		b    []byte
		err  error
	}{
		{"a type that is none", 7, nil, thrift.ErrInvalidType},
		{"stop as a value", thrift.STOP, []byte{0}, thrift.ErrInvalidType},
		{"elements of no type", thrift.LIST, []byte{1, 0, 0, 0, 1, 0}, thrift.ErrInvalidType},
		{"a string that is too long", thrift.STRING, []byte{0, 0, 0, 2, 'x'}, thrift.ErrInvalidLength},
		{"a negative string", thrift.STRING, []byte{0xFF, 0xFF, 0xFF, 0xFF, 'x'}, thrift.ErrInvalidLength},
		{"a negative list", thrift.LIST, []byte{byte(thrift.I8), 0x80, 0, 0, 0, 1}, thrift.ErrInvalidLength},
		{"more structs than bytes", thrift.LIST, []byte{byte(thrift.STRUCT), 0, 0, 0, 2, 0}, thrift.ErrInvalidLength},
		{"numbers that overflow together", thrift.LIST, append([]byte{byte(thrift.I64), 0, 0, 0, 9}, make([]byte, 9)...), thrift.ErrTruncated},
	} {
		if _, err := thrift.Skip(c.b, c.typ, 64); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.err)
		}
	}
}

func FuzzSkip(f *testing.F) {
	for _, v := range values {
		f.Add(byte(v.typ), v.b)
	}
	f.Fuzz(func(t *testing.T, typ byte, b []byte) {
		rest, err := thrift.Skip(b, thrift.Type(typ), 16)
		if !bytes.HasSuffix(b, rest) {
			t.Fatal("the rest is no suffix")
		}
		if err != nil {
			return
		}
		// What was skipped is a value by itself, and any less of it is none.
		value := b[:len(b)-len(rest)]
		if again, err := thrift.Skip(value, thrift.Type(typ), 16); err != nil || len(again) != 0 {
			t.Fatalf("alone it leaves % x, %v", again, err)
		}
		if len(value) > 0 {
			if _, err := thrift.Skip(value[:len(value)-1], thrift.Type(typ), 16); err == nil {
				t.Fatal("without its last byte it is still taken")
			}
		}
	})
}
