package thrift_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

// texts encodes strings one after the other.
func texts(list ...string) []byte {
	var b []byte
	for _, s := range list {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

func TestStringsLiveWhereTheModeSays(t *testing.T) {
	for _, c := range []struct {
		mode   thrift.StringMode
		string string // after the message has been overwritten
	}{
		{thrift.CopyOnce, "second"},
		{thrift.CopyEach, "second"},
		{thrift.Alias, "xxxxxx"},
	} {
		msg := texts("first", "", "second", "third")
		var d thrift.Decoder
		d.Reset(msg, thrift.DecodeOptions{Strings: c.mode})
		var got [4]string
		b := msg
		for i := range got {
			var err error
			if got[i], b, err = d.ConsumeString(b); err != nil {
				t.Fatal(err)
			}
		}
		if got != [4]string{"first", "", "second", "third"} || len(b) != 0 {
			t.Fatalf("mode %d: got %q, rest %q", c.mode, got, b)
		}
		for i := range msg {
			msg[i] = 'x'
		}
		if got[2] != c.string {
			t.Errorf("mode %d: the overwritten message reads %q, want %q", c.mode, got[2], c.string)
		}
	}
}

func TestWritingToABinaryChangesNothingElse(t *testing.T) {
	for mode := thrift.CopyOnce; mode <= thrift.Alias; mode++ {
		msg := texts("before", "binary", "after")
		var d thrift.Decoder
		d.Reset(msg, thrift.DecodeOptions{Strings: mode})
		before, b, _ := d.ConsumeString(msg)
		data, b, _ := d.ConsumeBytes(b)
		after, _, err := d.ConsumeString(b)
		if err != nil || string(data) != "binary" {
			t.Fatalf("mode %d: got %q, %v", mode, data, err)
		}
		for i := range data {
			data[i] = 'x'
		}
		_ = append(data, "more than there is room for"...)
		if before != "before" || after != "after" {
			t.Errorf("mode %d: strings around it read %q and %q", mode, before, after)
		}
	}
}

func TestAnEmptyBinaryIsNotNil(t *testing.T) {
	for mode := thrift.CopyOnce; mode <= thrift.Alias; mode++ {
		msg := texts("")
		var d thrift.Decoder
		d.Reset(msg, thrift.DecodeOptions{Strings: mode})
		if v, _, err := d.ConsumeBytes(msg); err != nil || v == nil || len(v) != 0 {
			t.Errorf("mode %d: got %v, %v", mode, v, err)
		}
	}
}

func TestStringsOfAnyBytesAreKept(t *testing.T) {
	msg := texts("\xff\x00\xc3")
	var d thrift.Decoder
	d.Reset(msg, thrift.DecodeOptions{})
	if v, _, err := d.ConsumeString(msg); err != nil || v != "\xff\x00\xc3" {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestADecoderForgetsTheMessageBefore(t *testing.T) {
	var d thrift.Decoder
	for _, text := range []string{"the first message is long", "short", "a third one, longer again"} {
		msg := texts(text)
		d.Reset(msg, thrift.DecodeOptions{})
		if v, _, err := d.ConsumeString(msg); err != nil || v != text {
			t.Errorf("got %q, %v; want %q", v, err, text)
		}
	}
}

func TestMalformedStrings(t *testing.T) {
	for _, c := range []struct {
		what string
		b    []byte
		max  int
		err  error
	}{
		{"no length", []byte{0, 0, 0}, 0, thrift.ErrTruncated},
		{"too few bytes", []byte{0, 0, 0, 3, 'a', 'b'}, 0, thrift.ErrInvalidLength},
		{"a negative length", []byte{0x80, 0, 0, 0}, 0, thrift.ErrInvalidLength},
		{"one byte over the limit", texts("abcd"), 3, thrift.ErrStringSize},
	} {
		var d thrift.Decoder
		d.Reset(c.b, thrift.DecodeOptions{MaxString: c.max})
		if _, _, err := d.ConsumeString(c.b); !errors.Is(err, c.err) {
			t.Errorf("string, %s: got %v, want %v", c.what, err, c.err)
		}
		if _, _, err := d.ConsumeBytes(c.b); !errors.Is(err, c.err) {
			t.Errorf("binary, %s: got %v, want %v", c.what, err, c.err)
		}
	}
}
