package thrift_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

func TestAnEnvelopeIsReadAsItWasWritten(t *testing.T) {
	for _, c := range []struct {
		name string
		typ  thrift.MessageType
		seq  int32
	}{
		{"echo", thrift.Call, 1},
		{"", thrift.Reply, 0},
		{"a.long.name:with-marks", thrift.Exception, -1},
		{"fire", thrift.Oneway, 1<<31 - 1},
	} {
		b := thrift.AppendMessageBegin(nil, c.name, c.typ, c.seq)
		if got := thrift.MessageBeginSize(c.name); got != len(b) {
			t.Errorf("%q: size is %d, appended are %d bytes", c.name, got, len(b))
		}
		m, rest, err := thrift.ConsumeMessageBegin(append(b, "rest"...))
		if err != nil || string(m.Name) != c.name || m.Type != c.typ || m.Seq != c.seq || string(rest) != "rest" {
			t.Errorf("%q: got %q %v %d, rest %q, %v", c.name, m.Name, m.Type, m.Seq, rest, err)
		}
	}
}

func TestTheEnvelopeIsThatOfTheSpecification(t *testing.T) {
	got := thrift.AppendMessageBegin(nil, "ping", thrift.Call, 7)
	want := []byte{0x80, 0x01, 0x00, 0x01, 0, 0, 0, 4, 'p', 'i', 'n', 'g', 0, 0, 0, 7}
	if !bytes.Equal(got, want) {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

// The byte before the type says nothing, whatever it is.
func TestTheUnusedByteIsIgnored(t *testing.T) {
	b := thrift.AppendMessageBegin(nil, "ping", thrift.Reply, 7)
	for _, unused := range []byte{0, 1, 255} {
		b[2] = unused
		m, rest, err := thrift.ConsumeMessageBegin(b)
		if err != nil || m.Type != thrift.Reply || m.Seq != 7 || string(m.Name) != "ping" || len(rest) != 0 {
			t.Errorf("unused byte %d: got %+v, % x, %v", unused, m, rest, err)
		}
	}
}

func TestMalformedEnvelopes(t *testing.T) {
	whole := thrift.AppendMessageBegin(nil, "echo", thrift.Call, 1)
	for n := range whole {
		if _, _, err := thrift.ConsumeMessageBegin(whole[:n]); err == nil {
			t.Errorf("cut after %d bytes it is taken", n)
		}
	}
	changed := func(at int, v byte) []byte {
		b := bytes.Clone(whole)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		what   string
		b      []byte
		err    error
		offset int
	}{
		{"an HTTP request", []byte("GET / HTTP/1.1\r\n"), thrift.ErrInvalidVersion, 0},
		{"the old form without version", append([]byte{0, 0, 0, 4}, "echo"...), thrift.ErrInvalidVersion, 0},
		{"type 0", changed(3, 0), thrift.ErrInvalidType, 3},
		{"type 5", changed(3, 5), thrift.ErrInvalidType, 3},
		{"a name longer than the rest", changed(7, 5), thrift.ErrInvalidLength, 4},
		{"a negative name", changed(4, 0x80), thrift.ErrInvalidLength, 4},
	} {
		_, _, err := thrift.ConsumeMessageBegin(c.b)
		e, ok := errors.AsType[*thrift.DecodeError](err)
		if !ok || !errors.Is(err, c.err) || e.Offset != c.offset {
			t.Errorf("%s: got %v, want %v at offset %d", c.what, err, c.err, c.offset)
		}
	}
}

func FuzzMessageBegin(f *testing.F) {
	f.Add(thrift.AppendMessageBegin(nil, "echo", thrift.Call, 1))
	f.Add([]byte{0x80, 0x01, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, rest, err := thrift.ConsumeMessageBegin(b)
		if err != nil {
			return
		}
		again := append(thrift.AppendMessageBegin(nil, string(m.Name), m.Type, m.Seq), rest...)
		again[2] = b[2] // not used, not kept
		if !bytes.Equal(again, b) {
			t.Errorf("got  % x\nwant % x", again, b)
		}
	})
}
