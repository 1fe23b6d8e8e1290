package raw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Internal tests: the reader of frames is under the raw peers, and a wrong
// floor makes every ratio wrong.

func frame(msg string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(msg))), msg...)
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	messages := []string{"one", "", "three", long, "five", long + long, "seven"}
	var stream []byte
	for _, msg := range messages {
		stream = append(stream, frame(msg)...)
	}
	tests := []struct {
		name string
		r    io.Reader
	}{
		{"all at once", bytes.NewReader(stream)},
		{"byte by byte", iotest.OneByteReader(bytes.NewReader(stream))},
		{"in halves of what is asked for", iotest.HalfReader(bytes.NewReader(stream))},
		{"with the end in the last read", iotest.DataErrReader(bytes.NewReader(stream))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var f frames
			for i, want := range messages {
				got, err := f.next(test.r)
				if err != nil {
					t.Fatalf("frame %d: %v", i, err)
				}
				if !bytes.Equal(got, frame(want)) {
					t.Fatalf("frame %d has %d bytes, want %d, or other contents", i, len(got), 4+len(want))
				}
			}
			if _, err := f.next(test.r); err != io.EOF {
				t.Errorf("after the last frame: %v, want %v", err, io.EOF)
			}
		})
	}
}

func TestFramesRefuseAHostileLength(t *testing.T) {
	var f frames
	_, err := f.next(bytes.NewReader([]byte{0xff, 0xff, 0xff, 0xff}))
	if err == nil || !strings.Contains(err.Error(), "4294967295") {
		t.Errorf("err = %v, want one that names the length", err)
	}
	if len(f.buf) > 8192 {
		t.Errorf("%d bytes were reserved for it", len(f.buf))
	}
}

func TestFramesReadWithOneRead(t *testing.T) {
	for _, size := range []int{16, 1024, 16 << 10} {
		r := &countingReader{data: frame(strings.Repeat("x", size))}
		var f frames
		for range 10 { // the first ones find the size of the buffer
			r.rest = r.data
			if _, err := f.next(r); err != nil {
				t.Fatal(err)
			}
		}
		r.rest, r.reads = r.data, 0
		if _, err := f.next(r); err != nil || r.reads != 1 {
			t.Errorf("a frame of %d bytes took %d reads, %v, want 1", size, r.reads, err)
		}
	}
}

type countingReader struct {
	data, rest []byte
	reads      int
}

func (r *countingReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, errors.New("asked for more than there is")
	}
	r.reads++
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
