package vologrpc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// These tests are inside the package: what they are about is not exported.

// decodeText decodes text in pieces of n bytes.
func decodeText(text []byte, n int) (out []byte, err error) {
	var d textDecoder
	for len(text) > n {
		b, err := d.decode(text[:n], false)
		if err != nil {
			return nil, err
		}
		out, text = append(out, b...), text[n:]
	}
	b, err := d.decode(text, true)
	return append(out, b...), err
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		err        error
	}{
		{"", "", nil},
		{"YWJj", "abc", nil},
		{"YWI=", "ab", nil},
		{"YQ==", "a", nil},
		{"YQ==YWI=YWJj", "aababc", nil}, // padded wherever the sender flushed
		{"YQ==YQ==", "aa", nil},
		{"YWJ", "", errText},
		{"Y", "", errText},
		{"YQ=", "", errText},
		{"=YQ=", "", errText},
		{"YWJj====", "", errText},
		{"Y===", "", errText},
		{"YW Jj", "", errText},
		{"YW\nJ", "", errText},
		{"YWJj\r\nYWJj\r\n", "", errText},
		{"YW_-", "", errText},
	} {
		for n := 1; n <= len(tt.text)+1; n++ {
			got, err := decodeText([]byte(tt.text), n)
			if err != tt.err || err == nil && string(got) != tt.want {
				t.Errorf("%q in pieces of %d: got %q and %v, want %q and %v", tt.text, n, got, err, tt.want, tt.err)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "YWJj", "YQ==YWI=", "Y===", "YW\nJj"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		n = max(1, n&0xff)
		whole, wholeErr := decodeText(text, len(text)+1)
		got, err := decodeText(text, n)
		if (err == nil) != (wholeErr == nil) || err == nil && !bytes.Equal(got, whole) {
			t.Fatalf("%q in pieces of %d: got %q and %v, at once %q and %v", text, n, got, err, whole, wholeErr)
		}
		read, readErr := io.ReadAll(&textReader{from: iotest.OneByteReader(bytes.NewReader(text))})
		if (readErr == nil) != (wholeErr == nil) || readErr == nil && !bytes.Equal(read, whole) {
			t.Fatalf("%q: read %q and %v, want %q and %v", text, read, readErr, whole, wholeErr)
		}
		// What we send, anybody can read.
		if back, err := decodeText(appendText(appendText(nil, text), whole), n); err != nil || !bytes.Equal(back, append(bytes.Clone(text), whole...)) {
			t.Fatalf("%q: got %q and %v", text, back, err)
		}
	})
}

func TestTrailerFrames(t *testing.T) {
	got := appendTrailerFrame([]byte("x"), []http2.Field{{Name: "grpc-status", Value: "0"}, {Name: "a", Value: "b c"}})
	if want := "x\x80\x00\x00\x00\x18grpc-status: 0\r\na: b c\r\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestForms wraps bodies with scratch memory that is used again.
func TestForms(t *testing.T) {
	tail := []http2.Field{{Name: "a", Value: "b"}}
	framed := "abc\x80\x00\x00\x00\x06a: b\r\n"
	for _, tt := range []struct {
		form    string
		trailer []http2.Field
		want    string
	}{
		{"application/grpc-web", nil, "abc"},
		{"application/grpc-web", tail, framed},
		{"application/grpc-web-text", nil, "YWJj"},
		{"application/grpc-web-text", tail, base64.StdEncoding.EncodeToString([]byte(framed))},
	} {
		buf := &scratch{b: make([]byte, 0, 40)}
		for range 2 {
			buf.b = buf.b[:0]
			if got := formOf(tt.form).body([]byte("abc"), tt.trailer, buf); string(got) != tt.want {
				t.Errorf("%s: got %q, want %q", tt.form, got, tt.want)
			}
		}
	}
}

// FuzzWebRequest has a handler of net/http read bodies.
func FuzzWebRequest(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01a"), false)
	f.Add([]byte("\x00\x00\x00\x00\x01a\x01\x00\x00\x00\x00"), false)
	f.Add([]byte("\xff\xff\xff\xff\xff"), false)
	f.Add([]byte("AAAAAAFh"), true)
	f.Add([]byte("AAA=AAFh"), true)
	s := NewServer(WithWeb(Web{}), WithMaxReceiveSize(100))
	f.Fuzz(func(t *testing.T, body []byte, text bool) {
		contentType := "application/grpc-web"
		if text {
			contentType = "application/grpc-web-text"
		}
		r := httptest.NewRequest("POST", "/a/b", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		head := headOfHTTP(r)
		c := newHTTPCall(s, httptest.NewRecorder(), r, s.web.formOf(head), head)
		var again []byte
		for {
			m, err := c.recv(http2.Bound{})
			if err != nil {
				if _, stays := c.recv(http2.Bound{}); stays != err {
					t.Fatalf("got %v, then %v", err, stays)
				}
				if err != io.EOF {
					return
				}
				break
			}
			if len(m.Data) > 100 {
				t.Fatalf("got %d bytes", len(m.Data))
			}
			at := len(again)
			again = append(again, make([]byte, http2.EnvelopeSize)...)
			again = append(again, m.Data...)
			http2.PutEnvelope(again[at:], m.Compressed)
		}
		if text {
			body, _ = decodeText(body, len(body)+1)
		}
		if !bytes.Equal(again, body) {
			t.Fatalf("got %q, want %q", again, body)
		}
	})
}

// TestMemoryFollowsTheBytes announces a message that does not come.
func TestMemoryFollowsTheBytes(t *testing.T) {
	n := testing.AllocsPerRun(10, func() {
		b, err := readAll(strings.NewReader("abc"), 1<<30)
		if !errors.Is(err, io.ErrUnexpectedEOF) || cap(b) > 16<<10 {
			t.Errorf("got %d bytes and %v", cap(b), err)
		}
	})
	if n > 3 {
		t.Errorf("%v allocations", n)
	}
	if b, err := readAll(strings.NewReader(strings.Repeat("x", 100_000)), 100_000); err != nil || len(b) != 100_000 || cap(b) != 100_000 {
		t.Errorf("got %d of %d bytes and %v", len(b), cap(b), err)
	}
}
