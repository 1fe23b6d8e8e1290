package framed_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/framed"
)

func TestFrameSize(t *testing.T) {
	tests := []struct {
		name  string
		b     string
		limit int
		size  int
		err   string
	}{
		{"nothing there", "", 100, 0, ""},
		{"a byte short of knowing", "\x00\x00\x00", 100, 0, ""},
		{"the shortest frame", "\x00\x00\x00\x01", 100, 5, ""},
		{"below the limit", "\x00\x00\x00\x5f", 100, 99, ""},
		{"at the limit", "\x00\x00\x00\x60 and more", 100, 100, ""},
		{"above the limit", "\x00\x00\x00\x61", 100, 0, "framed: frame of 101 bytes exceeds the maximum message size of 100"},
		{"an empty frame", "\x00\x00\x00\x00", 100, 0, "framed: invalid length 0: not positive"},
		{"the greatest length", "\x7f\xff\xff\xff", 100, 0, "framed: frame of 2147483651 bytes exceeds the maximum message size of 100"},
		{"a negative length", "\x80\x01\x00\x01", 100, 0, "framed: invalid length -2147418111: not positive"},
		{"a length of minus one", "\xff\xff\xff\xff", 100, 0, "framed: invalid length -1: not positive"},
		{"the longest frame", "\x3f\xff\xff\xfb", framed.MaxSize + 1, framed.MaxSize, ""},
		{"above the longest frame", "\x3f\xff\xff\xfc", framed.MaxSize + 1, 0,
			"framed: frame of 1073741824 bytes exceeds the maximum message size of 1073741823"},
		{"no limit left", "\x00\x00\x00\x01", 0, 0, "framed: frame of 5 bytes exceeds the maximum message size of 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			size, err := framed.FrameSize([]byte(tt.b), tt.limit)
			if size != tt.size || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %d, %v, want %d, %s", size, err, tt.size, tt.err)
			}
		})
	}
}

func TestBeginAndEnd(t *testing.T) {
	b := []byte("before")
	start := len(b)
	b, err := framed.End(append(framed.Begin(b), "message"...), start)
	if want := "before\x00\x00\x00\x07message"; string(b) != want || err != nil {
		t.Errorf("got %q, %v, want %q", b, err, want)
	}
	if size, err := framed.FrameSize(b[start:], 100); size != len(b)-start || err != nil {
		t.Errorf("FrameSize: got %d, %v, want %d", size, err, len(b)-start)
	}
}

func TestPayload(t *testing.T) {
	tests := []struct {
		name, payload, message string
		framed                 bool
		err                    string
	}{
		{"a message", "\x80\x01\x00\x01rest", "\x80\x01\x00\x01rest", false, ""},
		{"a compact message", "\x82\x21rest", "\x82\x21rest", false, ""},
		{"a framed message", "\x00\x00\x00\x06\x80\x01rest", "\x80\x01rest", true, ""},
		{"nothing, as in control frames", "", "", false, ""},
		{"an empty frame", "\x00\x00\x00\x00", "", true, ""},
		{"less than a length", "\x00\x00\x00", "", false, "framed: payload ends within its length"},
		{"a length that is too short", "\x00\x00\x00\x05\x80\x01rest", "", false,
			"framed: invalid length 5: 6 bytes follow in the payload"},
		{"a length that is too long", "\x7f\xff\xff\xff\x80\x01rest", "", false,
			"framed: invalid length 2147483647: 6 bytes follow in the payload"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message, isFramed, err := framed.Payload([]byte(tt.payload))
			if string(message) != tt.message || isFramed != tt.framed {
				t.Errorf("got %q, %v, want %q, %v", message, isFramed, tt.message, tt.framed)
			}
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got error %v, want %s", err, tt.err)
			}
		})
	}
}

func TestErrorsCarryFacts(t *testing.T) {
	_, err := framed.FrameSize([]byte{0, 0, 1, 0}, 100)
	var size *framed.SizeError
	if !errors.As(err, &size) || size.Size != 260 || size.Limit != 100 {
		t.Errorf("got %#v, want a SizeError of 260 against 100", err)
	}
	_, err = framed.FrameSize([]byte{0xff, 0xff, 0xff, 0xfe}, 100)
	var length *framed.LengthError
	if !errors.As(err, &length) || length.Length != -2 {
		t.Errorf("got %#v, want a LengthError of -2", err)
	}
}

func TestAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		b, _ := framed.End(append(framed.Begin(buf), "message"...), 0)
		framed.FrameSize(b, 100)
		framed.Payload(b)
	})
	if n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// FuzzFrame: a size is within the limit and agrees with the length; a payload
// stays within what it came from.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x06\x80\x01rest"), 100)
	f.Add([]byte("\x80\x01\x00\x01"), 4)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		if size, err := framed.FrameSize(b, limit); err == nil && size > 0 {
			if size > limit || size != int(binary.BigEndian.Uint32(b))+framed.HeaderSize {
				t.Errorf("got size %d of % x, limit %d", size, b[:4], limit)
			}
		}
		message, isFramed, err := framed.Payload(b)
		if err != nil {
			return
		}
		want := b
		if isFramed {
			want, _ = framed.End(append(framed.Begin(nil), message...), 0)
		}
		if isFramed && !bytes.Equal(want, b) || !isFramed && !bytes.Equal(message, b) {
			t.Errorf("got %x, framed %v, of %x", message, isFramed, b)
		}
	})
}
